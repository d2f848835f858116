"""Deploy interface `bootc`: a bootable container from a registry writes itself to the disk."""
