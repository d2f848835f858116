"""QEMU's copy-on-write format, version 2 and 3 (QEMU docs/interop/qcow2.rst): reading only."""
