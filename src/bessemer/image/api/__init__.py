"""Glance's API v2, and the temporary URLs of an object store."""
