"""A port: one NIC of a node, and where it is cabled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from bessemer.errors import Invalid

_MAC: Final = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")

CLIENT_ID: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){1,41}\Z")
"""What an InfiniBand NIC may name itself to DHCP."""


@dataclass(frozen=True, slots=True)
class Port:
    """One NIC. `internal_info` holds which network ports are attached, and for what."""

    uuid: str
    node_uuid: str
    address: str
    name: str | None = None
    pxe_enabled: bool = True
    physical_network: str | None = None
    portgroup_uuid: str | None = None
    is_smartnic: bool = False
    description: str | None = None
    vendor: str | None = None
    category: str | None = None
    available_for_dynamic_portgroup: bool = True
    local_link_connection: Mapping[str, Any] = field(default_factory=dict)
    internal_info: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def tenant_vif(self) -> str | None:
        """The tenant's network port attached to this NIC."""
        vif: str | None = self.internal_info.get("tenant_vif_port_id")
        return vif

    @property
    def client_id(self) -> str | None:
        """What an InfiniBand NIC names itself to DHCP (`extra.client-id`); None for Ethernet."""
        named = self.extra.get("client-id")
        return str(named) if named else None

    def with_internal(self, **changes: Any) -> "Port":
        """The port with `internal_info` changed; a value of None removes the key."""
        merged = {**self.internal_info, **changes}
        return replace(self, internal_info={k: v for k, v in merged.items() if v is not None})


def normalise_mac(text: str) -> str:
    """Lower case with colons. Raises Invalid for anything that is not a unicast MAC."""
    bare = re.sub(r"[:.\-]", "", text.strip().lower())
    mac = ":".join(bare[i : i + 2] for i in range(0, len(bare), 2))
    if not _MAC.match(mac):
        raise Invalid(
            f"{text[:64]!r} is not a MAC address (expected six bytes, as in 52:54:00:12:34:56)."
        )
    if int(mac[:2], 16) & 1:
        raise Invalid(f"{mac} is a multicast address; a NIC has a unicast MAC.")
    if mac == "00:00:00:00:00:00":
        raise Invalid(f"{mac} is all zeros; a NIC has a real MAC.")
    return mac
