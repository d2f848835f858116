"""TFTP for firmware that knows nothing better: read-only, a gate to the ramdisk's listener."""
