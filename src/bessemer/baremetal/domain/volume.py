"""Remote volumes: by what a node reaches a storage (connectors), and what it finds there (targets)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bessemer.errors import Invalid

ISCSI: Final = "iscsi"
FIBRE_CHANNEL: Final = "fibre_channel"
"""Values of `volume_type` that are understood here; others are somebody else's."""


class ConnectorType(StrEnum):
    """What `connector_id` is, in wire spelling."""

    IQN = "iqn"
    IP = "ip"
    MAC = "mac"
    WWNN = "wwnn"
    WWPN = "wwpn"
    PORT = "port"
    PORTGROUP = "portgroup"


@dataclass(frozen=True, slots=True)
class VolumeConnector:
    """One name under which a storage knows the node; each type and id is there once only."""

    uuid: str
    node_uuid: str
    type: ConnectorType
    connector_id: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VolumeTarget:
    """One remote volume. `boot_index` 0 is the root; secrets in `properties` are `Secret`."""

    uuid: str
    node_uuid: str
    volume_type: str
    boot_index: int
    volume_id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Volumes:
    """What one node has of both."""

    connectors: tuple[VolumeConnector, ...] = ()
    targets: tuple[VolumeTarget, ...] = ()

    @property
    def root(self) -> VolumeTarget | None:
        """The volume that is booted; None: there is none."""
        return next((each for each in self.targets if each.boot_index == 0), None)

    def names(self, kind: ConnectorType) -> tuple[str, ...]:
        """The connectors' ids of one kind."""
        return tuple(each.connector_id for each in self.connectors if each.type is kind)

    def check_reachable(self) -> None:
        """Raises Invalid when the node lacks a name by which a target's storage could know it."""
        types = {target.volume_type for target in self.targets}
        if ISCSI in types and not self.names(ConnectorType.IQN):
            raise _lacking("iscsi", "iqn (its initiator's name)")
        ports, nodes = self.names(ConnectorType.WWPN), self.names(ConnectorType.WWNN)
        if FIBRE_CHANNEL in types and not (ports and len(ports) == len(nodes)):
            raise _lacking("fibre_channel", "wwpn, and as many of type wwnn")


def _lacking(volume_type: str, connectors: str) -> Invalid:
    return Invalid(
        f"Volumes of type {volume_type} need a volume connector of type {connectors}: "
        "openstack baremetal volume connector create --node … --type … --connector-id …"
    )
