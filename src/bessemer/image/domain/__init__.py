"""Images as values: pure, no input or output."""
