"""Provision: a verb is checked, committed as state and work, and its conductor is nudged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import TARGETS, WAITING, Event, State
from bessemer.baremetal.domain.provision.transitions import next_state
from bessemer.baremetal.domain.provision.work import Flow
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.flows import FLOW_OF, VERBS
from bessemer.baremetal.public import Validation
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, Forbidden, Invalid
from bessemer.json_types import Json

MAX_CONFIG_DRIVE = 64 * 1024 * 1024 * 4 // 3


class NodeInMaintenance(Invalid):
    """Work on a node in maintenance is refused."""


class NodeProtected(Forbidden):
    """The node's operator protects it from being rebuilt or deleted."""


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """What is asked: a verb of `VERBS`, and for `active` and `rebuild` a config drive."""

    target: str
    configdrive: Json = None


NEEDED: Mapping[Flow, tuple[InterfaceKind, ...]] = {
    Flow.VERIFY: (InterfaceKind.POWER, InterfaceKind.MANAGEMENT),
    Flow.INSPECT: (InterfaceKind.POWER, InterfaceKind.INSPECT, InterfaceKind.NETWORK),
    Flow.CLEAN: (InterfaceKind.POWER, InterfaceKind.NETWORK),
    Flow.DEPLOY: (
        InterfaceKind.POWER,
        InterfaceKind.MANAGEMENT,
        InterfaceKind.BOOT,
        InterfaceKind.DEPLOY,
        InterfaceKind.NETWORK,
    ),
    Flow.TEAR_DOWN: (InterfaceKind.POWER,),
}
"""The interfaces that must be valid before a flow may begin."""


async def provision(
    desk: Desk, context: RequestContext, ident: str, request: ProvisionRequest
) -> None:
    """Accept a verb.

    Raises Invalid (unknown, not allowed here, node not fit), NodeLocked, NotFound, and Unavailable
    while no conductor is there to carry it out.
    """
    event = VERBS.get(request.target)
    if event is None:
        raise Invalid(
            f"Invalid provision target {request.target!r}; possible: {', '.join(sorted(VERBS))}."
        )
    async with desk.reading() as connection:
        known = await desk.shelves.nodes.get(connection, ident)
    await desk.responsible_for(known)  # opens a connection of its own: never inside another's
    async with desk.changing(ident, request.target) as (connection, node):
        await _admit(desk, connection, node, event)
        if event is Event.ABORT:
            await _abort(connection, node, context)
        else:
            await _begin(desk, connection, context, node, event)
            await _keep_config_drive(connection, node, request.configdrive)
    await desk.nudge(node)


async def _admit(desk: Desk, connection: AsyncConnection, node: Node, event: Event) -> None:
    next_state(node.provision_state, event)
    if event in {Event.DEPLOY, Event.REBUILD} and node.maintenance:
        raise NodeInMaintenance(
            f"Node {node.uuid} is in maintenance ({node.maintenance_reason or 'no reason given'}); "
            f"when it is well again: openstack baremetal node maintenance unset {node.uuid}."
        )
    if event in {Event.DELETE, Event.REBUILD} and node.protected:
        raise NodeProtected(f"Node {node.uuid} is protected and can not be undeployed or rebuilt.")
    if event is Event.PROVIDE and node.retired:
        raise Invalid(f"Node {node.uuid} is retired and can not be provided.")
    flow = FLOW_OF.get(event)
    if flow is not None:
        ports = await port_store.of_node(connection, node.uuid)
        await _validate(desk.registry.interfaces_of(node), node, ports, NEEDED[flow])


async def _validate(
    interfaces: NodeInterfaces,
    node: Node,
    ports: tuple[Port, ...],
    kinds: tuple[InterfaceKind, ...],
) -> None:
    for kind in kinds:
        try:
            interfaces.of(kind).validate(node, ports)
        except BessemerError as error:
            raise Invalid(
                f"Failed to validate {kind} interface of node {node.uuid}: {error.message}"
            ) from error


async def _begin(
    desk: Desk, connection: AsyncConnection, context: RequestContext, node: Node, event: Event
) -> None:
    state = next_state(node.provision_state, event)
    if event is Event.MANAGE and state is State.MANAGEABLE:
        rested = replace(node, provision_state=state, provision_updated_at=now())
        rested = replace(rested, target_provision_state=None, last_error=None)
        await desk.shelves.nodes.save_states(connection, rested)
        return
    interfaces = desk.registry.interfaces_of(node)
    work = desk.flows.begin(FLOW_OF[event], node, interfaces, context.request_id)
    started = replace(
        node,
        provision_state=state,
        target_provision_state=TARGETS.get(state),
        provision_updated_at=now(),
        last_error=None,
        intent=work.intent,
    )
    await desk.shelves.nodes.save_states(connection, started)
    await work_store.replace(connection, work)
    if work.flow is Flow.INSPECT:
        await blobs.drop(connection, node.uuid, Blob.INSPECTION)


async def _abort(connection: AsyncConnection, node: Node, context: RequestContext) -> None:
    who = context.user_name or "somebody"
    reason = f"aborted by {who} while in state {node.provision_state}"
    if node.provision_state not in WAITING:
        raise Invalid(f"Node {node.uuid} is not waiting for anything that could be aborted.")
    await work_store.request_abort(connection, node.uuid, reason)


async def _keep_config_drive(connection: AsyncConnection, node: Node, config_drive: Json) -> None:
    if config_drive is None:
        return
    if not isinstance(config_drive, str):
        raise Invalid(
            "configdrive must be a string: base64 of gzip of ISO 9660, or an HTTP(S) URL."
        )
    if len(config_drive) > MAX_CONFIG_DRIVE:
        raise Invalid("The config drive is larger than 64 MiB.")
    await blobs.put(connection, node.uuid, Blob.CONFIG_DRIVE, config_drive)


async def validate(desk: Desk, ident: str) -> dict[str, Validation]:
    """Per interface, whether the node has what it needs (`GET /v1/nodes/{id}/validate`)."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
        ports = await port_store.of_node(connection, node.uuid)
    interfaces = desk.registry.interfaces_of(node)
    return {str(kind): _judged(interfaces.of(kind), node, ports) for kind in InterfaceKind}


def _judged(plugin: Plugin, node: Node, ports: tuple[Port, ...]) -> Validation:
    try:
        plugin.validate(node, ports)
    except BessemerError as error:
        return Validation(False, error.message)
    return Validation(True)
