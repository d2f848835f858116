"""What can be done with images, one file per family of verbs."""
