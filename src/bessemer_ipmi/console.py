"""The remote console's side of a session, without sockets or clocks: log in, ask, read answers."""

from dataclasses import dataclass, replace
from enum import Enum
from hmac import compare_digest
from typing import Final

from bessemer_ipmi import keys, packets
from bessemer_ipmi.cipher_suites import CipherSuite
from bessemer_ipmi.commands.session import close_session
from bessemer_ipmi.keys import Handshake
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import SEQUENCES, Request, Response
from bessemer_ipmi.packets import Packet, Payload
from bessemer_ipmi.protection import Protection
from bessemer_ipmi.sequences import Window, after
from bessemer_ipmi.session_setup import (
    NAME_ONLY_LOOKUP,
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
    Status,
)

_TAGS: Final = 256


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in, with which rights (section 6.8: 1 callback to 4 administrator).

    `kg_key` empty: the BMC has none.
    """

    username: bytes
    password: bytes
    privilege: int
    kg_key: bytes = b""


class Ending(Enum):
    """Why a login came to nothing."""

    REFUSED = "the BMC refused the login"
    WRONG_PASSWORD = "the BMC's proof does not fit the password"  # noqa: S105
    WRONG_KG = "the BMC has come to other session keys"
    OTHER_SUITE = "the BMC answers with another cipher suite"


class LoginFailed(Exception):
    """The login is over. `status` is the BMC's, where it gave one."""

    def __init__(self, ending: Ending, status: int = Status.OK) -> None:
        super().__init__(ending.value)
        self.ending = ending
        self.status = status


class Login:
    """Opens one session: send `datagram` (again, while nothing comes), hand over what comes.

    `session_id` is the console's number for the session, not 0, `randomness` 16 octets: both new
    for each login.
    """

    def __init__(
        self, credentials: Credentials, suite: CipherSuite, session_id: int, randomness: bytes
    ) -> None:
        self._credentials = credentials
        self._suite = suite
        self._id = session_id.to_bytes(4, "little")
        self._random = randomness
        self._tag = randomness[0]
        self._awaited = Payload.OPEN_SESSION_RESPONSE
        self._handshake: Handshake | None = None
        self._bmc_session = b""
        wish = OpenSessionRequest(
            self._tag, credentials.privilege, self._id, self._suite.algorithms
        )
        self.datagram = Packet(Payload.OPEN_SESSION_REQUEST, wish.encode()).encode()

    @property
    def is_known(self) -> bool:
        """Whether the BMC has answered anything yet."""
        return self._awaited is not Payload.OPEN_SESSION_RESPONSE

    def receive(self, packet: Packet) -> "Session | None":
        """Take an answer; the session when it is open. What is old or odd changes nothing.

        Raises LoginFailed, Malformed.
        """
        if packet.kind != self._awaited:
            return None
        if packet.kind == Payload.OPEN_SESSION_RESPONSE:
            self._opened(OpenSessionResponse.decode(packet.payload))
        elif packet.kind == Payload.RAKP_2:
            self._proven(Rakp2.decode(packet.payload, self._suite))
        else:
            return self._finished(Rakp4.decode(packet.payload, self._suite))
        return None

    def _opened(self, said: OpenSessionResponse) -> None:
        if not self._is_ours(said.tag, said.console_session):
            return
        self._check(said.status)
        if said.algorithms != self._suite.algorithms:
            raise LoginFailed(Ending.OTHER_SUITE)
        self._bmc_session = said.bmc_session
        who = self._credentials
        role = who.privilege | NAME_ONLY_LOOKUP
        self._await(Payload.RAKP_2)
        rakp_1 = Rakp1(self._tag, self._bmc_session, self._random, role, who.username)
        self.datagram = Packet(Payload.RAKP_1, rakp_1.encode()).encode()

    def _proven(self, said: Rakp2) -> None:
        if not self._is_ours(said.tag, said.console_session):
            return
        self._check(said.status)
        who = self._credentials
        known = Handshake(
            suite=self._suite,
            console_session=self._id,
            bmc_session=self._bmc_session,
            console_random=self._random,
            bmc_random=said.bmc_random,
            bmc_guid=said.bmc_guid,
            role=who.privilege | NAME_ONLY_LOOKUP,
            username=who.username,
        )
        if not compare_digest(keys.rakp_2_code(known, who.password), said.code):
            raise LoginFailed(Ending.WRONG_PASSWORD)
        self._handshake = known
        self._await(Payload.RAKP_4)
        code = keys.rakp_3_code(known, who.password)
        rakp_3 = Rakp3(self._tag, Status.OK, self._bmc_session, code)
        self.datagram = Packet(Payload.RAKP_3, rakp_3.encode()).encode()

    def _finished(self, said: Rakp4) -> "Session | None":
        known = self._handshake
        if known is None or not self._is_ours(said.tag, said.console_session):
            return None
        self._check(said.status)
        who = self._credentials
        made = keys.session_keys(known, who.password, who.kg_key)
        if not compare_digest(keys.rakp_4_code(known, made), said.code):
            raise LoginFailed(Ending.WRONG_KG)
        return Session(
            int.from_bytes(self._id, "little"),
            int.from_bytes(self._bmc_session, "little"),
            Protection(self._suite, made),
        )

    def _await(self, awaited: Payload) -> None:
        self._awaited = awaited
        self._tag = (self._tag + 1) % _TAGS

    def _is_ours(self, tag: int, console_session: bytes) -> bool:
        return tag == self._tag and console_session == self._id

    def _check(self, status: int) -> None:
        if status:
            raise LoginFailed(Ending.REFUSED, status)


class Session:
    """An open session as the remote console has it; one request at a time."""

    def __init__(self, console_session: int, bmc_session: int, protection: Protection) -> None:
        self.console_session = console_session
        self._bmc_session = bmc_session
        self._protection = protection
        self._sequence = 0
        self._request_sequence = 0
        self._window = Window()

    def numbered(self, request: Request) -> Request:
        """The request with a number that its answer will bear; keep it when sending again."""
        self._request_sequence = (self._request_sequence + 1) % SEQUENCES
        return replace(request, sequence=self._request_sequence)

    def closing(self) -> Request:
        """The request that ends it."""
        return close_session(self._bmc_session)

    def datagram(self, request: Request) -> bytes:
        """Anew for each sending: a packet of an old number would be dropped (section 6.12.13)."""
        self._sequence = after(self._sequence)
        packet = Packet(Payload.IPMI, request.encode(), self._bmc_session, self._sequence)
        return self._protection.seal(packet)

    def receive(self, packet: Packet, datagram: bytes) -> Response | None:
        """The answer in a packet; None for duplicates and what is no answer. Raises Malformed."""
        if packet.session != self.console_session:
            return None
        plain = self._protection.open(packet, datagram)
        if not self._window.take(packet.sequence) or packet.kind != Payload.IPMI:
            return None
        return Response.decode(plain)


def is_for(datagram: bytes) -> tuple[packets.Outside | Packet, int | None]:
    """The packet, and the console's session number that it bears; None when it bears none.

    Raises Malformed.
    """
    packet = packets.decode(datagram)
    if not isinstance(packet, Packet):
        return packet, None
    if packet.session:
        return packet, packet.session
    if len(packet.payload) < 8:
        raise Malformed("a session's opening is cut off")
    return packet, int.from_bytes(packet.payload[4:8], "little")
