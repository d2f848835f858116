"""Carries one server towards its goal as far as it goes without waiting."""

import socket
from datetime import timedelta
from typing import Final

import structlog

from bessemer.clock import now
from bessemer.compute.domain.server import Goal, Server
from bessemer.compute.operations.build_steps import STEP
from bessemer.compute.operations.give_up import give_up
from bessemer.compute.operations.outcomes import Done, Reschedule, StepFailed, WaitForNode
from bessemer.compute.operations.record import (
    build_failed,
    progressed,
    rescheduled,
    step_done,
    step_put_off,
)
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.store.servers import StaleServer, leave_server, take_server
from bessemer.errors import BessemerError, Conflict, Transient, Unavailable

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=60)
"""How long a worker that died keeps others off; the same worker takes up its own at once."""
LONGEST_PAUSE_S: Final = 30.0
MAY_PASS: Final = (Transient, Unavailable, Conflict)


class Advance:
    """`await advance(server_id)`: seconds after which to try again, or None to wait for a nudge."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._worker = rooms.settings.worker_name or socket.gethostname()
        self._stopping = False

    def stop(self) -> None:
        """Begin no further step; the one in hand is finished and saved."""
        self._stopping = True

    async def __call__(self, server_id: str) -> float | None:
        """Work until the goal is reached or the node must do its part."""
        try:
            return await self._work(server_id)
        finally:
            async with self._rooms.database.write() as connection:
                await leave_server(connection, server_id, self._worker)

    async def _work(self, server_id: str) -> float | None:
        while not self._stopping and (server := await self._take(server_id)) is not None:
            structlog.contextvars.bind_contextvars(request_id=server.work_request_id)
            try:
                go_on, pause = await self._one(server)
            except StaleServer:
                continue  # a request came in between, such as a delete: read again
            if not go_on:
                return pause
        return None

    async def _take(self, server_id: str) -> Server | None:
        async with self._rooms.database.write() as connection:
            return await take_server(connection, server_id, self._worker, now(), LEASE)

    async def _one(self, server: Server) -> tuple[bool, float | None]:
        """One step or one push: (whether to go on at once, else after how long)."""
        if server.goal is Goal.BUILD:
            return await self._build(server)
        try:
            return await give_up(self._rooms, server) is not None, None
        except StaleServer:
            raise
        except BessemerError as error:
            log.warning("compute.give_up_put_off", server=server.id, reason=error.message)
            return False, self._rooms.settings.sweep_interval.total_seconds()

    async def _build(self, server: Server) -> tuple[bool, float | None]:
        assert server.step is not None
        try:
            outcome = await STEP[server.step].run(self._rooms, server)
        except StaleServer:
            raise
        except MAY_PASS as error:
            return await self._put_off(server, error)
        except BessemerError as error:
            await build_failed(self._rooms, server, error)
            return True, None
        except Exception:
            log.exception("compute.step_fault", server=server.id, step=server.step)
            await build_failed(self._rooms, server, _unforeseen(server))
            return True, None
        match outcome:
            case Done(server=done, detail=detail):
                await step_done(self._rooms, done, detail)
                return True, None
            case Reschedule(server=again, detail=detail):
                await rescheduled(self._rooms, again, detail)
                return True, None
            case WaitForNode(progress=progress):
                await progressed(self._rooms, server, progress)
                return False, None

    async def _put_off(self, server: Server, error: BessemerError) -> tuple[bool, float | None]:
        if server.tries + 1 >= self._rooms.settings.max_step_tries:
            await build_failed(self._rooms, server, error)
            return True, None
        await step_put_off(self._rooms, server, error.message)
        return False, min(LONGEST_PAUSE_S, 0.5 * 2**server.tries)


def _unforeseen(server: Server) -> StepFailed:
    return StepFailed(
        f"an unforeseen fault of the compute service; its log tells more under "
        f"{server.work_request_id}"
    )
