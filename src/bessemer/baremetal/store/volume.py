"""Volume connectors and targets in SQL; what is secret in a target's properties is sealed."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.volume import ConnectorType, VolumeConnector, Volumes, VolumeTarget
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import volume_connectors, volume_targets


def _connector(row: Mapping[str, Any], _box: SecretBox) -> VolumeConnector:
    return VolumeConnector(**{**row, "type": ConnectorType(row["type"])})


CONNECTORS: Final = Records(
    volume_connectors,
    "volume connector",
    _connector,
)


def _target(row: Mapping[str, Any], box: SecretBox) -> VolumeTarget:
    return VolumeTarget(**{**row, "properties": box.open(row["properties"])})


def _columns(values: dict[str, Any], box: SecretBox) -> dict[str, Any]:
    return {**values, "properties": box.seal(values["properties"])}


TARGETS: Final = Records(volume_targets, "volume target", _target, _columns)


async def of_node(connection: AsyncConnection, node_uuid: str) -> Volumes:
    """All of one node's: connectors as they were added, targets by boot index."""
    connectors = await CONNECTORS.list(connection, [volume_connectors.c.node_uuid == node_uuid])
    targets = await TARGETS.list(
        connection,
        [volume_targets.c.node_uuid == node_uuid],
        Order(volume_targets, "boot_index"),
    )
    return Volumes(tuple(connectors), tuple(targets))
