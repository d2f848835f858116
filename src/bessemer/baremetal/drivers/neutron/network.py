"""Network interface `neutron`: every ramdisk on its own VLAN, apart from the tenants'."""

from collections.abc import Set
from typing import ClassVar

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.neutron.by_ports import NetworkByPorts
from bessemer.baremetal.drivers.neutron.links import SWITCHED, Wiring
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.errors import Invalid


class NeutronNetwork(NetworkByPorts):
    """Named "neutron". Switch ports are moved between VLANs."""

    wiring: ClassVar[Wiring] = SWITCHED
    own_ports: ClassVar[Set[Purpose]] = frozenset(Purpose)

    def needs_power(self, ports: tuple[Port, ...]) -> bool:
        """A Smart NIC is a switch of its own, in the machine."""
        return any(port.is_smartnic for port in ports)

    def validate_power(self, node: Node, power: PowerInterface) -> None:
        """A tenant's system that runs on would be moved onto the provisioning network with its NICs."""
        if not power.has_switch(node):
            raise Invalid(
                f"Node {node.uuid} has no power switch, only an agent, which could not be reached "
                "any more once its NICs are on another network. Take network interface flat or noop."
            )
        if node.disable_power_off and not self._settings.allow_disabling_power_off:
            raise Invalid(
                f"Node {node.uuid} is never switched off (disable_power_off), so that what runs on "
                "it would be moved onto the provisioning network with it. Take network interface flat "
                "or noop, or, where that does no harm, set baremetal.allow_disabling_power_off."
            )
