"""Keystone's job: users, projects, tokens, catalogue."""
