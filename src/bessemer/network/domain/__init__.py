"""The nouns of the network room, as values; no database, no switch, no event loop."""
