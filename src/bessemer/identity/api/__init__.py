"""The identity room's HTTP routes (Keystone's Identity API v3)."""
