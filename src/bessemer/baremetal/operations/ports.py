"""Ports as an inventory: add, change, list and remove the NICs of nodes."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import CLIENT_ID, Port
from bessemer.baremetal.domain.portgroup import Portgroup, check_member
from bessemer.baremetal.operations.belongings import Belongings, Change
from bessemer.baremetal.operations.cabling import (
    check_free,
    check_membership,
    check_moment,
    check_removal,
    check_settled,
)
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.portgroups import PORTGROUPS
from bessemer.baremetal.store.ports import PORTS
from bessemer.baremetal.store.tables import ports
from bessemer.errors import Invalid, NotFound

_CABLING: Final = (
    "pxe_enabled",
    "local_link_connection",
    "physical_network",
    "portgroup_uuid",
    "node_uuid",
)
_IN_THE_WAY: Final = ("address", "portgroup_uuid", "node_uuid")
"""What stays as it is while a network port is attached: it has taken on the MAC."""


class Ports(Belongings[Port]):
    """NICs: their MACs, their cabling, and the groups that they are in."""

    def __init__(self, desk: Desk, *, strict: bool = True) -> None:
        super().__init__(desk, PORTS, strict=strict)

    async def permit_creation(self, connection: AsyncConnection, node: Node, thing: Port) -> None:
        check_smart(thing)
        check_client_id(thing)
        await _check_group(connection, thing)

    async def permit_change(self, change: Change[Port]) -> None:
        before, after = change.before, change.after
        check_moment(change, "port", strict=self.strict)
        check_free(change, "port", change.touches(*_IN_THE_WAY))
        for node in (change.node, change.target):
            check_settled(node, "port", before.uuid, change.touches(*_CABLING))
        if change.touches("is_smartnic", "local_link_connection"):
            check_smart(after)
        if change.touches("extra"):
            check_client_id(after)
        if change.touches("portgroup_uuid"):
            for uuid in (before.portgroup_uuid, after.portgroup_uuid):
                if (group := await _group(change.connection, uuid)) is not None:
                    check_membership(before.uuid, group)
        if change.touches("portgroup_uuid", "physical_network", "pxe_enabled", "node_uuid"):
            await _check_group(change.connection, after)

    async def permit_removal(self, connection: AsyncConnection, node: Node, thing: Port) -> None:
        check_removal(node, "port", thing)
        group = await _group(connection, thing.portgroup_uuid)
        if group is not None and not node.maintenance:
            check_membership(thing.uuid, group)


def check_smart(port: Port) -> None:
    """Raises Invalid for a Smart NIC of which it is not known how its agent is reached."""
    link: Mapping[str, Any] = port.local_link_connection
    if port.is_smartnic and not (link.get("port_id") and link.get("hostname")):
        raise Invalid(
            "is_smartnic: a Smart NIC needs port_id and hostname in local_link_connection."
        )


def check_client_id(port: Port) -> None:
    """Raises Invalid for what could not be told to DHCP."""
    named = port.extra.get("client-id")
    if named is not None and not (isinstance(named, str) and CLIENT_ID.match(named)):
        raise Invalid(
            "extra: client-id of an InfiniBand NIC is its DHCP client id in hexadecimal bytes with "
            "colons between them, as in ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1."
        )


async def _check_group(connection: AsyncConnection, port: Port) -> None:
    if port.portgroup_uuid is None:
        return
    try:
        group = await PORTGROUPS.get(connection, port.portgroup_uuid)
    except NotFound as error:
        raise Invalid(f"portgroup_uuid: {error.message}") from error
    beside = [ports.c.portgroup_uuid == group.uuid, ports.c.uuid != port.uuid]
    check_member(group, port, await PORTS.list(connection, beside))


async def _group(connection: AsyncConnection, uuid: str | None) -> Portgroup | None:
    try:
        return await PORTGROUPS.get(connection, uuid or "")
    except NotFound:
        return None
