"""Vendor interface `no-vendor`."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.interfaces.vendor import VendorInterface


class NoVendor(VendorInterface):
    """Named "no-vendor". It knows no methods."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "vendor methods")
