"""What the identity room does, one file per verb."""
