"""What the network room does, for its API and for other rooms alike."""
