"""The `bessemer` command."""
