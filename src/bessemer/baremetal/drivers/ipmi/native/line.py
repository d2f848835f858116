"""The talk with one BMC: what is said is said again until it is answered, and sessions are reused."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from bessemer.baremetal.drivers.ipmi.native.round_trips import RoundTrips
from bessemer.baremetal.drivers.ipmi.native.sockets import Endpoint, SocketAddress, Sockets
from bessemer_ipmi.cipher_suites import CipherSuite
from bessemer_ipmi.commands import session as commands
from bessemer_ipmi.completion import Completion
from bessemer_ipmi.console import Credentials, Login, LoginFailed, Session
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import SEQUENCES, Request, Response
from bessemer_ipmi.packets import Outside, Packet
from bessemer_ipmi.session_setup import RANDOM_OCTETS

IDLE_S: Final = 5.0
"""A session that is not used for so long is closed: BMCs have few, and end idle ones after 60 s."""
_SENDINGS: Final = 4
_Heard = TypeVar("_Heard")


class Silent(Exception):
    """No answer to any of the sendings. `strange`: what came was not understood."""

    def __init__(self, *, in_login: bool = False, strange: str = "") -> None:
        super().__init__(strange)
        self.in_login = in_login
        self.strange = strange


class Line:
    """One BMC; one question at a time."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._round_trips = RoundTrips()
        self._endpoint: Endpoint | None = None
        self._take: Callable[[Outside | Packet, bytes], None] | None = None
        self._session: Session | None = None
        self._opened_for: tuple[Credentials, int] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._strange = ""
        self._questions = 0

    def lead_to(self, endpoint: Endpoint) -> None:
        """The BMC may have moved; a session does not move with it."""
        if endpoint != self._endpoint:
            self.drop()
            self._endpoint = endpoint
            self._sockets.listen(endpoint, self)

    def has_session(self, who: Credentials, suite: CipherSuite) -> bool:
        """Whether one is open for them; it is kept from ending for now."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        return self._session is not None and self._opened_for == (who, suite.number)

    async def log_in(self, who: Credentials, suite: CipherSuite) -> None:
        """Open a session. Raises Silent, LoginFailed, OSError."""
        self.hang_up()
        await self._check_version(who.privilege)
        number = self._sockets.expect(self)
        try:
            randomness = secrets.token_bytes(RANDOM_OCTETS)
            login = Login(who, suite, number, randomness)
            while self._session is None:
                self._session = await self._login_step(login)
        except BaseException:
            self._sockets.forget(number)
            raise
        self._opened_for = who, suite.number

    async def ask(self, request: Request) -> Response:
        """In the session. Raises Silent, OSError; the session is dropped then."""
        session = self._session
        if session is None:
            raise Silent
        numbered = session.numbered(request)

        def hear(packet: Outside | Packet, datagram: bytes) -> Response | None:
            if isinstance(packet, Outside):
                return None
            response = session.receive(packet, datagram)
            return response if response is not None and response.answers(numbered) else None

        try:
            return await self._exchange(lambda: session.datagram(numbered), hear)
        except BaseException:
            self.drop()
            raise

    def keep(self) -> None:
        """The session may be used again soon."""
        if self._session is not None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(IDLE_S, self.hang_up)

    def hang_up(self) -> None:
        """Close the session, if there is one. Whether the BMC hears of it does not matter."""
        session, endpoint = self._session, self._endpoint
        self.drop()
        if session is not None and endpoint is not None:
            closing = session.numbered(session.closing())
            with suppress(OSError):
                self._sockets.send(session.datagram(closing), endpoint)

    def drop(self) -> None:
        """Forget the session."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._session is not None:
            self._sockets.forget(self._session.console_session)
        self._session = self._opened_for = None

    def receive(self, packet: Outside | Packet, datagram: bytes, sender: SocketAddress) -> None:
        """Implements `Listener`."""
        endpoint = self._endpoint
        if self._take is not None and endpoint is not None and sender[:2] == endpoint.sender:
            self._take(packet, datagram)

    def misunderstood(self, why: str) -> None:
        """Implements `Listener`."""
        self._strange = why

    async def _check_version(self, privilege: int) -> None:
        """Some BMCs also take a client whose port they know for a new one by this question only."""
        self._questions = (self._questions + 1) % SEQUENCES
        request = commands.get_authentication_capabilities(privilege, self._questions)

        def hear(packet: Outside | Packet, _: bytes) -> Response | None:
            if isinstance(packet, Packet):
                return None
            response = Response.decode(packet.message)
            return response if response.answers(request) else None

        said = await self._exchange(Outside(request.encode()).encode, hear)
        if said.code != Completion.OK or not commands.speaks_rmcp_plus(said.data):
            raise Silent(strange="the BMC says that it speaks no IPMI 2.0")

    async def _login_step(self, login: Login) -> Session | None:
        asked = login.datagram

        def hear(packet: Outside | Packet, _: bytes) -> tuple[Session | None] | None:
            opened = None if isinstance(packet, Outside) else login.receive(packet)
            return (opened,) if opened is not None or login.datagram is not asked else None

        try:
            return (await self._exchange(lambda: asked, hear))[0]
        except Silent as silence:
            raise Silent(in_login=login.is_known, strange=silence.strange) from None

    async def _exchange(
        self,
        datagram: Callable[[], bytes],
        hear: Callable[[Outside | Packet, bytes], _Heard | None],
    ) -> _Heard:
        """Send, again and again, until `hear` makes something of an answer. Raises what it raises."""
        loop, endpoint = asyncio.get_running_loop(), self._endpoint
        if endpoint is None:
            raise Silent
        answer: asyncio.Future[_Heard] = loop.create_future()
        self._strange = ""

        def take(packet: Outside | Packet, octets: bytes) -> None:
            try:
                heard = hear(packet, octets)
            except Malformed as error:
                self._strange = str(error)
            except LoginFailed as error:
                _fail(answer, error)
            else:
                if heard is not None and not answer.done():
                    answer.set_result(heard)

        started, sendings = loop.time(), 0
        self._take = take
        try:
            while not answer.done() and sendings < _SENDINGS:
                self._sockets.send(datagram(), endpoint)
                patience_s = self._round_trips.patience_s(sendings)
                sendings += 1
                await asyncio.wait((answer,), timeout=patience_s)
            if not answer.done():
                raise Silent(strange=self._strange)
            heard = answer.result()
        finally:
            self._take = None
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen, also when nobody waits for it any more
        if sendings == 1:
            self._round_trips.took(loop.time() - started)
        return heard


def _fail(answer: "asyncio.Future[_Heard]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
