"""Giving a node back: undeploy it or release the claim, whatever state a build or a crash left it in."""

from dataclasses import dataclass, replace
from typing import Final

from bessemer.baremetal.public import NodeView
from bessemer.clock import now
from bessemer.compute.domain.server import Server
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.store.servers import save_server
from bessemer.errors import Conflict, Invalid, NotFound, Transient, Unavailable

NEVER_DEPLOYED: Final = frozenset({"available", "manageable", "enroll"})
GIVEN_BACK: Final = frozenset(
    {"cleaning", "clean wait", "clean hold", "clean failed", *NEVER_DEPLOYED}
)
"""The server is gone from the node as soon as it is being cleaned, as upstream."""


@dataclass(frozen=True, slots=True)
class Left:
    """The node is no longer this server's."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Not yet; look again when the node changes."""

    server: Server
    detail: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """The node could not be undeployed; a person must look at it."""

    detail: str
    next_command: str


async def leave_node(rooms: Rooms, server: Server) -> Left | Leaving | Stuck:
    """One look, one push at most. Raises Transient, Unavailable, Conflict when to be tried again."""
    node = await _held_node(rooms, server)
    if node is None:
        return Left()
    if node.provision_state in GIVEN_BACK:
        return await _release(rooms, server, node)
    if node.provision_state == "deleting":
        return Leaving(server, "the node is being torn down")
    if node.provision_state == "error" and server.undeploy_asked:
        return Stuck(
            f"Node {node.name or node.uuid} could not be torn down: "
            f"{node.last_error or 'it gives no reason'}.",
            f"openstack baremetal node show {node.uuid}, cure the cause, "
            f"then openstack server delete {server.id}",
        )
    return await _undeploy(rooms, server, node)


async def _held_node(rooms: Rooms, server: Server) -> NodeView | None:
    """Found by the claim, not by our row: the claim may have been made just before a crash."""
    context = context_of(server)
    if server.node_uuid is not None:
        try:
            node = await rooms.baremetal.get_node(context, server.node_uuid)
        except NotFound:
            return None
        if node.instance_uuid == server.id:
            return node
    nodes = await rooms.baremetal.list_nodes(context)
    return next((node for node in nodes if node.instance_uuid == server.id), None)


async def _release(rooms: Rooms, server: Server, node: NodeView) -> Left:
    context = context_of(server)
    if node.provision_state in NEVER_DEPLOYED:
        for port in await rooms.network.list_ports(context, device_id=server.id):
            await rooms.baremetal.detach_vif(context, node.uuid, port.id)
        for vif in server.vifs:
            await rooms.baremetal.detach_vif(context, node.uuid, vif.port_id)
    await rooms.baremetal.release(context, node.uuid, server.id)
    return Left()


async def _undeploy(rooms: Rooms, server: Server, node: NodeView) -> Leaving:
    try:
        await rooms.baremetal.provision(context_of(server), node.uuid, "deleted")
    except (Invalid, Conflict, Transient, Unavailable) as error:
        return Leaving(server, f"node in state {node.provision_state}: {error.message}")
    asked = replace(server, undeploy_asked=True, node_uuid=node.uuid)
    async with rooms.database.write() as connection:
        asked = await save_server(connection, asked, now())
    return Leaving(asked, "the node was asked to tear down")
