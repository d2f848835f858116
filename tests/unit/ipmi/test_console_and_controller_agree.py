"""Both sides of a session against each other, as datagrams: log-ins, refusals, lost and doubled packets."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bessemer_ipmi import packets
from bessemer_ipmi.cipher_suites import SUITES
from bessemer_ipmi.commands import chassis, session
from bessemer_ipmi.console import Credentials, Ending, Login, LoginFailed, Session, is_for
from bessemer_ipmi.controller import Account, Controller, Identity
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import Request, Response
from bessemer_ipmi.packets import Outside, Packet
from bessemer_ipmi.session_setup import Status

GUID = bytes(range(16))
KG = b"k" * 20
ADMIN = Credentials(b"admin", b"secret", privilege=4)
OPERATOR = Credentials(b"operator", b"other", privilege=3)
ACCOUNTS = {b"admin": Account(b"secret"), b"operator": Account(b"other", limit=3)}


class Machine:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.commands: list[tuple[int, int]] = []

    def command(self, request: Request, privilege: int) -> tuple[int, bytes]:
        self.commands.append((request.command, privilege))
        return 0, bytes([len(self.commands)])


def a_bmc(**identity) -> tuple[Controller, Machine]:
    machine = Machine()
    return Controller(Identity(GUID, ACCOUNTS.get, **identity), machine.command), machine


def a_login(who: Credentials = ADMIN, suite: int = 17, number: int = 7) -> Login:
    return Login(who, SUITES[suite], number, bytes(range(16)))


def logged_in(bmc: Controller, login: Login, now_s: float = 0.0, *, again: int = 1) -> Session:
    """Each datagram of either side arrives `again` times."""
    while True:
        answers = [bmc.receive(login.datagram, now_s) for _ in range(again)]
        for datagram in answers * again:
            assert datagram is not None
            packet, number = is_for(datagram)
            assert number == 7
            assert isinstance(packet, Packet)
            opened = login.receive(packet)
            if opened is not None:
                return opened


def asked(bmc: Controller, opened: Session, request: Request, now_s: float = 0.0) -> Response:
    datagram = bmc.receive(opened.datagram(opened.numbered(request)), now_s)
    assert datagram is not None
    response = heard(opened, datagram)
    assert response is not None
    return response


def heard(opened: Session, datagram: bytes) -> Response | None:
    packet, _ = is_for(datagram)
    assert isinstance(packet, Packet)
    return opened.receive(packet, datagram)


@pytest.mark.parametrize("suite", sorted(SUITES))
@pytest.mark.parametrize("kg_key", [b"", KG])
def test_a_session_opens_and_carries_commands(suite, kg_key):
    bmc, machine = a_bmc(kg_key=kg_key)
    who = Credentials(ADMIN.username, ADMIN.password, 4, kg_key)
    opened = logged_in(bmc, a_login(who, suite))
    assert asked(bmc, opened, session.set_privilege(4)).data == b"\x04"
    assert asked(bmc, opened, chassis.get_status()).data == b"\x01"
    assert machine.commands == [(chassis.GET_STATUS, 4)]


def test_doubled_datagrams_change_nothing():
    bmc, machine = a_bmc()
    opened = logged_in(bmc, a_login(), again=3)
    request = opened.numbered(chassis.control(chassis.Control.POWER_UP))
    datagram = opened.datagram(request)
    answer = bmc.receive(datagram, 0.0)
    assert answer is not None
    assert bmc.receive(datagram, 0.0) is None
    assert heard(opened, answer) is not None
    assert heard(opened, answer) is None
    assert len(machine.commands) == 1


def test_a_request_sent_again_is_answered_again_and_not_done_again():
    bmc, machine = a_bmc()
    opened = logged_in(bmc, a_login())
    request = opened.numbered(chassis.control(chassis.Control.POWER_CYCLE))
    bmc.receive(opened.datagram(request), 0.0)
    answer = bmc.receive(opened.datagram(request), 0.0)
    assert answer is not None
    said = heard(opened, answer)
    assert said is not None
    assert (said.answers(request), said.data) == (True, b"\x01")
    assert len(machine.commands) == 1


def test_answers_out_of_order_are_each_taken():
    bmc, _ = a_bmc()
    opened = logged_in(bmc, a_login())
    requests = [opened.numbered(chassis.get_status()) for _ in range(3)]
    answers = [bmc.receive(opened.datagram(request), 0.0) for request in requests]
    for request, answer in reversed(list(zip(requests, answers, strict=True))):
        said = heard(opened, answer or b"")
        assert said is not None
        assert said.answers(request)


@pytest.mark.parametrize(
    ("who", "identity", "ending", "status"),
    [
        (Credentials(b"admin", b"Secret", 4), {}, Ending.WRONG_PASSWORD, 0),
        (Credentials(b"nobody", b"x", 4), {}, Ending.REFUSED, Status.UNAUTHORIZED_NAME),
        (Credentials(b"operator", b"other", 4), {}, Ending.REFUSED, Status.UNAUTHORIZED_ROLE),
        (ADMIN, {"kg_key": KG}, Ending.WRONG_KG, 0),
        (Credentials(b"admin", b"secret", 4, KG), {}, Ending.WRONG_KG, 0),
        (ADMIN, {"suites": (3,)}, Ending.REFUSED, Status.NO_MATCHING_SUITE),
        (ADMIN, {"most_sessions": 0}, Ending.REFUSED, Status.INSUFFICIENT_RESOURCES),
    ],
)
def test_logins_that_fail_say_why(who, identity, ending, status):
    bmc, _ = a_bmc(**identity)
    with pytest.raises(LoginFailed) as caught:
        logged_in(bmc, a_login(who))
    assert (caught.value.ending, caught.value.status) == (ending, status)


def test_a_console_without_the_password_opens_nothing():
    bmc, _ = a_bmc()
    login = a_login()
    login.receive(is_for(bmc.receive(login.datagram, 0.0))[0])
    login.receive(is_for(bmc.receive(login.datagram, 0.0))[0])
    forged = bytearray(login.datagram)
    forged[-1] ^= 1
    with pytest.raises(LoginFailed) as caught:
        login.receive(is_for(bmc.receive(bytes(forged), 0.0))[0])
    assert caught.value.status == Status.INVALID_CHECK_VALUE


def test_rights_begin_low_and_end_at_the_accounts_limit():
    bmc, machine = a_bmc()
    opened = logged_in(bmc, a_login(OPERATOR))
    asked(bmc, opened, chassis.get_status())
    assert asked(bmc, opened, session.set_privilege(3)).code == 0
    assert asked(bmc, opened, session.set_privilege(4)).code == session.PRIVILEGE_EXCEEDS_LIMIT
    asked(bmc, opened, chassis.get_status())
    assert [privilege for _, privilege in machine.commands] == [2, 3]


def test_sessions_end_when_told_or_idle_and_make_room():
    bmc, _ = a_bmc(most_sessions=1)
    opened = logged_in(bmc, a_login())
    with pytest.raises(LoginFailed):
        logged_in(bmc, Login(ADMIN, SUITES[3], 7, bytes(16)))
    assert asked(bmc, opened, opened.closing()).code == 0
    assert bmc.receive(opened.datagram(opened.numbered(chassis.get_status())), 0.0) is None
    logged_in(bmc, Login(ADMIN, SUITES[3], 7, bytes(16)), now_s=10.0)
    logged_in(bmc, a_login(), now_s=80.0)


def test_a_login_that_got_no_further_makes_room_for_the_next():
    bmc, _ = a_bmc(most_sessions=1)
    bmc.receive(a_login().datagram, 0.0)
    with pytest.raises(LoginFailed):
        logged_in(bmc, a_login(suite=3), now_s=5.0)
    logged_in(bmc, a_login(suite=3), now_s=11.0)


def test_the_same_numbers_again_open_another_session():
    bmc, _ = a_bmc()
    first, second = logged_in(bmc, a_login()), logged_in(bmc, a_login())
    for each in (first, second):
        assert asked(bmc, each, chassis.get_status()).code == 0


def test_what_may_be_asked_without_a_session_is_answered():
    bmc, _ = a_bmc(kg_key=KG)
    ask = Request(session.APPLICATION, session.GET_AUTHENTICATION_CAPABILITIES, b"\x8e\x04")
    for packet in (Outside(ask.encode()), Packet(packets.Payload.IPMI, ask.encode())):
        answer = bmc.receive(packet.encode(), 0.0)
        assert answer is not None
        read = packets.decode(answer)
        said = Response.decode(read.message if isinstance(read, Outside) else read.payload)
        assert said.answers(ask)
        assert said.data[1:4] == b"\x80\x24\x02"
    refused = Outside(chassis.get_status().encode())
    assert bmc.receive(refused.encode(), 0.0) is None


@settings(deadline=None)
@given(st.binary(max_size=120), st.integers(0, 4))
def test_no_datagram_harms_a_controller(noise, header):
    bmc, machine = a_bmc()
    kinds = (b"", packets.RMCP, packets.header(0x10, 0, 0, len(noise)))
    more = (packets.header(0x12, 0, 0, len(noise)), packets.header(0xC0, 9, 1, len(noise)))
    with suppress(Malformed):
        bmc.receive((*kinds, *more)[header] + noise, 0.0)
    assert machine.commands == []


@settings(deadline=None)
@given(st.data())
def test_no_datagram_harms_a_console(data):
    bmc, _ = a_bmc()
    login = a_login()
    answer = bmc.receive(login.datagram, 0.0)
    assert answer is not None
    changed = bytearray(answer)
    for at in data.draw(st.lists(st.integers(0, len(answer) - 1), max_size=4)):
        changed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(answer)))
    with suppress(Malformed, LoginFailed):
        packet, _ = is_for(bytes(changed[:cut]))
        if isinstance(packet, Packet):
            assert login.receive(packet) is None
