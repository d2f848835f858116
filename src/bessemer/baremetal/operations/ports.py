"""Ports as an inventory: add, change, list and remove the NICs of nodes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, false

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store.tables import ports
from bessemer.errors import Conflict, Invalid

_CABLING: Final = ("pxe_enabled", "local_link_connection", "physical_network", "portgroup_uuid")
_CABLING_MAY_CHANGE: Final = frozenset(
    {State.ENROLL, State.MANAGEABLE, State.INSPECTING, State.INSPECT_WAIT}
)


@dataclass(frozen=True, slots=True)
class PortPage:
    """Which ports, in which order. `node` is a uuid or name."""

    node: str | None = None
    address: str | None = None
    none_at_all: bool = False
    limit: int | None = None
    marker: str | None = None
    sort_column: str = "id"
    descending: bool = False


async def get(desk: Desk, ident: str) -> Port:
    """By uuid or name. Raises NotFound."""
    async with desk.reading() as connection:
        return await port_store.get(connection, ident)


async def list_ports(desk: Desk, page: PortPage) -> list[Port]:
    """One page. Raises NotFound for an unknown node, Invalid for an unknown marker."""
    async with desk.reading() as connection:
        conditions: list[ColumnElement[bool]] = [false()] if page.none_at_all else []
        if page.node is not None:
            node = await desk.shelves.nodes.get(connection, page.node)
            conditions.append(ports.c.node_uuid == node.uuid)
        if page.address is not None:
            conditions.append(ports.c.address == page.address)
        return await port_store.list_ports(
            connection,
            conditions,
            limit=page.limit,
            marker=page.marker,
            sort_key=page.sort_column,
            descending=page.descending,
        )


async def create(desk: Desk, node_ident: str, make: Callable[[Node], Port]) -> Port:
    """Add a NIC to a node. Raises Invalid, NotFound (node), NodeLocked, Conflict (MAC taken)."""
    async with desk.changing(node_ident, "port create") as (connection, node):
        port = await port_store.add(connection, make(node))
    await _tell(desk, port)
    return port


async def change(desk: Desk, ident: str, alter: Callable[[Port], Port]) -> Port:
    """Apply `alter` under the node's lock.

    Raises Conflict while a network port is attached (address) or the node's state forbids it
    (cabling), NodeLocked, NotFound, Invalid.
    """
    known = await get(desk, ident)
    async with desk.changing(known.node_uuid, "port update") as (connection, node):
        port = await port_store.get(connection, known.uuid)
        changed = alter(port)
        _check_change(node, port, changed)
        await port_store.save(connection, changed)
        saved = await port_store.get(connection, port.uuid)
    await _tell(desk, saved)
    return saved


async def delete(desk: Desk, ident: str) -> None:
    """Remove a NIC. Raises Conflict while a tenant's network port is attached to it."""
    known = await get(desk, ident)
    async with desk.changing(known.node_uuid, "port delete") as (connection, node):
        port = await port_store.get(connection, known.uuid)
        if port.tenant_vif is not None and not node.maintenance:
            raise Conflict(
                f"Cannot delete the port {port.address} of node {node.uuid}: network port "
                f"{port.tenant_vif} is attached to it. Detach that first."
            )
        await port_store.remove(connection, port.uuid)
    await _tell(desk, port)


def _check_change(node: Node, port: Port, changed: Port) -> None:
    if changed.node_uuid != port.node_uuid:
        raise Invalid("A port stays with its node; delete it and create it at the other one.")
    if changed.address != port.address and port.tenant_vif is not None:
        raise Conflict(
            f"Cannot change the address of port {port.uuid}: network port {port.tenant_vif} is "
            "attached to it and has taken on this MAC."
        )
    before, after = _cabling(port), _cabling(changed)
    if before != after and node.provision_state not in _CABLING_MAY_CHANGE and not node.maintenance:
        raise Conflict(
            f"Port {port.uuid} can not have {', '.join(_CABLING)} updated unless node "
            f"{node.uuid} is in one of the states {', '.join(sorted(_CABLING_MAY_CHANGE))}, or "
            "in maintenance."
        )


def _cabling(port: Port) -> Mapping[str, Any]:
    return {name: getattr(port, name) for name in _CABLING}


async def _tell(desk: Desk, port: Port) -> None:
    await desk.bus.publish(NODE_CHANGED, {"node_uuid": port.node_uuid})
