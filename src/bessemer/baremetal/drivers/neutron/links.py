"""Where a NIC is cabled, as the network service wants it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from bessemer.baremetal.domain.nics import Nic, Nics
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.json_types import Json, JsonObject
from bessemer.network.public import UNMANAGED, Binding, LocalLink, VnicType


def link_of(port: Port) -> LocalLink | None:
    """None when switch or switch port are not known yet, though they are to be configured."""
    connection = port.local_link_connection
    if port.is_smartnic:
        return _link_of_smart(connection)
    if connection.get("network_type") == UNMANAGED:
        return LocalLink(
            switch_id=str(connection.get("switch_id") or ""),
            port_id=str(connection.get("port_id") or ""),
            switch_info=str(connection.get("switch_info") or ""),
            network_type=UNMANAGED,
        )
    switch_id, port_id = connection.get("switch_id"), connection.get("port_id")
    if switch_id and port_id:
        return LocalLink(
            str(switch_id).lower(), str(port_id), str(connection.get("switch_info") or "")
        )
    # InfiniBand's fabric is its own subnet manager's to configure.
    return LocalLink("", "", network_type=UNMANAGED) if port.client_id else None


def _link_of_smart(connection: Mapping[str, Any]) -> LocalLink | None:
    """A Smart NIC has a switch of its own, which is known by the NIC's host name."""
    port_id, hostname = connection.get("port_id"), connection.get("hostname")
    return LocalLink("", str(port_id), str(hostname)) if port_id and hostname else None


def host_of(port: Port) -> str:
    """Who plugs network ports into the NIC: the Smart NIC's own agent, else ours for the node."""
    hostname = port.local_link_connection.get("hostname") if port.is_smartnic else None
    return str(hostname or port.node_uuid)


def vnic_type_of(port: Port) -> VnicType:
    """What the network service is told of the NIC's kind."""
    return VnicType.SMART_NIC if port.is_smartnic else VnicType.BAREMETAL


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a network interface has to know of cables: all, or nothing when it leaves switches alone."""

    configures_switches: bool

    def knows(self, port: Port) -> bool:
        """Whether the NIC can be plugged at all."""
        return not self.configures_switches or link_of(port) is not None

    def links_of(self, nic: Nic, nics: Nics) -> tuple[LocalLink, ...]:
        """The switch ports to configure for the NIC, or for each member of the bond."""
        if not self.configures_switches:
            return ()
        found = (link_of(port) for port in nics.ports_of(nic))
        return tuple(link for link in found if link is not None)

    def tenant_binding(self, nic: Nic, nics: Nics) -> Binding:
        """What plugs a tenant's network port in there (`binding:profile` of Neutron)."""
        links = self.links_of(nic, nics)
        profile = _profile(nic, nics) if links else {}
        if isinstance(nic, Portgroup):
            return Binding(nic.node_uuid, links, profile)
        return Binding(host_of(nic), links, profile, vnic_type_of(nic), nic.client_id)


SWITCHED: Final = Wiring(configures_switches=True)
UNSWITCHED: Final = Wiring(configures_switches=False)


def _profile(nic: Nic, nics: Nics) -> JsonObject:
    profile: dict[str, Json] = {}
    physical_network = nics.physical_network_of(nic)
    if physical_network:
        profile["physical_network"] = physical_network
    if isinstance(nic, Portgroup):
        profile["local_group_information"] = _group_information(nic)
    return profile


def _group_information(group: Portgroup) -> JsonObject:
    return {
        "id": group.uuid,
        "name": group.name,
        "bond_mode": group.mode,
        "bond_properties": {_bond_key(key): value for key, value in group.properties.items()},
    }


def _bond_key(key: str) -> str:
    return key if key.startswith("bond_") else f"bond_{key}"


def noted(links: Iterable[LocalLink]) -> list[dict[str, str]]:
    """Links as JSON, for a step's memo."""
    return [asdict(link) for link in links]


def from_note(note: Iterable[Mapping[str, Any]] | None) -> tuple[LocalLink, ...]:
    """The reverse of `noted`."""
    return tuple(LocalLink(**each) for each in note or ())
