"""A network port: one NIC's place on a network, and where it is plugged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bessemer.json_types import JsonObject
from bessemer.network.domain.addresses import parse_mac
from bessemer.network.domain.errors import InvalidInput
from bessemer.network.public import UNMANAGED, DhcpOption, FixedIp, LocalLink, PortStatus

LINKS_KEY: Final = "local_link_information"


@dataclass(frozen=True, slots=True)
class Port:
    """As stored. `profile` is `binding:profile` whole; `detail` says why the status is what it is."""

    id: str
    network_id: str
    name: str
    project_id: str
    mac_address: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    admin_state_up: bool = True
    device_id: str = ""
    device_owner: str = ""
    host_id: str = ""
    vnic_type: str = "normal"
    profile: JsonObject = field(default_factory=dict)
    status: PortStatus = PortStatus.DOWN
    detail: str = ""
    fixed_ips: tuple[FixedIp, ...] = ()
    dhcp_options: tuple[DhcpOption, ...] = ()
    revision: int = 1

    @property
    def links(self) -> tuple[LocalLink, ...]:
        """The switch ports that the port is to be on."""
        return links_of(self.profile)

    @property
    def is_bound(self) -> bool:
        """True when a host or a switch port has been named."""
        return bool(self.host_id or self.links)

    @property
    def vif_type(self) -> str:
        """`binding:vif_type` as Neutron spells it; physical ports are `other`."""
        if self.status is PortStatus.ERROR:
            return "binding_failed"
        return "other" if self.is_bound else "unbound"


def links_of(profile: Mapping[str, Any]) -> tuple[LocalLink, ...]:
    """`local_link_information` as values. Raises InvalidInput for anything malformed."""
    raw = profile.get(LINKS_KEY) or ()
    if not isinstance(raw, list | tuple) or not all(isinstance(item, Mapping) for item in raw):
        raise InvalidInput(f"binding:profile.{LINKS_KEY} must be a list of objects.")
    links = tuple(_link(item) for item in raw)
    managed = [(link.switch_id, link.port_id) for link in links if link.is_managed]
    if len(set(managed)) != len(managed):
        raise InvalidInput(f"binding:profile.{LINKS_KEY} names one switch port twice.")
    return links


def profile_with(profile: JsonObject, links: tuple[LocalLink, ...]) -> JsonObject:
    """The profile with these links in it; without the key when there are none."""
    rest = {key: value for key, value in profile.items() if key != LINKS_KEY}
    if not links:
        return rest
    return {LINKS_KEY: [link_as_json(link) for link in links], **rest}


def link_as_json(link: LocalLink) -> JsonObject:
    """One element of `local_link_information`."""
    known = {"network_type": link.network_type} if link.network_type else {}
    return {
        "switch_id": link.switch_id,
        "port_id": link.port_id,
        "switch_info": link.switch_info,
        **known,
    }


def _link(item: Mapping[str, Any]) -> LocalLink:
    switch_info = str(item.get("switch_info") or "")[:255]
    port_id = item.get("port_id")
    if item.get("network_type") == UNMANAGED:
        switch_id = str(item.get("switch_id") or "")[:255]
        return LocalLink(switch_id, str(port_id or "")[:255], switch_info, UNMANAGED)
    if not isinstance(port_id, str) or not port_id or len(port_id) > 255:
        raise InvalidInput(f"binding:profile.{LINKS_KEY}: every element needs a port_id.")
    return LocalLink(_switch_id(item.get("switch_id")), port_id, switch_info)


def _switch_id(value: object) -> str:
    """A MAC in our spelling; an OpenFlow datapath id (16 hex digits) as it stands."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and len(value) == 16:
        return value.lower()
    return parse_mac(str(value))
