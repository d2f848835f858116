"""Values of the compute room; pure."""
