"""Burn-in: load on a new machine's parts until the weak ones fail, by the field's own programs."""
