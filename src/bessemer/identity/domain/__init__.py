"""Values of the identity room; pure."""
