"""Provision: a verb is checked, committed as state and work, and its conductor is nudged."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import bcrypt
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import TARGETS, Event, State
from bessemer.baremetal.domain.provision.transitions import check_verb, next_state
from bessemer.baremetal.domain.provision.work import PHASES, Flow
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.deploy import (
    with_deploy_interface_found,
    with_own_deploy_interface,
)
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations import preconditions
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.automatic_lessee import leased
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.flows import FLOW_OF, VERBS, needed
from bessemer.baremetal.operations.plan import Wish
from bessemer.baremetal.operations.preconditions import NodeInMaintenance, NodeProtected
from bessemer.baremetal.operations.provision_request import ProvisionRequest
from bessemer.baremetal.operations.steps import judged
from bessemer.baremetal.operations.stop import abort, unhold
from bessemer.baremetal.operations.wanted_steps import wanted_steps
from bessemer.baremetal.public import Validation
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store import volume as volume_store
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, Invalid
from bessemer.json_types import Json

__all__ = ["NodeInMaintenance", "NodeProtected", "ProvisionRequest", "provision", "validate"]

MAX_CONFIG_DRIVE = 64 * 1024 * 1024 * 4 // 3


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
    hashed = await _hashed(request.rescue_password)
    begun = True
    async with desk.changing(ident) as (connection, node):
        check_verb(node.provision_state, event)
        match event:
            case Event.ABORT:
                await abort(desk, connection, node, context)
            case Event.UNHOLD:
                await unhold(desk, connection, node)
            case _:
                preconditions.check(event, node, request, desk.settings)
                if request.rescue_password is not None:
                    secured = _with_password(node, request.rescue_password, hashed)
                    node = await desk.shelves.nodes.update(connection, node, secured)
                begun = await _begin(desk, connection, context, node, request)
                await _keep_config_drive(connection, node, request.configdrive)
    if begun:
        await desk.nudge(node)
    else:
        await desk.tell(node.uuid)


async def _begin(
    desk: Desk,
    connection: AsyncConnection,
    context: RequestContext,
    node: Node,
    request: ProvisionRequest,
) -> bool:
    """False when the verb is carried out already: there is no work for a conductor."""
    event = VERBS[request.target]
    flow = FLOW_OF[event]
    before = node
    if flow is Flow.DEPLOY:
        node = _with_deploy_interface(desk, node)
    interfaces = desk.registry.interfaces_of(node)
    ports = await port_store.of_node(connection, node.uuid)
    volumes = await _volumes(connection, interfaces, node)
    preconditions.check_instance(event, interfaces, node, volumes)
    preconditions.check_interfaces(interfaces, node, ports, volumes, needed(flow, interfaces))
    if flow is Flow.DEPLOY:
        node = leased(node, context, desk.settings)
    state = next_state(node.provision_state, event)
    if state is State.MANAGEABLE:
        await _rest(desk, connection, node, state)
        return False
    wish = await _wish(desk, connection, context, node, request)
    work = await desk.flows.begin(connection, event, wish, context)
    started = replace(
        node.in_state(state, now()),
        target_provision_state=State.MANAGEABLE if event is Event.CLEAN else TARGETS.get(state),
        last_error=None,
        intent=work.intent,
        console_enabled=node.console_enabled and event is not Event.DELETE,
    )
    await desk.shelves.nodes.update(connection, before, started)
    await work_store.replace(connection, work)
    if work.flow is Flow.INSPECT:
        await blobs.drop(connection, node.uuid, Blob.INSPECTION)
    return True


def _with_deploy_interface(desk: Desk, node: Node) -> Node:
    """The interface that is to do this deploy; a rebuild may want another than the deploy before."""
    node = with_own_deploy_interface(node)
    found = desk.registry.interfaces_of(node).deploy.switch_interface(node)
    return node if found is None else with_deploy_interface_found(node, found)


async def _rest(desk: Desk, connection: AsyncConnection, node: Node, state: State) -> None:
    rested = replace(node.in_state(state, now()), target_provision_state=None, last_error=None)
    await desk.shelves.nodes.update(connection, node, rested)


async def _wish(
    desk: Desk,
    connection: AsyncConnection,
    context: RequestContext,
    node: Node,
    request: ProvisionRequest,
) -> Wish:
    event = VERBS[request.target]
    phase = PHASES.get(FLOW_OF[event], "")
    interfaces = desk.registry.interfaces_of(node)
    wanted = await wanted_steps(connection, context, node, event, request)
    return Wish(
        node=node,
        interfaces=interfaces,
        settings=desk.settings,
        steps=judged(wanted.steps, phase, interfaces, desk.settings),
        template_steps=judged(wanted.template_steps, phase, interfaces, desk.settings),
        volumes=await _volumes(connection, interfaces, node),
        disable_ramdisk=wanted.disable_ramdisk,
    )


async def _volumes(connection: AsyncConnection, interfaces: NodeInterfaces, node: Node) -> Volumes:
    if not interfaces.storage.has_volumes:
        return Volumes()
    return await volume_store.of_node(connection, node.uuid)


async def _hashed(password: Secret | None) -> Secret | None:
    """As the ramdisk gets it: in the modular crypt format of bcrypt."""
    if password is None or len(password.reveal().encode()) > preconditions.LONGEST_PASSWORD:
        return None
    text = password.reveal().encode()
    hashed = await asyncio.to_thread(bcrypt.hashpw, text, bcrypt.gensalt())
    return Secret(hashed.decode())


def _with_password(node: Node, password: Secret, hashed: Secret | None) -> Node:
    passwords = {"rescue_password": password, "hashed_rescue_password": hashed}
    return replace(node, instance_info={**node.instance_info, **passwords})


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


@at_conductor()
async def validate(desk: Desk, ident: str) -> dict[str, Validation]:
    """Per interface, whether the node has what it needs (`GET /v1/nodes/{id}/validate`)."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
        interfaces = desk.registry.interfaces_of(node)
        ports = await port_store.of_node(connection, node.uuid)
        volumes = await _volumes(connection, interfaces, node)

    def check(kind: InterfaceKind) -> None:
        preconditions.validate(interfaces, kind, node, ports, volumes)

    return {str(kind): _judged(partial(check, kind)) for kind in InterfaceKind}


def _judged(check: Callable[[], None]) -> Validation:
    try:
        check()
    except Unsupported as error:
        return Validation(None, error.message)
    except BessemerError as error:
        return Validation(False, error.message)
    return Validation(True)
