"""Stop, start, reboot: ordered through the node's power interface, finished when the node says so."""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from bessemer.baremetal.public import NodeView
from bessemer.clock import now
from bessemer.compute.domain.events import Action
from bessemer.compute.domain.server import (
    POWER_TASKS,
    PowerState,
    Server,
    TaskState,
    VmState,
    power_state_of,
)
from bessemer.compute.operations.record import ERROR, SUCCESS, end, event_of
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.store.events import add_action, begin_event
from bessemer.compute.store.servers import (
    StaleServer,
    get_server,
    list_with_power_task,
    save_server,
)
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, Conflict, Invalid

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PowerVerb:
    """One of Nova's power actions. `softly`: tried first, if the machine knows it."""

    action: str
    task: TaskState
    allowed: frozenset[VmState]
    order: str
    softly: str | None = None


_BOTH: Final = frozenset({VmState.ACTIVE, VmState.STOPPED})
STOP: Final = PowerVerb(
    "stop",
    TaskState.POWERING_OFF,
    frozenset({VmState.ACTIVE}),
    "power off",
    "soft power off",
)
START: Final = PowerVerb("start", TaskState.POWERING_ON, frozenset({VmState.STOPPED}), "power on")
REBOOT_SOFT: Final = PowerVerb(
    "reboot", TaskState.REBOOTING, frozenset({VmState.ACTIVE}), "rebooting", "soft rebooting"
)
REBOOT_HARD: Final = PowerVerb("reboot", TaskState.REBOOTING_HARD, _BOTH, "rebooting")
"""Orders in the bare metal API's words."""


class PowerControl:
    """Orders power changes and notes when they have come true."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def order(self, context: RequestContext, server_id: str, verb: PowerVerb) -> None:
        """Returns once the BMC's order is under way. Raises NotFound, Conflict, and what the node says."""
        server = await self._begin(context, server_id, verb)
        try:
            await self._send(server, verb)
        except BessemerError as error:
            await self._finish(server, server.vm_state, server.power_state, error.message)
            raise
        if verb.task in (TaskState.POWERING_OFF, TaskState.POWERING_ON):
            await self.look(server)  # it may have been in that state already

    async def look(self, server: Server) -> None:
        """Compare with the node and note what has changed."""
        if server.node_uuid is None or server.vm_state not in _BOTH:
            return
        try:
            node = await self._rooms.baremetal.get_node(context_of(server), server.node_uuid)
            if node.instance_uuid == server.id:
                await self._compare(server, node)
        except StaleServer:
            log.info("compute.power_look_stale", server=server.id)  # the next look will see

    async def look_at_all(self) -> None:
        """Every server that is being switched: nudges may have been lost, soft ways may have failed."""
        async with self._rooms.database.read() as connection:
            servers = await list_with_power_task(connection)
        for server in servers:
            try:
                await self.look(server)
            except BessemerError as error:
                log.warning("compute.power_look", server=server.id, reason=error.message)

    async def _begin(self, context: RequestContext, server_id: str, verb: PowerVerb) -> Server:
        moment = now()
        async with self._rooms.database.write() as connection:
            server = await get_server(connection, server_id)
            if server.vm_state not in verb.allowed or server.node_uuid is None:
                raise Conflict(
                    f"Cannot '{verb.action}' instance {server_id} while it is in vm_state "
                    f"{server.vm_state}."
                )
            if server.goal is not None or server.task_state is not None:
                raise Conflict(
                    f"Cannot '{verb.action}' instance {server_id} while it is in task_state "
                    f"{server.task_state}."
                )
            server = replace(
                server,
                task_state=verb.task,
                task_since=moment,
                work_request_id=context.request_id,
            )
            server = await save_server(connection, server, moment)
            await add_action(connection, _action(server, verb, context))
            await begin_event(connection, event_of(server, verb.action, moment))
        return server

    async def _send(self, server: Server, verb: PowerVerb) -> None:
        assert server.node_uuid is not None
        orders = [order for order in (verb.softly, verb.order) if order is not None]
        for order in orders:
            try:
                return await self._rooms.baremetal.set_power(
                    context_of(server), server.node_uuid, order
                )
            except Invalid:
                if order == orders[-1]:
                    raise
        return None

    async def _compare(self, server: Server, node: NodeView) -> None:
        power = power_state_of(node.power_state)
        if server.task_state in POWER_TASKS:
            await self._compare_task(server, node, power)
        elif server.task_state is None and power not in (PowerState.NOSTATE, server.power_state):
            vm_state = VmState.ACTIVE if power is PowerState.RUNNING else VmState.STOPPED
            async with self._rooms.database.write() as connection:
                changed = replace(server, power_state=power, vm_state=vm_state)
                await save_server(connection, changed, now())

    async def _compare_task(self, server: Server, node: NodeView, power: PowerState) -> None:
        if server.task_state is TaskState.POWERING_OFF:
            if power is PowerState.SHUTDOWN:
                await self._finish(server, VmState.STOPPED, power, None)
            elif self._overdue(server):
                log.warning("compute.soft_power_off_overdue", server=server.id)
                await self._rooms.baremetal.set_power(context_of(server), node.uuid, "power off")
        elif power is PowerState.RUNNING:
            await self._finish(server, VmState.ACTIVE, power, None)

    def _overdue(self, server: Server) -> bool:
        limit = self._rooms.settings.soft_power_off_timeout
        return server.task_since is not None and now() - server.task_since > limit

    async def _finish(
        self, server: Server, vm_state: VmState, power: PowerState, error: str | None
    ) -> None:
        ended = replace(
            server, task_state=None, task_since=None, vm_state=vm_state, power_state=power
        )
        assert server.task_state is not None
        name = _NAMES[server.task_state]
        async with self._rooms.database.write() as connection:
            result = SUCCESS if error is None else ERROR
            await end(connection, server, name, result, error or "")
            await save_server(connection, ended, now())


_NAMES: Final = {verb.task: verb.action for verb in (STOP, START, REBOOT_SOFT, REBOOT_HARD)}


def _action(server: Server, verb: PowerVerb, context: RequestContext) -> Action:
    moment = now()
    return Action(
        server_id=server.id,
        request_id=context.request_id,
        action=verb.action,
        user_id=context.user_id or "",
        project_id=context.project_id or "",
        started_at=moment,
        updated_at=moment,
    )
