"""The compute room's HTTP routes (Nova's Compute API v2.1)."""
