"""Writes down what a step answered: server row, events and action in one transaction each."""

from dataclasses import replace
from datetime import datetime

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.public import JournalEntry
from bessemer.clock import now
from bessemer.compute.domain.events import Event
from bessemer.compute.domain.server import Fault, Goal, PowerState, Server, VmState
from bessemer.compute.domain.timeline import own_entries, progress_before
from bessemer.compute.operations.build_steps import FIRST, STEP, BuildStep, following
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.store.events import begin_event, end_event, touch_action
from bessemer.compute.store.servers import drop_payloads, put_payload, save_server
from bessemer.errors import BessemerError

log = structlog.get_logger()

SUCCESS, ERROR = "Success", "Error"


def event_of(server: Server, name: str, moment: datetime) -> Event:
    """An event of the request in hand that begins now."""
    return Event(server.id, server.work_request_id, name, moment)


async def end(
    connection: AsyncConnection, server: Server, name: str, result: str, detail: str
) -> None:
    """End an event of the request in hand."""
    moment = now()
    event = Event(server.id, server.work_request_id, name, moment, moment, result, detail)
    await end_event(connection, event)
    await touch_action(connection, server.id, server.work_request_id, moment)


async def step_done(rooms: Rooms, server: Server, detail: str) -> Server:
    """The step in hand is finished: on to the next, or the server is ready."""
    assert server.step is not None
    next_step = following(server.step)
    if next_step is None:
        return await _ready(rooms, server)
    moment = now()
    async with rooms.database.write() as connection:
        await end(connection, server, server.step, SUCCESS, detail)
        await begin_event(connection, event_of(server, next_step.name, moment))
        return await save_server(connection, _at(server, next_step), moment)


async def rescheduled(rooms: Rooms, server: Server, detail: str) -> Server:
    """Back to the first step, with the node that was lost noted as tried."""
    assert server.step is not None
    async with rooms.database.write() as connection:
        await end(connection, server, server.step, ERROR, detail)
        await begin_event(connection, event_of(server, FIRST.name, now()))
        return await save_server(connection, _at(server, FIRST), now())


async def step_put_off(rooms: Rooms, server: Server, reason: str) -> Server:
    """A fault that may pass: the step stays in hand."""
    assert server.step is not None
    log.warning("compute.step_put_off", server=server.id, step=server.step, reason=reason)
    async with rooms.database.write() as connection:
        return await save_server(connection, replace(server, tries=server.tries + 1), now())


async def progressed(rooms: Rooms, server: Server, progress: int | None) -> Server:
    """Keep the progress when it has grown."""
    if progress is None or progress <= server.progress:
        return server
    async with rooms.database.write() as connection:
        return await save_server(connection, replace(server, progress=progress), now())


async def build_failed(rooms: Rooms, server: Server, error: BessemerError) -> Server:
    """ERROR with the step, the cause and the next safe command; what was taken is given back next."""
    assert server.step is not None
    message = _fault_message(server, STEP[server.step], error)
    log.warning("compute.build_failed", server=server.id, step=server.step, fault=message)
    journal = await _journal(rooms, server)
    moment = now()
    failed = replace(
        server,
        vm_state=VmState.ERROR,
        task_state=None,
        fault=Fault(message, moment),
        goal=Goal.UNDO,
        step=None,
        tries=0,
    )
    async with rooms.database.write() as connection:
        await end(connection, server, server.step, ERROR, message)
        await touch_action(connection, server.id, server.work_request_id, moment, "Error")
        await put_payload(connection, server.id, "journal", journal)
        await drop_payloads(connection, server.id, ("config_drive",))
        return await save_server(connection, failed, moment)


def _fault_message(server: Server, step: BuildStep, error: BessemerError) -> str:
    where = f" on node {server.node_uuid}" if server.node_uuid else ""
    cause = error.message.rstrip(".")
    command = getattr(error, "next_command", None) or f"openstack server delete {server.id}"
    return f"Could not {step.purpose}{where}: {cause}. Next: {command}"


async def _ready(rooms: Rooms, server: Server) -> Server:
    assert server.step is not None
    assert server.node_uuid is not None
    node = await rooms.baremetal.get_node(context_of(server), server.node_uuid)
    journal = await _journal(rooms, server)
    moment = now()
    ready = replace(
        server,
        vm_state=VmState.ACTIVE,
        task_state=None,
        power_state=PowerState.SHUTDOWN if node.power_state == "power off" else PowerState.RUNNING,
        progress=100,
        launched_at=moment,
        goal=None,
        step=None,
        tries=0,
    )
    async with rooms.database.write() as connection:
        await end(connection, server, server.step, SUCCESS, "")
        await begin_event(connection, event_of(server, "active", moment))
        await end(connection, server, "active", SUCCESS, "")
        await put_payload(connection, server.id, "journal", journal)
        ready = await save_server(connection, ready, moment)
    log.info("compute.server_active", server=server.id, node=server.node_uuid)
    return ready


def _at(server: Server, step: BuildStep) -> Server:
    return replace(
        server,
        step=step.name,
        task_state=step.task_state,
        tries=0,
        progress=max(server.progress, progress_before(step.name)),
    )


async def _journal(rooms: Rooms, server: Server) -> bytes:
    """What the node did for this server, kept beyond the node's next use."""
    entries: list[JournalEntry] = []
    if server.node_uuid is not None:
        try:
            journal = await rooms.baremetal.journal(context_of(server), server.node_uuid)
            entries = own_entries(journal, server.created_at)
        except BessemerError as error:
            log.warning("compute.journal_unreadable", server=server.id, reason=error.message)
    return msgspec.json.encode(entries)
