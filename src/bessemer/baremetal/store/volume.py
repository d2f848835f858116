"""Volume connectors and targets in SQL; what is secret in a target's properties is sealed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bessemer.baremetal.domain.volume import ConnectorType, VolumeConnector, VolumeTarget
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import volume_connectors, volume_targets


def _connector(row: Mapping[str, Any]) -> VolumeConnector:
    return VolumeConnector(**{**row, "type": ConnectorType(row["type"])})


CONNECTORS: Final = Records(
    volume_connectors,
    "volume connector",
    _connector,
    unique=(("type", "connector_id"), ("uuid",)),
)


def targets(box: Callable[[], SecretBox]) -> Records[VolumeTarget]:
    """Volume targets, sealed and opened with the box that `box` finds."""

    def made(row: Mapping[str, Any]) -> VolumeTarget:
        return VolumeTarget(**{**row, "properties": box().open(row["properties"])})

    def columns(values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "properties": box().seal(values["properties"])}

    unique = (("node_uuid", "boot_index"), ("uuid",))
    return Records(volume_targets, "volume target", made, columns, unique)
