"""Serves an ASGI application on a free loopback port, and runs the real `openstack` against it."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The base URL, for as long as the block runs; port 0 is a free one."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen()
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", loop="none", ws="none")
    )
    server.capture_signals = _leave_signals_alone  # type: ignore[method-assign]
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{address}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


def _leave_signals_alone() -> AbstractContextManager[None]:
    return nullcontext()


class OpenStackFailed(Exception):
    """The client's exit status was not 0; the text is what it wrote."""


async def openstack(clouds_yaml: Path, *arguments: str) -> Any:
    """Run `openstack … -f json` and decode what it prints (None when it prints nothing)."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(clouds_yaml.parent),
        "OS_CLIENT_CONFIG_FILE": str(clouds_yaml),
        "OS_CLOUD": "bessemer",
    }
    program = Path(sys.executable).with_name("openstack")
    process = await asyncio.create_subprocess_exec(
        str(program),
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    if process.returncode != 0:
        raise OpenStackFailed(f"openstack {' '.join(arguments)}: {err.decode()}")
    return decoded(out.decode())


def decoded(text: str) -> Any:
    """`--wait` writes its progress before the JSON."""
    begins = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    return json.loads(text[min(begins) :]) if begins else None
