"""Status and completion codes in the same words as ipmitool's, and when to send again."""

import pytest

from bessemer.baremetal.drivers.ipmi import verdict
from bessemer.baremetal.drivers.ipmi.native import verdicts
from bessemer.baremetal.drivers.ipmi.native.round_trips import LEAST_S, MOST_S, RoundTrips
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Run
from bessemer_ipmi.console import Ending, LoginFailed
from bessemer_ipmi.session_setup import Status


@pytest.mark.parametrize(
    ("failure", "ipmitools_words"),
    [
        (LoginFailed(Ending.WRONG_PASSWORD), "RAKP 2 HMAC is invalid"),
        (LoginFailed(Ending.WRONG_KG), "RAKP 4 message has invalid integrity check value"),
        (LoginFailed(Ending.REFUSED, Status.UNAUTHORIZED_NAME), "unauthorized name"),
        (LoginFailed(Ending.REFUSED, Status.UNAUTHORIZED_ROLE), "unauthorized role"),
        (LoginFailed(Ending.REFUSED, Status.INSUFFICIENT_RESOURCES), "insufficient resources for"),
        (LoginFailed(Ending.REFUSED, Status.NO_MATCHING_SUITE), "no matching cipher suite"),
    ],
)
def test_a_failed_login_means_the_same_as_by_ipmitool(failure, ipmitools_words):
    assert verdicts.of_login(failure) == verdict.verdict(Run(1, "", ipmitools_words))


@pytest.mark.parametrize("status", [0x08, 0x0F, 0x12, 0x77])
def test_an_odd_status_is_tried_again_with_another_suite(status):
    found = verdicts.of_login(LoginFailed(Ending.REFUSED, status))
    assert (found.kind, f"0x{status:02x}" in found.meaning) == (Kind.NO_SESSION, True)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x00, Kind.FINE),
        (0xC0, Kind.AGAIN),
        (0xC3, Kind.AGAIN),
        (0xC4, Kind.AGAIN),
        (0xD2, Kind.AGAIN),
        (0xD4, Kind.REFUSED),
        (0xC1, Kind.COMMAND_REFUSED),
        (0xD5, Kind.COMMAND_REFUSED),
        (0x80, Kind.COMMAND_REFUSED),
    ],
)
def test_completion_codes_decide_what_is_next(code, kind):
    assert verdicts.of_code(code).kind is kind


def test_a_code_is_told_with_its_number():
    assert "0x80" in verdicts.of_code(0x80).meaning
    assert "does not know this command" in verdicts.of_code(0xC1).meaning


def test_patience_doubles_and_has_an_end():
    trips = RoundTrips()
    patience = [trips.patience_s(sending) for sending in range(6)]
    assert patience == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_patience_follows_what_answers_take():
    quick, slow = RoundTrips(), RoundTrips()
    for _ in range(20):
        quick.took(0.001)
        slow.took(3.0)
    assert quick.patience_s(0) == LEAST_S
    assert 3.0 < slow.patience_s(0) < 4.5
    assert slow.patience_s(5) == MOST_S
