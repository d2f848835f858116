"""Goals `delete` and `undo`: leave the node, remove the ports; then the server is gone or rests."""

from dataclasses import replace

import structlog

from bessemer.clock import now
from bessemer.compute.domain.server import Fault, Goal, Server, VmState
from bessemer.compute.operations.leave_node import Leaving, Left, Stuck, leave_node
from bessemer.compute.operations.record import ERROR, SUCCESS, end
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.store.events import detail_event, touch_action
from bessemer.compute.store.servers import drop_payloads, save_server

log = structlog.get_logger()

TERMINATE = "terminate"


async def give_up(rooms: Rooms, server: Server) -> Server | None:
    """One push. Returns the server once its goal is reached or given up; None: the node is at it."""
    answer = await leave_node(rooms, server)
    match answer:
        case Left():
            await _remove_ports(rooms, server)
            return await (_gone if server.goal is Goal.DELETE else _undone)(rooms, server)
        case Leaving(server=fresh, detail=detail):
            async with rooms.database.write() as connection:
                await detail_event(connection, fresh.id, fresh.work_request_id, TERMINATE, detail)
            return None
        case Stuck():
            return await _stuck(rooms, server, answer)


async def _remove_ports(rooms: Rooms, server: Server) -> None:
    """Every port made for the server, known to our row or not; the user's own ports stay."""
    context = context_of(server)
    kept = {vif.port_id for vif in server.vifs if not vif.ours}
    kept |= {wanted.port_id for wanted in server.networks if wanted.port_id}
    for port in await rooms.network.list_ports(context, device_id=server.id):
        if port.id not in kept:
            await rooms.network.delete_port(context, port.id)


async def _gone(rooms: Rooms, server: Server) -> Server:
    moment = now()
    gone = replace(
        server,
        vm_state=VmState.DELETED,
        task_state=None,
        goal=None,
        step=None,
        vifs=(),
        terminated_at=moment,
    )
    async with rooms.database.write() as connection:
        await end(connection, server, TERMINATE, SUCCESS, "")
        await drop_payloads(connection, server.id, ("user_data", "config_drive"))
        gone = await save_server(connection, gone, moment)
    log.info("compute.server_deleted", server=server.id)
    return gone


async def _undone(rooms: Rooms, server: Server) -> Server:
    undone = replace(server, goal=None, node_uuid=None, vifs=(), undeploy_asked=False)
    async with rooms.database.write() as connection:
        return await save_server(connection, undone, now())


async def _stuck(rooms: Rooms, server: Server, answer: Stuck) -> Server:
    moment = now()
    before = f"{server.fault.message} " if server.fault and server.goal is Goal.UNDO else ""
    message = f"{before}{answer.detail} Next: {answer.next_command}"
    stuck = replace(
        server,
        vm_state=VmState.ERROR,
        task_state=None,
        goal=None,
        fault=Fault(message, moment),
        undeploy_asked=False,
    )
    log.warning("compute.teardown_stuck", server=server.id, reason=answer.detail)
    async with rooms.database.write() as connection:
        if server.goal is Goal.DELETE:
            await end(connection, server, TERMINATE, ERROR, message)
            await touch_action(connection, server.id, server.work_request_id, moment, "Error")
        return await save_server(connection, stuck, moment)
