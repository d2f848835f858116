"""Sessions of the real ipmitool, recorded byte for byte: `chassis power status` as admin, "secret".

Suite 3 was recorded with pyghmi as the BMC; suite 17, which pyghmi does not speak, with our own, so
that there what ipmitool sends is what counts.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bessemer_ipmi import keys, packets
from bessemer_ipmi.cipher_suites import SUITES, CipherSuite
from bessemer_ipmi.commands import chassis, session
from bessemer_ipmi.keys import Handshake, SessionKeys
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import Request, Response
from bessemer_ipmi.packets import Packet, Payload
from bessemer_ipmi.protection import Protection
from bessemer_ipmi.session_setup import (
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)

PASSWORD = b"secret"


@dataclass
class Recording:
    suite: CipherSuite
    datagrams: list[tuple[str, bytes]]

    def of(self, kind: Payload) -> Packet:
        found = [packets.decode(octets) for _, octets in self.datagrams]
        return next(each for each in found if isinstance(each, Packet) and each.kind == kind)

    @property
    def handshake(self) -> Handshake:
        rakp_1 = Rakp1.decode(self.of(Payload.RAKP_1).payload)
        rakp_2 = Rakp2.decode(self.of(Payload.RAKP_2).payload, self.suite)
        return Handshake(
            suite=self.suite,
            console_session=rakp_2.console_session,
            bmc_session=rakp_1.bmc_session,
            console_random=rakp_1.console_random,
            bmc_random=rakp_2.bmc_random,
            bmc_guid=rakp_2.bmc_guid,
            role=rakp_1.role,
            username=rakp_1.username,
        )

    @property
    def keys(self) -> SessionKeys:
        return keys.session_keys(self.handshake, PASSWORD)

    def plain(self, who: str) -> list[bytes]:
        """What one side said inside the session."""
        protection, said = Protection(self.suite, self.keys), []
        for sender, octets in self.datagrams:
            packet = packets.decode(octets)
            if isinstance(packet, Packet) and packet.session and sender == who:
                said.append(protection.open(packet, octets))
        return said


@pytest.fixture(params=sorted(SUITES))
def recording(request) -> Recording:
    lines = Path(__file__).with_name(f"recorded_suite_{request.param}.txt").read_text().splitlines()
    datagrams = [(line.split()[0], bytes.fromhex(line.split()[1])) for line in lines]
    return Recording(SUITES[request.param], datagrams)


def test_every_proof_is_the_one_that_was_sent(recording):
    known = recording.handshake
    rakp_2 = Rakp2.decode(recording.of(Payload.RAKP_2).payload, recording.suite)
    rakp_3 = Rakp3.decode(recording.of(Payload.RAKP_3).payload)
    rakp_4 = Rakp4.decode(recording.of(Payload.RAKP_4).payload, recording.suite)
    assert known.username == b"admin"
    assert keys.rakp_2_code(known, PASSWORD) == rakp_2.code
    assert keys.rakp_3_code(known, PASSWORD) == rakp_3.code
    assert keys.rakp_4_code(known, recording.keys) == rakp_4.code
    assert keys.rakp_3_code(known, b"Secret") != rakp_3.code


def test_what_was_asked_and_answered_is_read(recording):
    asked = [Request.decode(octets) for octets in recording.plain("console")]
    answered = [Response.decode(octets) for octets in recording.plain("bmc")]
    assert (asked[0].net_fn, asked[0].command, asked[0].data) == (
        session.APPLICATION,
        session.SET_PRIVILEGE,
        b"\x04",
    )
    assert (asked[-1].net_fn, asked[-1].command) == (session.APPLICATION, session.CLOSE_SESSION)
    assert all(said.answers(request) for request, said in zip(asked, answered, strict=True))
    status = chassis.get_status()
    power = next(
        a
        for q, a in zip(asked, answered, strict=True)
        if q.command == status.command and q.net_fn == status.net_fn
    )
    assert (power.code, chassis.power_is_on(power.data)) == (0, recording.suite.number == 17)


def test_messages_are_written_as_ipmitool_writes_them(recording):
    for octets in recording.plain("console"):
        assert Request.decode(octets).encode() == octets
    opening = recording.of(Payload.OPEN_SESSION_REQUEST).payload
    assert OpenSessionRequest.decode(opening).encode() == opening
    opened = recording.of(Payload.OPEN_SESSION_RESPONSE).payload
    assert OpenSessionResponse.decode(opened).encode() == opened
    for kind, message in ((Payload.RAKP_1, Rakp1), (Payload.RAKP_3, Rakp3)):
        payload = recording.of(kind).payload
        assert message.decode(payload).encode() == payload


def test_a_packet_that_was_tampered_with_is_refused(recording):
    octets = next(o for who, o in reversed(recording.datagrams) if who == "bmc")
    protection = Protection(recording.suite, recording.keys)
    for at in (5, 20, len(octets) - 1):
        changed = bytearray(octets)
        changed[at] ^= 0x01
        packet = packets.decode(bytes(changed))
        with pytest.raises(Malformed):
            protection.open(packet, bytes(changed))


def test_what_is_sealed_is_laid_out_as_ipmitool_lays_it_out(recording):
    said = [o for who, o in recording.datagrams if who == "console"][-1]
    packet = packets.decode(said)
    assert isinstance(packet, Packet)
    protection = Protection(recording.suite, recording.keys)
    plain = Packet(packet.kind, protection.open(packet, said), packet.session, packet.sequence)
    sealed = protection.seal(plain)
    header = packets.V2_HEADER_OCTETS
    assert len(sealed) == len(said)
    assert sealed[:header] == said[:header]
    trailer = 2 + recording.suite.check_octets
    assert sealed[-trailer - 2 : -trailer + 2] == said[-trailer - 2 : -trailer + 2]
