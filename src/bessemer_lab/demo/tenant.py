"""The tenant's side of the demo: a key, and a shell on the server over the tenant's network."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bessemer_lab.errors import LabError
from bessemer_lab.namespace import enter

USER: Final = "debian"
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Shell:
    """SSH to one server from inside its tenant network's namespace."""

    namespace: str
    address: str
    key: Path

    def argv(self, *command: str) -> list[str]:
        """The command line; without a command it is a login."""
        return enter(
            self.namespace,
            [
                "ssh",
                "-i",
                str(self.key),
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "LogLevel=ERROR",
                "-o",
                "ConnectTimeout=3",
                "-o",
                "BatchMode=yes",
                f"{USER}@{self.address}",
                *command,
            ],
        )

    def write_login(self, file: Path) -> None:
        """A script that logs in, for people to run."""
        file.write_text(f'#!/bin/sh\nexec {shlex.join(self.argv())} "$@"\n')
        file.chmod(0o755)

    async def run(self, command: str) -> str:
        """What the command prints. Raises LabError when it cannot be run or fails."""
        return await _output(self.argv(command))

    async def wait_until_it_answers(self, limit_s: float) -> None:
        """Try to log in until it works. Raises LabError with ssh's last words at the limit."""
        words = ""
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    try:
                        await self.run("true")
                        return
                    except LabError as error:
                        words = str(error)
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            raise LabError(f"no login at {self.address} within {limit_s:.0f} s: {words}") from None


async def make_key(path: Path) -> str:
    """A fresh SSH key pair at `path`; the public key."""
    for old in (path, path.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    await _output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", str(path)])
    return path.with_suffix(".pub").read_text().strip()


async def _output(argv: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    text = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise LabError(f"{argv[0]} … {argv[-1][:60]!r} ended with {process.returncode}: {text}")
    return text
