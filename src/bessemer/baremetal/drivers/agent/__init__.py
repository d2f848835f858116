"""The deploy ramdisk's agent, seen from the server: its HTTP API, its commands, its inventory."""
