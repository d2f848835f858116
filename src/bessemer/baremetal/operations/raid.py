"""The wished-for RAID configuration of a node; cleaning makes it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bessemer.baremetal.operations.desk import Desk


async def set_target(desk: Desk, ident: str, config: Mapping[str, Any]) -> None:
    """Keep it; an empty one means that nothing is wished for.

    Raises Unsupported (the node's raid interface), Invalid, NodeLocked, NotFound.
    """
    async with desk.changing(ident) as (connection, node):
        raid = desk.registry.interfaces_of(node).raid
        if config:
            raid.validate_raid_config(node, config)
        await desk.shelves.nodes.save(connection, replace(node, target_raid_config=dict(config)))
