"""Where a NIC is cabled, as the network service wants it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bessemer.baremetal.domain.port import Port
from bessemer.json_types import JsonObject
from bessemer.network.public import Binding, LocalLink


def link_of(port: Port) -> LocalLink | None:
    """None when switch or switch port are not known yet."""
    connection = port.local_link_connection
    switch_id, port_id = connection.get("switch_id"), connection.get("port_id")
    if not switch_id or not port_id:
        return None
    return LocalLink(str(switch_id).lower(), str(port_id), str(connection.get("switch_info") or ""))


def tenant_binding(port: Port, link: LocalLink) -> Binding:
    """What plugs a tenant's network port into this NIC (`binding:profile` of Neutron)."""
    profile: JsonObject = {}
    if port.physical_network:
        profile = {"physical_network": port.physical_network}
    return Binding(host_id=port.node_uuid, links=(link,), profile=profile)


def noted(links: Iterable[LocalLink]) -> list[dict[str, str]]:
    """Links as JSON, for a step's memo."""
    return [asdict(link) for link in links]


def from_note(note: Iterable[Mapping[str, Any]] | None) -> tuple[LocalLink, ...]:
    """The reverse of `noted`."""
    return tuple(LocalLink(**each) for each in note or ())
