"""Boot interfaces `pxe`, `http` and `http-ipxe`: network boot, by their own loaders."""

from typing import ClassVar

from bessemer.baremetal.drivers.ipxe.boot import BY_IPXE, NetworkBoot
from bessemer.baremetal.drivers.pxe.loaders import HTTP, HTTP_IPXE, PXE


class PxeBoot(NetworkBoot):
    """PXELINUX (BIOS) comes by TFTP with all the rest; GRUB (UEFI) fetches the ramdisk over HTTP."""

    loader: ClassVar = PXE


class HttpBoot(NetworkBoot):
    """UEFI firmware fetches GRUB over HTTP, and GRUB the ramdisk."""

    loader: ClassVar = HTTP


class HttpIpxeBoot(NetworkBoot):
    """UEFI firmware fetches iPXE over HTTP, and iPXE the ramdisk."""

    capabilities: ClassVar = BY_IPXE
    loader: ClassVar = HTTP_IPXE
