"""VIFs: a tenant's network ports on a node's NICs."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import ports as port_store
from bessemer.context import RequestContext


async def attach(desk: Desk, context: RequestContext, ident: str, vif_id: str) -> str:
    """Choose a NIC for the network port; returns the MAC that the network port has taken on.

    Raises Conflict when it is attached already, Invalid when no NIC is free, NodeLocked, NotFound.
    """
    node, ports = await _look(desk, ident)
    network = desk.registry.interfaces_of(node).network
    changed = await network.vif_attach(context, node, ports, vif_id)
    async with desk.changing(node.uuid, "vif attach") as (connection, _):
        await port_store.save(connection, changed)
    return changed.address


async def detach(desk: Desk, context: RequestContext, ident: str, vif_id: str) -> None:
    """Undo `attach`. Raises Invalid when it is not attached, NodeLocked, NotFound."""
    node, ports = await _look(desk, ident)
    network = desk.registry.interfaces_of(node).network
    changed = await network.vif_detach(context, node, ports, vif_id)
    async with desk.changing(node.uuid, "vif detach") as (connection, _):
        await port_store.save(connection, changed)


async def list_vifs(desk: Desk, ident: str) -> list[str]:
    """Ids of the network ports attached to the node."""
    node, ports = await _look(desk, ident)
    return desk.registry.interfaces_of(node).network.vif_list(ports)


async def _look(desk: Desk, ident: str) -> tuple[Node, tuple[Port, ...]]:
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
        return node, await port_store.of_node(connection, node.uuid)
