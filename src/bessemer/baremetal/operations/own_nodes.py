"""Nodes that the hash ring gives to this conductor, for what is done to all of them periodically."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import leases
from bessemer.baremetal.store.nodes import Place
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import Unavailable

PAGE: Final = 200
"""Nodes that are read at once."""


async def own_uuids(desk: Desk, conditions: Sequence[ColumnElement[bool]]) -> list[str]:
    """Those for which the conditions hold."""
    async with desk.reading() as connection:
        places = await desk.shelves.nodes.places(connection, conditions, Order(nodes))
        members = await membership.read(connection, desk.settings)

    def is_own(place: Place) -> bool:
        try:
            owner = members.owner(place.uuid, place.driver, place.conductor_group)
        except Unavailable:
            return False
        return owner == desk.hostname

    return [place.uuid for place in places if is_own(place)]


async def free_ones(
    desk: Desk, uuids: Sequence[str], conditions: Sequence[ColumnElement[bool]]
) -> AsyncIterator[Node]:
    """Those that nobody holds; read as they are needed, so that what is known is fresh."""
    for at in range(0, len(uuids), PAGE):
        page = uuids[at : at + PAGE]
        async with desk.reading() as connection:
            these = nodes.c.uuid.in_(page)
            found = await desk.shelves.nodes.list(connection, (these, *conditions))
            held = await leases.holders(connection, page, now())
        for node in sorted(found, key=lambda node: page.index(node.uuid)):
            if node.uuid not in held:
                yield node
