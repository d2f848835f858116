"""Events of other services: a node whose NIC they concern is looked at now instead of later."""

from dataclasses import dataclass

import structlog

from bessemer.baremetal.operations.desk import Desk

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NetworkEvent:
    """Something happened to a network port. `mac`: of the NIC that it is bound to."""

    name: str
    port_id: str
    mac: str


async def take(desk: Desk, event: NetworkEvent, status: str) -> None:
    """Log it, and nudge the node: a step that waits for the network looks again at once."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.find_by_macs(connection, [event.mac])
    log.info(
        "event.received",
        event_name=event.name,
        port=event.port_id,
        mac=event.mac,
        status=status,
        node=None if node is None else node.uuid,
    )
    if node is not None:
        await desk.nudge(node)
