"""Deploy interface `direct`: the agent pulls the image and writes it to the disk itself."""
