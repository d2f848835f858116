"""The machine's disks: finding, choosing, writing raw blocks, erasing."""
