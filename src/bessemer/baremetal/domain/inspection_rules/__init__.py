"""Inspection rules: what operators want done with what inspection found; pure."""
