"""Boot interface `ipxe`: DHCP and TFTP bring iPXE, and iPXE brings the ramdisk over HTTP."""
