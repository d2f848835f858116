"""What the machine is made of, and which switch ports it is cabled to."""
