"""A BMC's side of sessions, without sockets or clocks: a datagram comes in, at most one goes out."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bessemer_ipmi import keys, packets, session_setup
from bessemer_ipmi.cipher_suites import SUITES, CipherSuite, suite_of
from bessemer_ipmi.commands import session as commands
from bessemer_ipmi.completion import Completion
from bessemer_ipmi.keys import Handshake
from bessemer_ipmi.messages import Request, answer
from bessemer_ipmi.packets import Outside, Packet, Payload
from bessemer_ipmi.protection import Protection
from bessemer_ipmi.sequences import Window, after
from bessemer_ipmi.session_setup import (
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp3,
    Status,
)

IDLE_LIMIT_S: Final = 60.0
"""A session without packets ends after this (section 6.12.15)."""
OPENING_LIMIT_S: Final = 10.0
"""So does a login that gets no further."""
USER: Final = 2
ADMINISTRATOR: Final = 4
_ROLE: Final = 0x0F
_SESSION_IDS: Final = 4

Answer = tuple[int, bytes]
"""Completion code and data."""


@dataclass(frozen=True, slots=True)
class Account:
    """One user. `limit`: the highest privilege level that is granted."""

    password: bytes
    limit: int = ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Identity:
    """What a controller is, for sessions. `kg_key` empty: none. `suites`: numbers that it takes.

    `account`: of a user's name, as it is at the moment.
    """

    guid: bytes
    account: Callable[[bytes], Account | None]
    kg_key: bytes = b""
    suites: tuple[int, ...] = tuple(SUITES)
    most_sessions: int = 8


@dataclass(slots=True)
class _Session:
    """From its Open Session Request on; `protection` once it is authenticated."""

    suite: CipherSuite
    opening: OpenSessionRequest
    id: bytes
    last_heard: float
    account: Account | None = None
    handshake: Handshake | None = None
    protection: Protection | None = None
    privilege: int = USER
    granted: int = ADMINISTRATOR
    sequence: int = 0
    window: Window = field(default_factory=Window)
    said: tuple[bytes, bytes] = (b"", b"")
    """The last thing asked, and what it was answered: asked again, it is answered again."""


class Controller:
    """One BMC's sessions. `command` answers what is asked in them, told the session's privilege."""

    __slots__ = ("_command", "_sessions", "identity")

    def __init__(self, identity: Identity, command: Callable[[Request, int], Answer]) -> None:
        self.identity = identity
        self._command = command
        self._sessions: dict[bytes, _Session] = {}

    def receive(self, datagram: bytes, now_s: float) -> bytes | None:
        """The datagram to answer with; None for what is dropped. Raises Malformed."""
        packet = packets.decode(datagram)
        if isinstance(packet, Outside):
            message = self._outside(Request.decode(packet.message))
            return Outside(message).encode() if message else None
        if packet.session:
            return self._inside(packet, datagram, now_s)
        return self._setup(packet, now_s)

    def _setup(self, packet: Packet, now_s: float) -> bytes | None:
        match packet.kind:
            case Payload.IPMI:
                message = self._outside(Request.decode(packet.payload))
                return Packet(Payload.IPMI, message).encode() if message else None
            case Payload.OPEN_SESSION_REQUEST:
                opened = self._open(OpenSessionRequest.decode(packet.payload), now_s)
                return Packet(Payload.OPEN_SESSION_RESPONSE, opened.encode()).encode()
            case Payload.RAKP_1:
                rakp_1 = Rakp1.decode(packet.payload)
                return self._once(rakp_1.bmc_session, packet, lambda s: self._rakp_2(s, rakp_1))
            case Payload.RAKP_3:
                rakp_3 = Rakp3.decode(packet.payload)
                return self._once(rakp_3.bmc_session, packet, lambda s: self._rakp_4(s, rakp_3))
            case _:
                return None

    def _open(self, wish: OpenSessionRequest, now_s: float) -> OpenSessionResponse:
        def refused(status: Status) -> OpenSessionResponse:
            return OpenSessionResponse(wish.tag, status, wish.privilege, wish.console_session)

        self._forget_idle(now_s)
        suite = suite_of(wish.algorithms)
        if suite is None or suite.number not in self.identity.suites:
            return refused(Status.NO_MATCHING_SUITE)
        # Only of one that got no further: ipmitool takes the same numbers every time.
        begun = (each for each in self._sessions.values() if each.handshake is None)
        session = next((each for each in begun if each.opening == wish), None)
        if session is None:
            if len(self._sessions) >= self.identity.most_sessions:
                return refused(Status.INSUFFICIENT_RESOURCES)
            session = _Session(suite, wish, os.urandom(_SESSION_IDS), now_s)
            self._sessions[session.id] = session
        return OpenSessionResponse(
            wish.tag,
            Status.OK,
            wish.privilege or ADMINISTRATOR,
            wish.console_session,
            session.id,
            suite.algorithms,
        )

    def _once(
        self, session_id: bytes, packet: Packet, reply: Callable[[_Session], bytes | None]
    ) -> bytes | None:
        session = self._sessions.get(session_id)
        if session is None or (session.protection and session.said[0] != packet.payload):
            return None
        if session.said[0] != packet.payload:
            made = reply(session)
            if made is None:
                return None
            session.said = packet.payload, Packet(packet.kind + 1, made).encode()
        return session.said[1]

    def _rakp_2(self, session: _Session, said: Rakp1) -> bytes:
        console = session.opening.console_session
        account = self.identity.account(said.username)
        role = said.role & _ROLE
        if account is None or role > account.limit:
            status = Status.UNAUTHORIZED_NAME if account is None else Status.UNAUTHORIZED_ROLE
            self._sessions.pop(session.id)
            return session_setup.Rakp2(said.tag, status, console).encode()
        known = Handshake(
            suite=session.suite,
            console_session=console,
            bmc_session=session.id,
            console_random=said.console_random,
            bmc_random=os.urandom(session_setup.RANDOM_OCTETS),
            bmc_guid=self.identity.guid,
            role=said.role,
            username=said.username,
        )
        session.account, session.handshake = account, known
        session.granted = role or account.limit
        code = keys.rakp_2_code(known, account.password)
        numbers = known.bmc_random, known.bmc_guid
        return session_setup.Rakp2(said.tag, Status.OK, console, *numbers, code).encode()

    def _rakp_4(self, session: _Session, said: Rakp3) -> bytes | None:
        known, account = session.handshake, session.account
        if known is None or account is None or said.status:
            self._sessions.pop(session.id)
            return None
        console = known.console_session
        if said.code != keys.rakp_3_code(known, account.password):
            self._sessions.pop(session.id)
            status = Status.INVALID_CHECK_VALUE
            return session_setup.Rakp4(said.tag, status, console).encode()
        made = keys.session_keys(known, account.password, self.identity.kg_key)
        session.protection = Protection(session.suite, made)
        code = keys.rakp_4_code(known, made)
        return session_setup.Rakp4(said.tag, Status.OK, console, code).encode()

    def _inside(self, packet: Packet, datagram: bytes, now_s: float) -> bytes | None:
        session = self._sessions.get(packet.session.to_bytes(4, "little"))
        if session is None or session.protection is None:
            return None
        plain = session.protection.open(packet, datagram)
        if not session.window.take(packet.sequence) or packet.kind != Payload.IPMI:
            return None
        session.last_heard = now_s
        if session.said[0] != plain:
            request = Request.decode(plain)
            session.said = plain, answer(request, *self._carried_out(request, session)).encode()
        session.sequence = after(session.sequence)
        console = int.from_bytes(session.opening.console_session, "little")
        reply = Packet(Payload.IPMI, session.said[1], console, session.sequence)
        return session.protection.seal(reply)

    def _carried_out(self, request: Request, session: _Session) -> Answer:
        match request.net_fn, request.command:
            case commands.APPLICATION, commands.SET_PRIVILEGE:
                wanted = request.data[0] & _ROLE if request.data else 0
                if wanted > session.granted:
                    return commands.PRIVILEGE_EXCEEDS_LIMIT, b""
                session.privilege = wanted or session.privilege
                return Completion.OK, bytes((session.privilege,))
            case commands.APPLICATION, commands.CLOSE_SESSION:
                known = self._sessions.pop(request.data[:_SESSION_IDS], None)
                return (commands.NO_SUCH_SESSION if known is None else Completion.OK), b""
            case commands.APPLICATION, commands.GET_SYSTEM_GUID:
                return Completion.OK, self.identity.guid
            case _:
                return self._command(request, session.privilege)

    def _outside(self, request: Request) -> bytes | None:
        match request.net_fn, request.command:
            case commands.APPLICATION, commands.GET_AUTHENTICATION_CAPABILITIES:
                data = commands.authentication_capabilities(has_kg=bool(self.identity.kg_key))
            case commands.APPLICATION, commands.GET_CIPHER_SUITES:
                data = commands.cipher_suite_records(self.identity.suites, request.data)
            case _:
                return None
        return answer(request, Completion.OK, data).encode()

    def _forget_idle(self, now_s: float) -> None:
        for session in tuple(self._sessions.values()):
            limit_s = IDLE_LIMIT_S if session.protection else OPENING_LIMIT_S
            if session.last_heard < now_s - limit_s:
                self._sessions.pop(session.id)
