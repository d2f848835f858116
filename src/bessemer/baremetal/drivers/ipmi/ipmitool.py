"""Runs the ipmitool program: its arguments, its password, its time limit."""

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.arguments import (
    Manner,
    arguments,
    environment,
    standard_input,
)
from bessemer.baremetal.drivers.ipmi.attempts import Attempts, Turn
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Run, Verdict, verdict
from bessemer.errors import ConfigurationError

# A lost packet should cost one second, but a slow BMC must get its time in the end.
_RESEND_AFTER_S: Final = (1, 2, 5)


class Ipmitool:
    """Each command is a run of the program, or several."""

    def __init__(self, attempts: Attempts, at_once: int) -> None:
        self._attempts = attempts
        self._programs = asyncio.Semaphore(at_once)

    async def run(
        self, access: BmcAccess, *command: str, command_limit: timedelta | None = None
    ) -> str:
        """What the command prints. Raises as `Attempts.run` does."""

        async def attempt(turn: Turn) -> tuple[Verdict, str | None]:
            resend_after_s = _RESEND_AFTER_S[min(turn.number, len(_RESEND_AFTER_S) - 1)]
            argv = arguments(access, command, Manner(turn.suite, resend_after_s))
            run = await _run_program(argv, access, timedelta(seconds=turn.limit_s))
            found = verdict(run)
            return found, run.output if found.kind is Kind.FINE else None

        async with self._programs:
            return await self._attempts.run(access, command, attempt, command_limit)

    def likely_suite(self, access: BmcAccess) -> int | None:
        """The cipher suite that the BMC took last, or that is tried first."""
        return self._attempts.suites(access)[0]


async def _run_program(argv: Sequence[str], access: BmcAccess, limit: timedelta) -> Run:
    """Run it to its end, or stop it at the limit; a cancelled caller stops it too."""
    process = await _started(argv, access)
    reading = asyncio.ensure_future(process.communicate())
    try:
        await asyncio.wait((reading,), timeout=limit.total_seconds())
    finally:
        in_time = reading.done()
        if not in_time:
            process.kill()
        output, complaints = await reading
    status = process.returncode if in_time else None
    return Run(status, _text(output), _text(complaints))


async def _started(argv: Sequence[str], access: BmcAccess) -> asyncio.subprocess.Process:
    reading = password_pipe(access)
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=reading,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(access),
        )
    except FileNotFoundError:
        raise not_installed() from None
    finally:
        os.close(reading)


def password_pipe(access: BmcAccess) -> int:
    """File descriptor that the password can be read from, once; the caller closes it.

    A plain pipe, since ipmitool opens its file by name and event loops may use a socket there.
    """
    reading, writing = os.pipe()
    os.write(writing, standard_input(access))
    os.close(writing)
    return reading


def not_installed() -> ConfigurationError:
    """The program is missing."""
    return ConfigurationError(
        "The program ipmitool is not installed here; install it (apt-get install ipmitool) "
        "or take `ipmi` out of the enabled hardware types."
    )


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", errors="replace")
