"""A running `openstack` client for tests: `await client("baremetal", "node", "list")`."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live_server import OpenStackFailed, decoded

SHELL = Path(__file__).with_name("openstack_shell.py")
PATIENCE_S = 120
LINE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Client:
    """Runs commands one after another and remembers which ones it ran."""

    process: asyncio.subprocess.Process
    ran: list[tuple[str, ...]]

    async def __call__(self, *arguments: str) -> Any:
        """What the command prints with `-f json` among its arguments; else its text.

        Raises OpenStackFailed with what it wrote when its exit status is not 0.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.ran.append(arguments)
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S)
        answer = json.loads(line)
        if answer["status"] != 0:
            raise OpenStackFailed(f"openstack {' '.join(arguments)}: {answer['err']}")
        return decoded(answer["out"]) if "json" in arguments else answer["out"]


@asynccontextmanager
async def openstack_client(clouds_yaml: Path) -> AsyncIterator[Client]:
    """For as long as the block runs; its cloud is called `bessemer`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SHELL),
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(clouds_yaml.parent),
            "OS_CLIENT_CONFIG_FILE": str(clouds_yaml),
            "OS_CLOUD": "bessemer",
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    try:
        yield Client(process, [])
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
