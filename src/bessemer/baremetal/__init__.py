"""Ironic's job: nodes, their life, their hardware."""
