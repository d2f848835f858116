"""VIFs: a tenant's network ports on a node's NICs and bonds."""

from collections.abc import Sequence

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup, members_of
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import BondView
from bessemer.baremetal.store import portgroups
from bessemer.baremetal.store import ports as port_store
from bessemer.context import RequestContext


async def attach(desk: Desk, context: RequestContext, ident: str, wish: VifWish) -> str:
    """Choose a NIC for the network port; returns the MAC that the network port has then.

    Raises Conflict when it is attached already, Invalid when no NIC is free, NodeLocked, NotFound.
    """
    async with desk.holding(ident, "vif attach", desk.settings.switch_timeout) as node:
        nics = await _nics(desk, node)
        network = desk.registry.interfaces_of(node).network
        attached = await network.vif_attach(context, node, nics, wish)
        await _save(desk, attached.nic, attached.members)
    return attached.mac_address


async def detach(desk: Desk, context: RequestContext, ident: str, vif_id: str) -> None:
    """Undo `attach`. Raises Invalid when it is not attached, NodeLocked, NotFound."""
    async with desk.holding(ident, "vif detach", desk.settings.switch_timeout) as node:
        nics = await _nics(desk, node)
        network = desk.registry.interfaces_of(node).network
        await _save(desk, await network.vif_detach(context, node, nics, vif_id))


async def list_vifs(desk: Desk, ident: str) -> list[str]:
    """Ids of the network ports attached to the node."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    return desk.registry.interfaces_of(node).network.vif_list(await _nics(desk, node))


async def list_bonds(desk: Desk, ident: str) -> list[BondView]:
    """The node's bonds that carry a tenant's network port. Raises NotFound."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    nics = await _nics(desk, node)
    return [
        BondView(
            vif_id=group.tenant_vif,
            mode=group.mode,
            properties=dict(group.properties),
            members={port.uuid: port.address for port in members_of(group, nics.ports)},
        )
        for group in nics.portgroups
        if group.tenant_vif is not None
    ]


async def _nics(desk: Desk, node: Node) -> Nics:
    async with desk.reading() as connection:
        ports = await port_store.of_node(connection, node.uuid)
        return Nics(ports, await portgroups.of_node(connection, node.uuid))


async def _save(desk: Desk, nic: Nic, members: Sequence[Port] = ()) -> None:
    async with desk.shelves.database.write() as connection:
        if isinstance(nic, Portgroup):
            await portgroups.keep(connection, nic, members)
        else:
            await port_store.save(connection, nic)
