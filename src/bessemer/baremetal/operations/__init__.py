"""What can be done to a node: one file per verb."""
