"""Nodes as an inventory: enrol, change, put into maintenance, tag with traits, remove."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import DELETE_ALLOWED, State
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.provision import NodeProtected
from bessemer.baremetal.store import chassis, leases
from bessemer.baremetal.store.allocations import ALLOCATIONS
from bessemer.errors import Conflict, Invalid, NotFound

MAX_TRAITS: Final = 50
_TRAIT: Final = re.compile(r"(CUSTOM|COMPUTE|HW|MISC|OWNER|STORAGE)_[A-Z0-9_]{1,240}\Z")
"""The namespaces of os-traits, and one's own."""

UPDATE_ALLOWED: Final = frozenset(
    {
        State.DEPLOY_FAILED,
        State.INSPECT_FAILED,
        State.INSPECT_WAIT,
        State.CLEAN_FAILED,
        State.ERROR,
        State.VERIFYING,
        State.ADOPT_FAILED,
        State.RESCUE_FAILED,
        State.UNRESCUE_FAILED,
        State.SERVICE_HOLD,
        State.SERVICE_FAILED,
    }
)
"""States on the way to another one in which a node may be changed all the same."""

_HARDWARE_MAY_CHANGE: Final = frozenset(
    {State.ENROLL, State.MANAGEABLE, State.INSPECTING, State.INSPECT_WAIT, State.AVAILABLE}
)
_PROTECTABLE: Final = frozenset({State.ACTIVE, State.RESCUE})

Change = Callable[[Node], Node]


async def create(desk: Desk, node: Node) -> Node:
    """Enrol. Raises Invalid (driver, interfaces), Conflict (uuid, name, instance taken)."""
    composed = replace(
        node,
        interfaces=desk.registry.compose(node.driver, node.interfaces),
        resource_class=node.resource_class or desk.settings.default_resource_class,
        conductor_group=node.conductor_group or desk.settings.default_conductor_group,
    )
    _check_properties(composed)
    async with desk.shelves.database.write() as connection:
        composed = await _with_relatives(desk, connection, composed)
        added = await desk.shelves.nodes.add(connection, composed)
        await leases.prepare(connection, added.uuid)
    await desk.tell(added.uuid)
    return added


async def change(
    desk: Desk, ident: str, alter: Change, *, fields: Collection[str], strict_inspecting: bool
) -> Node:
    """Apply `alter` under the node's lock; `fields` are the attributes that it may touch.

    `strict_inspecting`: a node being inspected refuses, too (since microversion 1.39).
    Raises Conflict when the node is on its way to another state, NodeLocked, NotFound, Invalid.
    """
    async with desk.changing(ident) as (connection, node):
        changed = alter(node)
        _check_moment(node, changed, fields, strict_inspecting)
        composed = desk.registry.compose(changed.driver, changed.interfaces)
        changed = replace(changed, interfaces=composed)
        _check_change(node, changed)
        if node.owner != changed.owner:
            await _check_owned_allocation(connection, node)
        if (node.parent_node, node.chassis_uuid) != (changed.parent_node, changed.chassis_uuid):
            changed = await _with_relatives(desk, connection, changed)
        saved = await desk.shelves.nodes.update(connection, node, changed)
    await desk.tell(saved.uuid)
    return saved


async def delete(
    desk: Desk, ident: str, check: Callable[[Node], None] = lambda _node: None
) -> None:
    """Remove from the inventory, with its ports. Raises Conflict, NodeProtected, NotFound.

    `check` is asked under the node's lock, and may raise.
    """
    async with desk.changing(ident) as (connection, node):
        check(node)
        if node.protected:
            raise NodeProtected(f"Node {node.uuid} is protected and can not be deleted.")
        if node.instance_uuid is not None and not node.maintenance:
            raise _associated(node)
        if node.provision_state not in DELETE_ALLOWED and not node.maintenance:
            raise Conflict(
                f'Can not delete node "{node.uuid}" while it is in provision state '
                f'"{node.provision_state}"; possible in: {", ".join(sorted(DELETE_ALLOWED))}, '
                "and anywhere in maintenance."
            )
        if children := await desk.shelves.nodes.children(connection, node.uuid):
            raise Conflict(
                f"Node {node.uuid} has {len(children)} child nodes, such as {children[0]}; delete "
                "them first, or take their parent_node away."
            )
        await desk.shelves.nodes.remove(connection, node.uuid)
    await desk.tell(node.uuid)


async def set_maintenance(desk: Desk, ident: str, *, on: bool, reason: str | None = None) -> None:
    """Put the node into maintenance or take it out; out of it, its fault is forgotten."""
    async with desk.changing(ident) as (connection, node):
        changed = replace(
            node,
            maintenance=on,
            maintenance_reason=reason if on else None,
            fault=node.fault if on else None,
        )
        await desk.shelves.nodes.save_states(connection, changed)
    await desk.tell(node.uuid)


async def set_traits(desk: Desk, ident: str, traits: Collection[str]) -> None:
    """Replace them all. Raises Invalid for what is no trait, or for more than MAX_TRAITS."""
    await _change_traits(desk, ident, lambda _former: frozenset(traits))


async def add_trait(desk: Desk, ident: str, trait: str) -> None:
    """Add one; idempotent. Raises Invalid."""
    await _change_traits(desk, ident, lambda former: former | {trait})


