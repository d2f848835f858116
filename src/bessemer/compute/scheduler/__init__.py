"""Which node for which request: small pure filters in a table."""
