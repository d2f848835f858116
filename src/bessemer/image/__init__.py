"""Glance's job, and the temporary URLs of an object store."""
