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
    async with desk.holding(ident, "vif attach", desk.settings.switch_timeout) as node:
        ports = await _ports(desk, node)
        network = desk.registry.interfaces_of(node).network
        changed = await network.vif_attach(context, node, ports, vif_id)
        await _save(desk, changed)
    return changed.address


async def detach(desk: Desk, context: RequestContext, ident: str, vif_id: str) -> None:
    """Undo `attach`. Raises Invalid when it is not attached, NodeLocked, NotFound."""
    async with desk.holding(ident, "vif detach", desk.settings.switch_timeout) as node:
        ports = await _ports(desk, node)
        network = desk.registry.interfaces_of(node).network
        await _save(desk, await network.vif_detach(context, node, ports, vif_id))


async def list_vifs(desk: Desk, ident: str) -> list[str]:
    """Ids of the network ports attached to the node."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    return desk.registry.interfaces_of(node).network.vif_list(await _ports(desk, node))


async def _ports(desk: Desk, node: Node) -> tuple[Port, ...]:
    async with desk.reading() as connection:
        return await port_store.of_node(connection, node.uuid)


async def _save(desk: Desk, port: Port) -> None:
    async with desk.shelves.database.write() as connection:
        await port_store.save(connection, port)
