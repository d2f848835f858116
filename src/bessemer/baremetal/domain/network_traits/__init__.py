"""Trait based networking: an instance's traits decide which NICs its network ports are attached to."""
