"""Tries a command at a BMC while that may help: one at a time per BMC, with what is remembered of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from bessemer.baremetal.drivers.ipmi import failures
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Verdict
from bessemer.baremetal.settings import BareMetalSettings

_PAUSES_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger()
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt, `number` from 0 on, to end within `limit_s`. `suite` None: IPMI 1.5."""

    number: int
    suite: int | None
    limit_s: float


Attempt = Callable[[Turn], Awaitable[tuple[Verdict, Said | None]]]
"""What it means, and what was said if it is fine."""


@dataclass(slots=True)
class KnownBmc:
    """What is remembered of one BMC for as long as the process lives."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_command_at: float = float("-inf")
    cipher_suite: int | None = None


@dataclass(slots=True)
class _Tries:
    """One command's attempts so far."""

    deadline: float
    command_limit: timedelta
    suites: list[int | None]
    refused_suites: list[int | None] = field(default_factory=list)
    count: int = 0
    last_sign: str = ""


class Attempts:
    """Shared by all that speaks to BMCs, so that they share the BMCs' locks."""

    def __init__(self, settings: BareMetalSettings) -> None:
        self._settings = settings
        self._bmcs: dict[tuple[str, int], KnownBmc] = {}

    def known(self, access: BmcAccess) -> KnownBmc:
        """The BMC's memory."""
        return self._bmcs.setdefault(access.endpoint, KnownBmc())

    async def run(
        self,
        access: BmcAccess,
        command: Sequence[str],
        attempt: Attempt[Said],
        command_limit: timedelta | None = None,
    ) -> Said:
        """What the BMC says. `command`: ipmitool's words for it, for messages.

        `command_limit` None: `ipmi_command_timeout` for each attempt. Busy and silent BMCs are
        tried again until `ipmi_retry_timeout`, then: BmcUnreachable. A wrong password, missing
        rights and other refusals raise BmcRefused at once.
        """
        now_s = asyncio.get_running_loop().time()
        tries = _Tries(
            now_s + self._settings.ipmi_retry_timeout.total_seconds(),
            command_limit or self._settings.ipmi_command_timeout,
            self.suites(access),
        )
        while True:
            found, said = await self._take_turn(access, attempt, tries)
            self._judge(access, command, tries, found)
            if said is not None:
                return said
            await self._pause(access, command, tries)

    def suites(self, access: BmcAccess) -> list[int | None]:
        """The cipher suites to try, the likeliest first."""
        if access.protocol != "2.0":
            return [None]
        if access.cipher_suite is not None:
            return [access.cipher_suite]
        known = self.known(access).cipher_suite
        return sorted(self._settings.ipmi_cipher_suites, key=lambda suite: suite != known)

    def _judge(
        self, access: BmcAccess, command: Sequence[str], tries: _Tries, found: Verdict
    ) -> None:
        tries.last_sign = found.meaning
        match found.kind:
            case Kind.FINE:
                self.known(access).cipher_suite = tries.suites[0]
            case Kind.AGAIN:
                pass
            case Kind.NO_SESSION:
                tries.suites.append(tries.suites.pop(0))
            case Kind.OTHER_CIPHER:
                tries.refused_suites.append(tries.suites.pop(0))
                if not tries.suites:
                    raise failures.no_cipher_suite(access, command, tries.refused_suites)
            case Kind.REFUSED:
                raise failures.refused(access, command, found.meaning)
            case Kind.COMMAND_REFUSED:
                self.known(access).cipher_suite = tries.suites[0]
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

    async def _take_turn(
        self, access: BmcAccess, attempt: Attempt[Said], tries: _Tries
    ) -> tuple[Verdict, Said | None]:
        loop, bmc = asyncio.get_running_loop(), self.known(access)
        async with bmc.lock:
            await self._keep_interval(bmc)
            left_s = min(tries.command_limit.total_seconds(), tries.deadline - loop.time())
            turn = Turn(tries.count, tries.suites[0], max(0.1, left_s))
            tries.count += 1
            try:
                return await attempt(turn)
            finally:
                bmc.last_command_at = loop.time()

    async def _keep_interval(self, bmc: KnownBmc) -> None:
        since_last_s = asyncio.get_running_loop().time() - bmc.last_command_at
        interval_s = self._settings.ipmi_min_command_interval.total_seconds()
        if since_last_s < interval_s:
            await asyncio.sleep(interval_s - since_last_s)
