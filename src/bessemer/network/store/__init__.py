"""The network room's tables, one file per noun."""