async def remove_trait(desk: Desk, ident: str, trait: str) -> None:
    """Remove one. Raises NotFound when the node does not have it."""

    def without(former: frozenset[str]) -> frozenset[str]:
        if trait not in former:
            raise NotFound(f"Node {ident} doesn't have a trait {trait[:255]!r}.")
        return former - {trait}

    await _change_traits(desk, ident, without)


async def _change_traits(
    desk: Desk, ident: str, alter: Callable[[frozenset[str]], frozenset[str]]
) -> None:
    async with desk.changing(ident) as (connection, node):
        traits = alter(node.traits)
        _check_traits(traits - node.traits, len(traits))
        await desk.shelves.nodes.update(connection, node, replace(node, traits=traits))
    await desk.tell(node.uuid)


def _check_traits(new: Collection[str], total: int) -> None:
    for trait in new:
        if not _TRAIT.match(trait):
            raise Invalid(
                f"{trait[:80]!r} is no trait: expected a name of os-traits, or CUSTOM_ and then "
                "capital letters, digits and '_'."
            )
    if total > MAX_TRAITS:
        raise Invalid(f"A node has at most {MAX_TRAITS} traits.")


def _check_moment(node: Node, changed: Node, fields: Collection[str], strict: bool) -> None:
    """Refuse a change while work on the node depends on what is there now."""
    state = node.provision_state
    allowed = UPDATE_ALLOWED if strict else UPDATE_ALLOWED | {State.INSPECTING}
    if node.target_provision_state is None or state in allowed:
        return
    frees = set(fields) == {"instance_uuid"} and changed.instance_uuid is None
    if frees and node.maintenance:
        return
    raise Conflict(
        f'Node {node.uuid} can not be updated while a state transition is in progress ("{state}", '
        f'on the way to "{node.target_provision_state}").'
    )


def _check_change(node: Node, changed: Node) -> None:
    _check_properties(changed)
    if node.instance_uuid is not None and changed.instance_uuid not in {None, node.instance_uuid}:
        raise _associated(node)
    settled = node.provision_state not in _HARDWARE_MAY_CHANGE and not node.maintenance
    hardware = node.driver != changed.driver or any(
        changed.interfaces[kind] != name for kind, name in node.interfaces.items()
    )
    if node.console_enabled and _of_console(node) != _of_console(changed):
        raise Conflict(
            f"Node {node.uuid} can not have its driver or console_interface changed while its "
            f"console is on. First: openstack baremetal node console disable {node.uuid}."
        )
    moved = node.resource_class is not None and node.resource_class != changed.resource_class
    if settled and (hardware or moved):
        what = "driver and interfaces" if hardware else "resource_class"
        raise Conflict(
            f"Node {node.uuid} can not have {what} updated unless it is in one of the states "
            f"{', '.join(sorted(_HARDWARE_MAY_CHANGE))}, or in maintenance."
        )
    if changed.retired and not node.retired and node.provision_state is State.AVAILABLE:
        raise Conflict(
            f"Node {node.uuid} can not be retired while it is available: somebody could be given "
            f"it at any moment. First: openstack baremetal node manage {node.uuid}."
        )
    if changed.protected and not node.protected and node.provision_state not in _PROTECTABLE:
        raise Conflict(
            f"Node {node.uuid} can only be protected in the states "
            f"{', '.join(sorted(_PROTECTABLE))}; it is in {node.provision_state}."
        )


async def _check_owned_allocation(connection: AsyncConnection, node: Node) -> None:
    """Raises Conflict when the node serves somebody: their claim was on the present owner's node."""
    if node.allocation_uuid is None:
        return
    allocation = await ALLOCATIONS.get(connection, node.allocation_uuid)
    if allocation.owner is not None:
        raise Conflict(
            f"The owner of node {node.uuid} can not be changed while it serves allocation "
            f"{allocation.uuid}, which belongs to project {allocation.owner}. First: openstack "
            f"baremetal allocation delete {allocation.uuid}."
        )


async def _with_relatives(desk: Desk, connection: AsyncConnection, node: Node) -> Node:
    """The node with its parent by uuid. Raises Invalid for a parent or chassis that cannot be."""
    if node.chassis_uuid is not None and not await chassis.exists(connection, node.chassis_uuid):
        raise Invalid(f"Chassis {node.chassis_uuid} could not be found.")
    if node.parent_node is None:
        return node
    try:
        parent = await desk.shelves.nodes.get(connection, node.parent_node)
    except NotFound as error:
        raise Invalid(f"parent_node: {error.message}") from None
    if parent.uuid == node.uuid:
        raise Invalid("parent_node: a node cannot be its own parent.")
    if parent.parent_node is not None:
        raise Invalid(f"parent_node: node {parent.uuid} is a child itself and cannot be a parent.")
    if await desk.shelves.nodes.children(connection, node.uuid):
        raise Invalid(f"parent_node: node {node.uuid} has children and cannot become one.")
    return replace(node, parent_node=parent.uuid)


def _of_console(node: Node) -> tuple[str, str | None]:
    """What a running console belongs to."""
    return node.driver, node.interfaces.get(InterfaceKind.CONSOLE)


def _check_properties(node: Node) -> None:
    for name in ("cpus", "memory_mb", "local_gb"):
        value = node.properties.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not str(value).isdecimal():
            raise Invalid(f"properties/{name} of node {node.uuid} must be a non-negative integer.")


def _associated(node: Node) -> Conflict:
    return Conflict(f"Node {node.uuid} is associated with instance {node.instance_uuid}.")
