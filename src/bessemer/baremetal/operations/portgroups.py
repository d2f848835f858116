"""Port groups as an inventory: add, change, list and remove the bonds of nodes."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup, check_standalone
from bessemer.baremetal.operations.belongings import Belongings, Change
from bessemer.baremetal.operations.cabling import (
    check_free,
    check_moment,
    check_removal,
    check_settled,
)
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.portgroups import PORTGROUPS
from bessemer.baremetal.store.ports import PORTS
from bessemer.baremetal.store.tables import ports
from bessemer.clock import now
from bessemer.errors import Invalid

_BONDING: Final = (
    "mode",
    "properties",
    "standalone_ports_supported",
    "physical_network",
    "node_uuid",
)
_IN_THE_WAY: Final = ("address", "mode", "properties", "physical_network", "node_uuid")
"""What stays as it is while a network port is attached: the switch and the MAC follow from it."""


class Portgroups(Belongings[Portgroup]):
    """Bonds: their mode, and how their members may be used."""

    def __init__(self, desk: Desk, *, strict: bool = True) -> None:
        super().__init__(desk, PORTGROUPS, strict=strict)

    async def permit_change(self, change: Change[Portgroup]) -> None:
        after = change.after
        check_moment(change, "port group", strict=self.strict)
        check_free(change, "port group", change.touches(*_IN_THE_WAY))
        for node in (change.node, change.target):
            check_settled(node, "port group", after.uuid, change.touches(*_BONDING))
        members = await members_in(change.connection, after.uuid)
        if change.moves and members:
            raise _not_empty(after, members)
        if change.touches("standalone_ports_supported"):
            check_standalone(after, members)
        if change.touches("physical_network"):
            await _move_members(change.connection, after)

    async def permit_removal(
        self, connection: AsyncConnection, node: Node, thing: Portgroup
    ) -> None:
        check_removal(node, "port group", thing)
        if members := await members_in(connection, thing.uuid):
            raise _not_empty(thing, members)


async def members_in(connection: AsyncConnection, group_uuid: str) -> Sequence[Port]:
    """The NICs in a group, oldest first."""
    return await PORTS.list(connection, [ports.c.portgroup_uuid == group_uuid])


async def _move_members(connection: AsyncConnection, group: Portgroup) -> None:
    """A bond is on one physical network: its members follow it there."""
    mine = ports.c.portgroup_uuid == group.uuid
    moved = {"physical_network": group.physical_network, "updated_at": now()}
    await connection.execute(update(ports).where(mine).values(**moved))


def _not_empty(group: Portgroup, members: Sequence[Port]) -> Invalid:
    return Invalid(
        f"Port group {group.uuid} contains {len(members)} ports, such as {members[0].address}. Take "
        f"them out first: openstack baremetal port unset --port-group {members[0].uuid}"
    )
