"""Remote volumes: by what a node reaches a storage (connectors), and what it finds there (targets)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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
