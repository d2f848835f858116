"""What a node's own `network_data` may hold: the OpenStack metadata form, links and networks by id.

Source: OpenStack's `network_data.json` metadata format, as Ironic takes it for nodes that boot
without DHCP (since microversion 1.66).
"""

from typing import Any, Final, Literal

import msgspec

from bessemer.baremetal.api.values import ruled
from bessemer.errors import Invalid
from bessemer.json_types import Json


class Link(msgspec.Struct):
    """A NIC, a bond or a VLAN on top of one."""

    id: str
    type: str
    ethernet_mac_address: str | None = None
    vif_id: str | None = None
    mtu: int | None = None
    bond_links: list[str] = []
    bond_mode: str | None = None
    vlan_link: str | None = None
    vlan_id: int | None = None


class Route(msgspec.Struct):
    """One route of a network."""

    network: str
    gateway: str
    netmask: str | None = None


class Service(msgspec.Struct):
    """Something that the network offers, such as DNS."""

    type: Literal["dns"]
    address: str


class Network(msgspec.Struct):
    """How a link is addressed."""

    id: str
    link: str
    type: Literal["ipv4", "ipv6", "ipv4_dhcp", "ipv6_dhcp", "ipv6_slaac"]
    network_id: str | None = None
    ip_address: str | None = None
    netmask: str | None = None
    gateway: str | None = None
    routes: list[Route] = []
    services: list[Service] = []
    dns_nameservers: list[str] = []


class NetworkData(msgspec.Struct):
    """The whole document."""

    links: list[Link] = []
    networks: list[Network] = []
    services: list[Service] = []


_KEYS: Final = frozenset(NetworkData.__struct_fields__)


@ruled({"type": "object", "properties": {key: {"type": "array"} for key in sorted(_KEYS)}})
def network_data(name: str, value: Json) -> Json:
    """An empty object, or links, networks and services that refer to each other."""
    if not isinstance(value, dict) or not set(value) <= _KEYS:
        raise Invalid(f"{name} must be an object of {', '.join(sorted(_KEYS))}.")
    try:
        parsed = msgspec.convert(value, NetworkData)
    except msgspec.ValidationError as error:
        raise Invalid(f"{name} is not network data: {error}.") from None
    _check_references(name, parsed)
    return value


def _check_references(name: str, data: NetworkData) -> None:
    links = {link.id for link in data.links}
    wanted: list[tuple[str, Any]] = [(f"network {each.id}", each.link) for each in data.networks]
    wanted += [(f"link {each.id}", below) for each in data.links for below in each.bond_links]
    wanted += [(f"link {each.id}", each.vlan_link) for each in data.links if each.vlan_link]
    for what, link in wanted:
        if link not in links:
            raise Invalid(f"{name}: {what[:80]} names link {str(link)[:80]!r}, which is not there.")
