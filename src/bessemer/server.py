"""Serves the two listeners: the operators' API, and the ramdisk's on the provisioning side."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from bessemer import netns
from bessemer.bootstrap import Cloud
from bessemer.errors import ConfigurationError
from bessemer.readiness import announce_ready
from bessemer.settings import Settings
from bessemer.state_directory import held_state_directory, prepare_state_directory
from bessemer.web.limits import LimitedProtocol

log = structlog.get_logger()

BACKLOG = 2048


class _QuietServer(uvicorn.Server):
    """Leaves the signals to us: there are two servers and one process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigurationError when an address cannot be had.

    The operators' socket is bound first, in the caller's network namespace; then the process
    moves into `server.network_namespace`, where everything else lives.
    """
    operators = _bind(settings.server.host, settings.server.port, "server.host, server.port")
    if settings.server.network_namespace is not None:
        netns.enter(settings.server.network_namespace)
    ramdisk = _bind("0.0.0.0", settings.baremetal.ramdisk_port, "baremetal.ramdisk_port")
    asyncio.run(_serve(settings, operators, ramdisk))


async def _serve(settings: Settings, operators: socket.socket, ramdisk: socket.socket) -> None:
    prepare_state_directory(settings.server.state_directory)
    with held_state_directory(settings.server.state_directory):
        await _serve_alone(settings, operators, ramdisk)


async def _serve_alone(
    settings: Settings, operators: socket.socket, ramdisk: socket.socket
) -> None:
    cloud = Cloud(settings)
    await cloud.start()
    try:
        servers = [_server(cloud.operators_app), _server(cloud.ramdisk_app)]
        _stop_on_signal(servers)
        host, port = operators.getsockname()[:2]
        announce_ready()
        log.info("serving", url=f"http://{host}:{port}", ramdisk_port=ramdisk.getsockname()[1])
        await asyncio.gather(
            servers[0].serve(sockets=[operators]), servers[1].serve(sockets=[ramdisk])
        )
    finally:
        await cloud.stop()


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        backlog=BACKLOG,
    )
    return _QuietServer(config)


def _stop_on_signal(servers: list[uvicorn.Server]) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


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
