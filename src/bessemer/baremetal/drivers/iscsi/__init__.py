"""Deploy interface `iscsi`: the agent exports the disk, the conductor writes the image over it."""
