"""Asks BMCs by IPMI 2.0 over UDP: in a session that is open already, else in a new one."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.attempts import Attempts, Turn
from bessemer.baremetal.drivers.ipmi.native import verdicts
from bessemer.baremetal.drivers.ipmi.native.line import Line, Silent
from bessemer.baremetal.drivers.ipmi.native.sockets import Endpoint, Sockets
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Verdict
from bessemer_ipmi.cipher_suites import SUITES, CipherSuite
from bessemer_ipmi.commands import session as commands
from bessemer_ipmi.completion import Completion
from bessemer_ipmi.console import Credentials, LoginFailed
from bessemer_ipmi.messages import Request

LEVELS: Final = {"CALLBACK": 1, "USER": 2, "OPERATOR": 3, "ADMINISTRATOR": 4}
"""Privilege levels (IPMI 2.0, section 6.8)."""
_GIVEN_AT_LOGIN: Final = LEVELS["USER"]

Heard = tuple[Verdict, bytes | None]


class NotSpoken(Exception):
    """The BMC wants something that is not spoken here."""


class NativeClient:
    """One for all BMCs. `close` it."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._sockets = Sockets()
        self._lines: dict[tuple[str, int], Line] = {}

    async def ask(self, access: BmcAccess, request: Request, words: Sequence[str]) -> bytes:
        """The data of the answer. `words`: what ipmitool calls it.

        Raises NotSpoken, and what `Attempts.run` does.
        """

        async def attempt(turn: Turn) -> Heard:
            suite = SUITES.get(turn.suite) if turn.suite is not None else None
            if suite is None:
                raise NotSpoken(f"cipher suite {turn.suite} of IPMI {access.protocol}")
            line = self._lines.setdefault(access.endpoint, Line(self._sockets))
            try:
                async with asyncio.timeout(turn.limit_s):
                    return await _answer(line, access, suite, request)
            except TimeoutError:
                return verdicts.SILENT, None

        return await self._attempts.run(access, words, attempt)

    def close(self) -> None:
        """End the sessions and hear nothing more."""
        for line in self._lines.values():
            line.hang_up()
        self._lines.clear()
        self._sockets.close()


async def _answer(line: Line, access: BmcAccess, suite: CipherSuite, request: Request) -> Heard:
    """One attempt: in the open session, else in a new one. Raises NotSpoken."""
    try:
        line.lead_to(await _resolved(access))
    except socket.gaierror:
        return verdicts.NO_NAME, None
    who = _credentials(access)
    try:
        if line.has_session(who, suite):
            try:
                return await _asked(line, request)
            except Silent:
                pass  # the BMC may have ended the session, or started anew
        refused = await _log_in(line, who, suite)
        return (refused, None) if refused is not None else await _asked(line, request)
    except LoginFailed as failure:
        return verdicts.of_login(failure), None
    except Silent as silence:
        if silence.strange:
            raise NotSpoken(silence.strange) from None
        return (verdicts.SILENT_LOGIN if silence.in_login else verdicts.SILENT), None
    except OSError as error:
        return Verdict(Kind.AGAIN, f"the BMC cannot be reached: {error.strerror}"), None


async def _log_in(line: Line, who: Credentials, suite: CipherSuite) -> Verdict | None:
    """None when the session has its rights; else why it has not, and there is no session."""
    await line.log_in(who, suite)
    if who.privilege == _GIVEN_AT_LOGIN:
        return None
    response = await line.ask(commands.set_privilege(who.privilege))
    if response.code == Completion.OK:
        return None
    line.hang_up()
    return verdicts.PRIVILEGE


async def _asked(line: Line, request: Request) -> Heard:
    response = await line.ask(request)
    line.keep()
    found = verdicts.of_code(response.code)
    return found, response.data if found.kind is Kind.FINE else None


def _credentials(access: BmcAccess) -> Credentials:
    key = bytes.fromhex(access.kg_key.reveal()) if access.kg_key is not None else b""
    return Credentials(
        (access.username or "").encode(),
        access.password.reveal().encode(),
        LEVELS[access.privilege],
        key,
    )


async def _resolved(access: BmcAccess) -> Endpoint:
    """Raises socket.gaierror."""
    try:
        address = str(IPv4Address(access.address))
    except AddressValueError:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(access.address, access.port, type=socket.SOCK_DGRAM)
        family, _, _, _, where = found[0]
        return Endpoint(family, where)
    return Endpoint(socket.AF_INET, (address, access.port))
