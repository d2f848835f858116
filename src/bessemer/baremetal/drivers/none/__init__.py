"""Interfaces of hardware that cannot do something, or of which nothing is wanted."""
