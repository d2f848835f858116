"""Writes images to iSCSI targets by the qemu-img program: in user space, without root.

Options of its iSCSI driver: QEMU's documentation, "Disk image file locking" and "iSCSI LUNs".
"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import ConfigurationError, HardwareFailure

_PERCENT: Final = re.compile(rb"\(([0-9.]+)/100%\)")
_LAST_WORDS: Final = 600

Progress = Callable[[float], Awaitable[None]]
"""Takes the share that is done, 0 to 1."""
Check = Callable[[], Awaitable[object]]
"""Asked while nothing moves; what it raises ends the program."""


class QemuImgFailed(HardwareFailure):
    """qemu-img ended with an error. The message holds its own words."""


@dataclass(frozen=True, slots=True)
class Target:
    """One LUN. Without a user there is no authentication."""

    host: str
    port: int
    iqn: str
    lun: int = 1
    user: str | None = None
    password: Secret = field(default=Secret(""), repr=False)

    def options(self, *, offset: int = 0, size: int | None = None) -> str:
        """For --image-opts: `size` bytes from `offset` on, as raw."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        values = {
            "driver": "raw",
            **({"offset": str(offset), "size": str(size)} if size is not None else {}),
            "file.driver": "iscsi",
            "file.transport": "tcp",
            "file.portal": f"{host}:{self.port}",
            "file.target": self.iqn,
            "file.lun": str(self.lun),
            **({"file.user": self.user, "file.password-secret": "chap"} if self.user else {}),
        }
        return ",".join(f"{key}={value.replace(',', ',,')}" for key, value in values.items())

    @property
    def secret(self) -> Sequence[str]:
        """The password comes by standard input: it is on no command line and in no file."""
        return ("--object", "secret,id=chap,file=/dev/stdin") if self.user else ()


@dataclass(frozen=True, slots=True)
class QemuImg:
    """`patience`: how long nothing may move before the other side is asked whether it lives."""

    patience: timedelta

    async def size(self, target: Target, check: Check) -> int:
        """Bytes of the LUN. Raises QemuImgFailed, and what `check` raises."""
        output = await self._run(
            ("info", "--output=json", *target.secret, "--image-opts", target.options()),
            target,
            check,
        )
        return int(json.loads(output)["virtual-size"])

    async def write(self, raw: Path, target: Target, check: Check, progress: Progress) -> None:
        """The file at the start of the LUN. Raises QemuImgFailed, and what `check` raises."""
        await self._convert(raw, target, target.options(size=raw.stat().st_size), check, progress)

    async def write_at(self, offset: int, piece: Path, target: Target, check: Check) -> None:
        """The file, whole sectors, at that byte. Raises QemuImgFailed, and what `check` raises."""
        where = target.options(offset=offset, size=piece.stat().st_size)
        await self._convert(piece, target, where, check, _unheard)

    async def unpack(self, qcow2: Path, raw: Path) -> None:
        """An inspected image as a file with holes. Raises QemuImgFailed."""
        await self._run(("convert", "-f", "qcow2", "-O", "raw", str(qcow2), str(raw)))

    async def _convert(
        self, file: Path, target: Target, where: str, check: Check, progress: Progress
    ) -> None:
        flags = ("convert", "-p", "-n", "-t", "none", "-W", "-f", "raw", *target.secret)
        argv = (*flags, str(file), "--target-image-opts", where)
        await self._run(argv, target, check, progress)

    async def _run(
        self,
        arguments: Sequence[str],
        target: Target | None = None,
        check: Check | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        """What it prints; whoever is cancelled stops it."""
        process = await _started(arguments, target)
        complaints = asyncio.ensure_future(_read_all(process.stderr))
        try:
            output = await self._followed(process, check, progress or _unheard)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            said = await complaints
        if process.returncode:
            raise QemuImgFailed(f"qemu-img: {_in_words(said)}")
        return output

    async def _followed(
        self, process: asyncio.subprocess.Process, check: Check | None, progress: Progress
    ) -> bytes:
        assert process.stdout is not None
        output, shown = b"", -1
        while True:
            try:
                async with asyncio.timeout(self.patience.total_seconds()):
                    piece = await process.stdout.read(4096)
            except TimeoutError:
                if check is not None:
                    await check()
                continue
            if not piece:
                await process.wait()
                return output
            output = (output + piece)[-65536:]
            if (found := _PERCENT.findall(piece)) and int(float(found[-1])) != shown:
                shown = int(float(found[-1]))
                await progress(shown / 100)


async def _started(arguments: Sequence[str], target: Target | None) -> asyncio.subprocess.Process:
    reading, writing = os.pipe()
    os.write(writing, (target.password.reveal() if target else "").encode())
    os.close(writing)
    try:
        return await asyncio.create_subprocess_exec(
            "qemu-img",
            *arguments,
            stdin=reading,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError:
        raise ConfigurationError(
            "The program qemu-img is not installed here, which deploy interface iscsi writes with; "
            "install it (apt-get install qemu-utils qemu-block-extra), or use deploy interface "
            "direct."
        ) from None
    finally:
        os.close(reading)


async def _read_all(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.read() if stream is not None else b""


async def _unheard(share: float) -> None:
    """Nobody wants to know."""


def _in_words(said: bytes) -> str:
    text = said.decode("utf-8", "replace").strip() or "it failed without a word"
    if "Unknown driver 'iscsi'" in text:
        text += " (its iSCSI driver is in the package qemu-block-extra)"
    return quoted(text[-_LAST_WORDS:]) + "."
