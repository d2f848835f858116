"""What other rooms may ask of the network service, and the values that cross the wall."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from bessemer.context import RequestContext
from bessemer.errors import BessemerError, HardwareFailure
from bessemer.json_types import JsonObject


class PortStatus(StrEnum):
    """Neutron's port states. ACTIVE means: the switch was read back and says so."""

    ACTIVE = "ACTIVE"
    BUILD = "BUILD"
    DOWN = "DOWN"
    ERROR = "ERROR"


class VnicType(StrEnum):
    """What kind of NIC a network port is for (`binding:vnic_type`)."""

    BAREMETAL = "baremetal"
    SMART_NIC = "smart-nic"


UNMANAGED: Final = "unmanaged"
CLIENT_ID: Final = "61"
"""The DHCP option that is said by the client, not to it (RFC 2132 section 9.14)."""


@dataclass(frozen=True, slots=True)
class LocalLink:
    """Where a NIC is cabled: `local_link_information`'s element. `switch_id` is a lower-case MAC."""

    switch_id: str
    port_id: str
    switch_info: str = ""
    network_type: str = ""
    """`unmanaged`: the switch port is as its operator has set it, and stays so."""

    @property
    def is_managed(self) -> bool:
        """Whether the switch port is ours to configure."""
        return self.network_type != UNMANAGED


@dataclass(frozen=True, slots=True)
class FixedIp:
    """One address of a port."""

    subnet_id: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class SubnetView:
    """One subnet; addresses as text."""

    id: str
    cidr: str
    gateway_ip: str | None
    enable_dhcp: bool
    dns_nameservers: tuple[str, ...] = ()
    service_address: str | None = None
    """The cloud's own address in this subnet (DHCP, TFTP, ramdisk listener)."""


@dataclass(frozen=True, slots=True)
class NetworkView:
    """One network and its subnets."""

    id: str
    name: str
    vlan: int | None
    mtu: int
    subnets: tuple[SubnetView, ...]
    physical_networks: frozenset[str] = frozenset()
    """Where a machine must be cabled to be on it; empty: anywhere."""
    serves_boot: bool = False
    """Whether machines on it reach TFTP and the ramdisk listener."""


@dataclass(frozen=True, slots=True)
class PortView:
    """One network port as seen from outside the room."""

    id: str
    network_id: str
    mac_address: str
    status: PortStatus
    fixed_ips: tuple[FixedIp, ...]
    device_id: str
    links: tuple[LocalLink, ...]
    detail: str = ""
    """Why the port is in ERROR or still in BUILD, in words."""


@dataclass(frozen=True, slots=True)
class DhcpOption:
    """One element of `extra_dhcp_opts`: `name` is a number or dnsmasq/Neutron name, may hold tags."""

    name: str
    value: str
    ip_version: int = 4


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A port to make. Without `mac_address` one is generated. With `links` it is bound at once."""

    network_id: str
    name: str = ""
    mac_address: str | None = None
    device_id: str = ""
    device_owner: str = ""
    project_id: str | None = None
    links: tuple[LocalLink, ...] = ()
    host_id: str = ""
    vnic_type: VnicType = VnicType.BAREMETAL
    dhcp_options: tuple[DhcpOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a port is to be plugged: the node and the switch ports. Empty links: not plugged."""

    host_id: str
    links: tuple[LocalLink, ...]
    profile: JsonObject = field(default_factory=dict)
    """Further keys of `binding:profile` (local_group_information, physical_network)."""
    vnic_type: VnicType = VnicType.BAREMETAL
    client_id: str | None = None
    """What the NIC names itself to DHCP (option 61), where its MAC is not in its requests."""


class SwitchFailure(HardwareFailure):
    """A switch refused, did not answer, or reads back something else than was written."""


class NetworkService(Protocol):
    """Neutron's job, as far as the story needs it. Idents are ids or unique names."""

    async def get_network(self, context: RequestContext, ident: str) -> NetworkView:
        """Raises NotFound; Conflict when a name is ambiguous."""

    async def create_port(self, context: RequestContext, spec: PortSpec) -> PortView:
        """Make a port, with one address per subnet of its network. Raises Conflict when full."""

    async def get_port(self, context: RequestContext, port_id: str) -> PortView:
        """Raises NotFound."""

    async def list_ports(
        self,
        context: RequestContext,
        *,
        device_id: str | None = None,
        network_id: str | None = None,
    ) -> list[PortView]:
        """Ports of a device and/or a network."""

    async def bind_port(self, context: RequestContext, port_id: str, binding: Binding) -> PortView:
        """Desire the port on these switch ports; returns at once, see `wait_until_active`."""

    async def unbind_port(self, context: RequestContext, port_id: str) -> None:
        """Desire the port on no switch port; returns at once, see `wait_until_unplugged`."""

    async def set_mac_address(
        self, context: RequestContext, port_id: str, mac_address: str | None
    ) -> PortView:
        """Give an unbound port this MAC; None generates a new one. Raises Conflict when in use."""

    async def set_dhcp_options(
        self, context: RequestContext, port_id: str, options: tuple[DhcpOption, ...]
    ) -> None:
        """Replace `extra_dhcp_opts`, except for the client id that a binding brought along."""

    async def delete_port(self, context: RequestContext, port_id: str) -> None:
        """Unbind and remove. Idempotent: no error when it is gone."""

    async def wait_until_active(self, port_id: str, timeout: timedelta) -> PortView:
        """Return once the switch reads back the port's VLAN *and* its DHCP host entry is in force.

        Raises SwitchFailure with the switch's own words, also when `timeout` passes.
        """

    async def wait_until_unplugged(self, links: tuple[LocalLink, ...], timeout: timedelta) -> None:
        """Return once the switch reads back that no network of ours is on these switch ports."""


class NetworkError(BessemerError):
    """The network service could not do its part."""
