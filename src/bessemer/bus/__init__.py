"""Nudges and events between processes; never state: losing a message only delays work."""
