"""From an image's address to a disk that boots: download, check, unpack, write, lay out."""
