"""The demo: a virtual rack and a cloud, and one server's whole life before your eyes."""
