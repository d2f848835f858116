"""The sixteen steps of one server, from our events and the node's journal."""

import msgspec

from bessemer.baremetal.public import JournalEntry
from bessemer.compute.domain.server import Goal, Server
from bessemer.compute.domain.timeline import InHand, Row, own_entries, timeline
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.store.events import list_events
from bessemer.compute.store.servers import find_payload
from bessemer.errors import NotFound


async def show_timeline(rooms: Rooms, server: Server) -> list[Row]:
    """While the build runs the journal is read from the node; afterwards from our copy."""
    async with rooms.database.read() as connection:
        events = await list_events(connection, server.id, server.request_id)
        kept = await find_payload(connection, server.id, "journal")
    if kept is not None:
        journal = msgspec.json.decode(kept, type=list[JournalEntry])
        return timeline(events, journal, server.vm_state)
    if server.node_uuid is None or server.goal is not Goal.BUILD:
        return timeline(events, (), server.vm_state)
    return await _running(rooms, server, server.node_uuid)


async def _running(rooms: Rooms, server: Server, node_uuid: str) -> list[Row]:
    context = context_of(server)
    async with rooms.database.read() as connection:
        events = await list_events(connection, server.id, server.request_id)
    try:
        node = await rooms.baremetal.get_node(context, node_uuid)
    except NotFound:
        return timeline(events, (), server.vm_state)
    if node.instance_uuid != server.id:  # chosen, not claimed: its journal is another server's
        return timeline(events, (), server.vm_state)
    journal = await rooms.baremetal.journal(context, node_uuid)
    own = own_entries(journal, server.created_at)
    return timeline(events, own, server.vm_state, InHand(node.step, node.progress))
