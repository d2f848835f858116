"""Serves the two listeners: the operators' API, and the ramdisk's on the provisioning side."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from bessemer import netns
from bessemer.bootstrap import Cloud
from bessemer.errors import ConfigurationError
from bessemer.readiness import announce_ready
from bessemer.roles import FOR_OPERATORS, Role
from bessemer.settings import Settings
from bessemer.sole_roles import RoleTaken
from bessemer.state_directory import held_state_directory, prepare_state_directory
from bessemer.web.limits import LimitedProtocol
from bessemer.web.spelling import SpelledProtocol

log = structlog.get_logger()

BACKLOG = 2048


@dataclass(slots=True)
class Listeners:
    """Sockets that are bound, of those that our roles need."""

    operators: socket.socket | None = None
    ramdisk: socket.socket | None = None

    def shown(self) -> dict[str, str | int]:
        """For the log."""
        shown: dict[str, str | int] = {}
        if self.operators is not None:
            host, port = self.operators.getsockname()[:2]
            shown["url"] = f"http://{host}:{port}"
        if self.ramdisk is not None:
            shown["ramdisk_port"] = self.ramdisk.getsockname()[1]
        return shown


class _QuietServer(uvicorn.Server):
    """Leaves the signals to us: there are two servers and one process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends the process at once.

    The operators' socket is bound first, in the caller's network namespace; then the process moves
    into `server.network_namespace`, where everything else lives.
    Raises ConfigurationError when an address cannot be had, RoleTaken when another process has a
    role that only one may have, from the start or since this one stood still.
    """
    listeners = Listeners()
    roles = frozenset(settings.server.roles)
    if roles & FOR_OPERATORS:
        listeners.operators = _bind(
            settings.server.host, settings.server.port, "server.host, server.port"
        )
    if settings.server.network_namespace is not None:
        netns.enter(settings.server.network_namespace)
    if Role.NETWORK in roles:
        port = settings.baremetal.ramdisk_port
        listeners.ramdisk = _bind("0.0.0.0", port, "baremetal.ramdisk_port")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listeners))


async def _serve(settings: Settings, listeners: Listeners) -> None:
    prepare_state_directory(settings.server.state_directory)
    with held_state_directory(settings.server.state_directory, settings.server.roles):
        await _serve_alone(settings, listeners)


async def _serve_alone(settings: Settings, listeners: Listeners) -> None:
    cloud = Cloud(settings)
    try:
        stopping = _stop_on_signal()
        await cloud.start()
        gc.freeze()  # modules and tables stay: no collection need look at them again
        servers = [
            (_server(app, protocol), listener)
            for app, protocol, listener in (
                (cloud.operators_app, LimitedProtocol, listeners.operators),
                (cloud.ramdisk_app, SpelledProtocol, listeners.ramdisk),
            )
            if listener is not None
        ]
        serving = [asyncio.create_task(s.serve(sockets=[socket])) for s, socket in servers]
        announce_ready()
        log.info("serving", roles=",".join(settings.server.roles), **listeners.shown())
        await _until_any(stopping, cloud.dispossessed, serving)
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*serving)
    finally:
        await cloud.stop()
    if cloud.dispossessed.is_set():
        raise RoleTaken(
            "server.roles: this process gave no sign of life for server.role_lease_duration, and another "
            "one has taken over what only one may be. This one has stopped; start it again as a "
            "stand-by, or leave those roles out (--roles)."
        )


async def _until_any(
    stopping: asyncio.Event, dispossessed: asyncio.Event, serving: list[asyncio.Task[None]]
) -> None:
    """Until one of these is set, or a server ends by itself."""
    signs = [asyncio.create_task(sign.wait()) for sign in (stopping, dispossessed)]
    await asyncio.wait((*signs, *serving), return_when=asyncio.FIRST_COMPLETED)
    for sign in signs:
        sign.cancel()


def _server(app: ASGIApp, protocol: type[LimitedProtocol]) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        backlog=BACKLOG,
    )
    return _QuietServer(config)


def _stop_on_signal() -> asyncio.Event:
    """Set by the first signal; the second one does not wait for anything."""
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            log.warning("stopped_at_once")
            os._exit(128 + number)
        log.info("stopping")
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    return stopping


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise ConfigurationError(
            f"{setting}: cannot listen on {host}:{port}: {error.strerror}. "
            f"Is another bessemer running? `ss -ltnp` shows who has the port."
        ) from error
    listener.listen(BACKLOG)
    return listener
