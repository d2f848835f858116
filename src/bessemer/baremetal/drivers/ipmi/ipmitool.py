"""Runs the ipmitool program: one command at a time per BMC, tried again while that may help."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from bessemer.baremetal.drivers.ipmi import failures
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.arguments import (
    Manner,
    arguments,
    environment,
    standard_input,
)
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Run, verdict
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError

# A lost packet should cost one second, but a slow BMC must get its time in the end.
_RESEND_AFTER_S: Final = (1, 2, 5)
_PAUSES_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger()


@dataclass
class _Bmc:
    """What is remembered of one BMC for as long as the process lives."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_command_at: float = float("-inf")
    cipher_suite: int | None = None
    manufacturer: int | None = None


@dataclass
class _Tries:
    """One command's attempts so far."""

    deadline: float
    command_limit: timedelta
    suites: list[int | None]
    refused_suites: list[int | None] = field(default_factory=list)
    count: int = 0
    last_sign: str = ""


class Ipmitool:
    """Shared by the power and the management plug-in, so that they share the BMCs' locks."""

    def __init__(self, settings: BareMetalSettings) -> None:
        self._settings = settings
        self._bmcs: dict[tuple[str, int], _Bmc] = {}

    async def run(
        self, access: BmcAccess, *command: str, command_limit: timedelta | None = None
    ) -> str:
        """What the command prints. `command_limit` None: `ipmi_command_timeout`.

        Busy and silent BMCs are tried again until `ipmi_retry_timeout`, then: BmcUnreachable.
        A wrong password, missing rights and other refusals raise BmcRefused at once.
        """
        bmc = self._bmc(access)
        now = asyncio.get_running_loop().time()
        limit_s = self._settings.ipmi_retry_timeout.total_seconds()
        tries = _Tries(
            now + limit_s,
            command_limit or self._settings.ipmi_command_timeout,
            self._suites(access),
        )
        while True:
            run = await self._one_run(bmc, access, command, tries)
            output = self._judged(bmc, access, command, tries, run)
            if output is not None:
                return output
            await self._pause(access, command, tries)

    def likely_suite(self, access: BmcAccess) -> int | None:
        """The cipher suite that the BMC took last, or that is tried first."""
        return self._suites(access)[0]

    def manufacturer(self, access: BmcAccess) -> int | None:
        """The IANA enterprise number that `remember_manufacturer` was told."""
        return self._bmc(access).manufacturer

    def remember_manufacturer(self, access: BmcAccess, number: int) -> None:
        """Keep it for as long as this process lives."""
        self._bmc(access).manufacturer = number

    def _suites(self, access: BmcAccess) -> list[int | None]:
        if access.protocol != "2.0":
            return [None]
        if access.cipher_suite is not None:
            return [access.cipher_suite]
        known = self._bmc(access).cipher_suite
        return sorted(self._settings.ipmi_cipher_suites, key=lambda suite: suite != known)

    def _bmc(self, access: BmcAccess) -> _Bmc:
        return self._bmcs.setdefault(access.endpoint, _Bmc())

    def _judged(
        self, bmc: _Bmc, access: BmcAccess, command: Sequence[str], tries: _Tries, run: Run
    ) -> str | None:
        found = verdict(run)
        tries.last_sign = found.meaning
        match found.kind:
            case Kind.FINE:
                bmc.cipher_suite = tries.suites[0]
                return run.output
            case Kind.AGAIN:
                return None
            case Kind.NO_SESSION:
                tries.suites.append(tries.suites.pop(0))
                return None
            case Kind.OTHER_CIPHER:
                tries.refused_suites.append(tries.suites.pop(0))
                if not tries.suites:
                    raise failures.no_cipher_suite(access, command, tries.refused_suites)
                return None
            case Kind.REFUSED:
                raise failures.refused(access, command, found.meaning)
            case Kind.COMMAND_REFUSED:
                bmc.cipher_suite = tries.suites[0]
                raise failures.command_refused(access, command, found.meaning)

    async def _pause(self, access: BmcAccess, command: Sequence[str], tries: _Tries) -> None:
        loop = asyncio.get_running_loop()
        pause_s = _PAUSES_S[min(tries.count, len(_PAUSES_S)) - 1]
        if loop.time() + pause_s >= tries.deadline:
            during = self._settings.ipmi_retry_timeout
            tried = failures.Attempts(tries.count, during, tries.last_sign)
            raise failures.unreachable(access, command, tried)
        log.info("ipmi.again", bmc=access.address, command=command, why=tries.last_sign)
        await asyncio.sleep(pause_s)

    async def _one_run(
        self, bmc: _Bmc, access: BmcAccess, command: Sequence[str], tries: _Tries
    ) -> Run:
        loop = asyncio.get_running_loop()
        async with bmc.lock:
            await self._keep_interval(bmc)
            resend_after_s = _RESEND_AFTER_S[min(tries.count, len(_RESEND_AFTER_S) - 1)]
            tries.count += 1
            argv = arguments(access, command, Manner(tries.suites[0], resend_after_s))
            command_limit_s = tries.command_limit.total_seconds()
            limit_s = max(0.1, min(command_limit_s, tries.deadline - loop.time()))
            try:
                return await _run_program(argv, access, timedelta(seconds=limit_s))
            finally:
                bmc.last_command_at = loop.time()

    async def _keep_interval(self, bmc: _Bmc) -> None:
        since_last_s = asyncio.get_running_loop().time() - bmc.last_command_at
        interval_s = self._settings.ipmi_min_command_interval.total_seconds()
        if since_last_s < interval_s:
            await asyncio.sleep(interval_s - since_last_s)


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
