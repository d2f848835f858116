"""Build steps `schedule` and `claim`: find a node that will do, and take it for this server alone."""

from dataclasses import replace

from bessemer.baremetal.public import NodeTaken, NodeView
from bessemer.clock import now
from bessemer.compute.domain.server import Server
from bessemer.compute.operations.outcomes import Done, NoValidHost, Outcome, Reschedule
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.scheduler.requirements import requirements_of
from bessemer.compute.scheduler.select import Selection, select
from bessemer.compute.store.servers import nodes_in_hand, save_server
from bessemer.db.locks import in_turn

LOOK_AT_NODES = (
    "openstack baremetal node list --fields "
    "uuid name provision_state maintenance instance_uuid resource_class"
)


async def schedule(rooms: Rooms, server: Server) -> Outcome:
    """Choose a node. Raises NoValidHost, saying per reason how many nodes it removed."""
    context = context_of(server)
    nodes = await rooms.baremetal.list_nodes(context)
    held = next((node for node in nodes if node.instance_uuid == server.id), None)
    if held is not None:  # claimed before a crash
        return Done(replace(server, node_uuid=held.uuid), f"node {_name(held)}, held already")
    image = await rooms.images.get_image(context, server.image_id)
    wanted = requirements_of(
        server.flavor, image.properties, server.node_requested, frozenset(server.nodes_tried)
    )
    selection = select(nodes, wanted, server.id)
    return await _reserve(rooms, server, selection)


async def _reserve(rooms: Rooms, server: Server, selection: Selection) -> Outcome:
    """Note the choice at once, so that our own requests do not collide; the claim decides."""
    async with rooms.database.write() as connection:
        await in_turn(connection, "choose a node")
        in_hand = await nodes_in_hand(connection, server.id)
        free = [node for node in selection.candidates if node.uuid not in in_hand]
        if not free:
            busy = len(selection.candidates)
            taken = f", but {busy} being claimed by other requests" if busy else ""
            raise NoValidHost(f"No valid host was found: {selection.words}{taken}.", LOOK_AT_NODES)
        chosen = await save_server(connection, replace(server, node_uuid=free[0].uuid), now())
    return Done(chosen, f"node {_name(free[0])}; {selection.words}")


async def claim(rooms: Rooms, server: Server) -> Outcome:
    """Take the node atomically; somebody else may have been faster."""
    assert server.node_uuid is not None
    context = context_of(server)
    node = await rooms.baremetal.get_node(context, server.node_uuid)
    if node.instance_uuid == server.id:
        return Done(server)
    try:
        await rooms.baremetal.claim(context, server.node_uuid, server.id)
    except NodeTaken:
        return _next_candidate(rooms, server, node)
    return Done(server, f"node {_name(node)}")


def _next_candidate(rooms: Rooms, server: Server, node: NodeView) -> Outcome:
    tried = (*server.nodes_tried, node.uuid)
    if len(tried) >= rooms.settings.max_schedule_attempts:
        raise NoValidHost(
            f"No valid host was found: {len(tried)} nodes were tried, and other requests took "
            "each of them first.",
            LOOK_AT_NODES,
        )
    again = replace(server, node_uuid=None, nodes_tried=tried)
    return Reschedule(again, f"node {_name(node)} was taken by another request")


def _name(node: NodeView) -> str:
    return node.name or node.uuid
