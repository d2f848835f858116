"""What the conductor can order: one file per extension, one table of them all."""
