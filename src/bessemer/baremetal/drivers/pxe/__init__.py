"""Boot interfaces `pxe`, `http` and `http-ipxe`: other programs that bring the ramdisk."""
