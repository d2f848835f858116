"""Volume connectors and targets as an inventory; they change while their node is switched off."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.volume import VolumeConnector, VolumeTarget
from bessemer.baremetal.operations.belongings import Belongings, Change, Part
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import volume
from bessemer.errors import Invalid

Thing = TypeVar("Thing", bound=Part)


class Volumes(Belongings[Thing]):
    """A running machine uses its volumes: so they stay as they are until it is off."""

    async def permit_change(self, change: Change[Thing]) -> None:
        for node in (change.node, change.target):
            self._check_off(node, "update")

    async def permit_removal(self, connection: AsyncConnection, node: Node, thing: Thing) -> None:
        self._check_off(node, "deletion")

    def _check_off(self, node: Node, action: str) -> None:
        if node.power_state is not Power.OFF:
            raise Invalid(
                f"The {self.records.noun} {action} can not be performed on node {node.uuid} while it "
                f"is in power state {node.power_state}. First: openstack baremetal node power off "
                f"{node.uuid}"
            )


def connectors(desk: Desk) -> Volumes[VolumeConnector]:
    """All of them."""
    return Volumes(desk, volume.CONNECTORS)


def targets(desk: Desk) -> Volumes[VolumeTarget]:
    """All of them."""
    return Volumes(desk, volume.TARGETS)
