"""Disk image formats as facts: recognise, check and map raw, qcow2 and ISO 9660; pure."""
