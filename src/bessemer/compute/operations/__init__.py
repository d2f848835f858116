"""What the compute room does, one file per verb."""
