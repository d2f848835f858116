"""A machine's serial line over LAN: `ipmitool sol activate` on a terminal of its own."""

import asyncio
import os
import tty
from contextlib import suppress
from typing import Final

import structlog

from bessemer.baremetal.drivers.ipmi import failures
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.arguments import Manner, arguments, environment
from bessemer.baremetal.drivers.ipmi.failures import CommandRefused
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool, not_installed, password_pipe
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Run, verdict
from bessemer.errors import BessemerError

ACTIVATE: Final = ("sol", "activate")
DEACTIVATE: Final = ("sol", "deactivate")

_NEVER_TYPED: Final = os.fsdecode(b"\xff")
"""ipmitool takes orders after this character; in UTF-8 there is none such."""
_SENDINGS: Final = 4
_RESEND_AFTER_S: Final = 2
_PIECE: Final = 1 << 16
_MOST_UNSENT: Final = 1 << 16
_MOST_COMPLAINTS: Final = 1 << 14
_GOODBYE_S: Final = 5.0

log = structlog.get_logger()


class SolLine:
    """One session. The BMC gives the line to one session at a time."""

    def __init__(self, ipmitool: Ipmitool, access: BmcAccess) -> None:
        self._ipmitool = ipmitool
        self._access = access
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[bytes] = asyncio.Queue()
        self._unsent = bytearray()
        self._complaints = b""
        self._terminal = -1
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, ipmitool: Ipmitool, access: BmcAccess) -> "SolLine":
        """Take the line, from whoever left it behind, too. Raises BmcUnreachable, BmcRefused."""
        line = cls(ipmitool, access)
        with suppress(CommandRefused):  # nobody had it
            await ipmitool.run(access, *DEACTIVATE)
        await line._start()
        return line

    async def read(self) -> bytes:
        """What the machine says next; nothing at the session's end. Raises BmcRefused."""
        said = await self._said.get()
        if not said:
            await self._judge_end()
        return said

    def write(self, typed: bytes) -> None:
        """Type it in; what a stuck session cannot take is dropped."""
        if self._terminal < 0:
            return
        self._unsent += typed
        del self._unsent[:-_MOST_UNSENT]
        self._send()

    async def close(self) -> None:
        """End the session, and let the BMC know."""
        self._hang_up()
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        if self._listening is not None:
            await asyncio.gather(self._listening, return_exceptions=True)
        with suppress(BessemerError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self._ipmitool.run(self._access, *DEACTIVATE)

    async def _start(self) -> None:
        self._terminal, theirs = os.openpty()
        password = password_pipe(self._access)
        try:
            tty.setraw(theirs)
            os.set_blocking(self._terminal, False)
            suite = self._ipmitool.likely_suite(self._access)
            source, escape = f"/dev/fd/{password}", ("-e", _NEVER_TYPED)
            manner = Manner(suite, _RESEND_AFTER_S, _SENDINGS, source, escape)
            self._process = await asyncio.create_subprocess_exec(
                *arguments(self._access, ACTIVATE, manner),
                stdin=theirs,
                stdout=theirs,
                stderr=asyncio.subprocess.PIPE,
                env=environment(self._access),
                pass_fds=(password,),
                start_new_session=True,
            )
        except FileNotFoundError:
            self._hang_up()
            raise not_installed() from None
        except BaseException:
            self._hang_up()
            raise
        finally:
            os.close(theirs)
            os.close(password)
        self._loop.add_reader(self._terminal, self._receive)
        self._listening = asyncio.create_task(self._hear_complaints(self._process))

    def _receive(self) -> None:
        try:
            said = os.read(self._terminal, _PIECE)
        except BlockingIOError:
            return
        except OSError:  # the other side is closed
            said = b""
        self._said.put_nowait(said)
        if not said:
            self._hang_up()

    def _send(self) -> None:
        try:
            sent = os.write(self._terminal, self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        del self._unsent[:sent]
        if self._unsent:
            self._loop.add_writer(self._terminal, self._send)
        else:
            self._loop.remove_writer(self._terminal)

    def _hang_up(self) -> None:
        if self._terminal < 0:
            return
        self._loop.remove_reader(self._terminal)
        self._loop.remove_writer(self._terminal)
        os.close(self._terminal)
        self._terminal = -1

    async def _hear_complaints(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        while piece := await process.stderr.read(_PIECE):
            self._complaints = (self._complaints + piece)[-_MOST_COMPLAINTS:]

    async def _judge_end(self) -> None:
        """A session that never came about is an error; one that ended is not."""
        if self._process is None or self._listening is None:
            return
        status = await self._process.wait()
        await self._listening
        found = verdict(Run(status, "", self._complaints.decode("utf-8", errors="replace")))
        log.info("console.session_ended", bmc=self._access.address, why=found.meaning)
        if found.kind is Kind.REFUSED:
            raise failures.refused(self._access, ACTIVATE, found.meaning)
