"""Builders of volume connectors and targets."""

import uuid
from dataclasses import replace
from typing import Any, Final

from bessemer.baremetal.domain.volume import ConnectorType, VolumeConnector, VolumeTarget

IQN: Final = "iqn.2026-11.test:machine"
CONNECTION: Final = {
    "target_portal": "172.30.9.1:3260",
    "target_iqn": "iqn.2026-11.test:disk",
    "target_lun": 1,
}


def a_connector(node_uuid: str = "n-1", **changes: Any) -> VolumeConnector:
    """The node's iSCSI name; any field may be given."""
    made = VolumeConnector(str(uuid.uuid4()), node_uuid, ConnectorType.IQN, IQN)
    return replace(made, **changes)


def a_target(node_uuid: str = "n-1", **changes: Any) -> VolumeTarget:
    """The iSCSI volume that the node boots from; any field may be given."""
    made = VolumeTarget(str(uuid.uuid4()), node_uuid, "iscsi", 0, "volume-1", CONNECTION)
    return replace(made, **changes)
