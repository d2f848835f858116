"""What the server and the ramdisk agent say to each other: frozen dataclasses, nothing else."""
