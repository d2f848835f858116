"""TFTP's datagrams: requests, options (RFC 2347, 2348, 2349, 7440), acknowledgements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.network.tftp import packets
from bessemer.network.tftp.packets import Refused, Request, Terms

LARGEST = 1468


def terms(**options: str) -> Terms:
    return Request("a", options).terms(5000, LARGEST)


def test_what_pxelinux_asks_is_understood() -> None:
    datagram = b"\0\1boot/a\0OCTET\0tsize\0" + b"0\0BLKSIZE\0" + b"1408\0"
    request = packets.parse_request(datagram)
    assert request == Request("boot/a", {"tsize": "0", "blksize": "1408"})
    agreed = request.terms(5000, LARGEST)
    assert agreed == Terms(1408, 1, 1, (("blksize", "1408"), ("tsize", "5000")))
    assert packets.options_ack(agreed.accepted) == b"\0\6blksize\x001408\0tsize\x005000\0"


def test_without_options_there_are_none() -> None:
    request = packets.parse_request(b"\0\1a\0octet\0")
    assert request is not None
    assert request.terms(5000, LARGEST) == Terms(512, 1, 1, ())


@pytest.mark.parametrize(
    ("options", "agreed"),
    [
        ({"blksize": "65464"}, Terms(LARGEST, accepted=(("blksize", str(LARGEST)),))),
        ({"blksize": "7"}, Terms()),
        ({"blksize": "-1"}, Terms()),
        ({"blksize": "1" * 5000}, Terms()),
        ({"blksize": "\N{SUPERSCRIPT TWO}"}, Terms()),
        ({"windowsize": "65535"}, Terms(window=16, accepted=(("windowsize", "16"),))),
        ({"windowsize": "0"}, Terms()),
        ({"timeout": "3"}, Terms(timeout_s=3, accepted=(("timeout", "3"),))),
        ({"timeout": "255"}, Terms()),
        ({"multicast": ""}, Terms()),
    ],
)
def test_options_are_granted_within_limits(options: dict[str, str], agreed: Terms) -> None:
    assert terms(**options) == agreed


def test_a_size_that_nobody_knows_is_not_said() -> None:
    assert Request("a", {"tsize": "0"}).terms(None, LARGEST).accepted == ()


@pytest.mark.parametrize(
    ("datagram", "code"),
    [
        (b"\0\2a\0octet\0", packets.ACCESS_VIOLATION),
        (b"\0\1a\0netascii\0", packets.ILLEGAL),
        (b"\0\1a\0", packets.ILLEGAL),
        (b"\0\1a\0octet", packets.ILLEGAL),
        (b"\0\1", packets.ILLEGAL),
    ],
)
def test_what_is_no_request_to_read_is_refused(datagram: bytes, code: int) -> None:
    with pytest.raises(Refused) as refused:
        packets.parse_request(datagram)
    assert refused.value.code == code
    assert packets.error(refused.value)[:4] == bytes((0, 5, 0, code))


@pytest.mark.parametrize("kind", [0, 3, 4, 5, 6, 255])
def test_what_is_no_request_gets_no_answer_that_could_be_answered(kind: int) -> None:
    assert packets.parse_request(bytes((0, kind)) + b"a\0octet\0") is None


@given(st.binary(max_size=80) | st.binary(max_size=80).map(b"\0\1".__add__))
def test_no_datagram_does_more_than_ask_or_be_refused(datagram: bytes) -> None:
    try:
        request = packets.parse_request(datagram)
    except Refused:
        return
    if request is not None:
        agreed = request.terms(1, LARGEST)
        assert 8 <= agreed.block_size <= LARGEST
        assert 1 <= agreed.window <= 16


@pytest.mark.parametrize(
    ("number", "first", "count", "confirmed"),
    [
        (7, 7, 1, 1),
        (6, 7, 1, 0),
        (5, 7, 1, None),
        (8, 7, 1, None),
        (9, 7, 4, 3),
        (0, 65536, 1, 1),
        (1, 65534, 4, 4),
        (65535, 65536, 1, 0),
    ],
)
def test_acknowledgements_count_within_a_window_and_beyond_65535(
    number: int, first: int, count: int, confirmed: int | None
) -> None:
    datagram = b"\0\4" + number.to_bytes(2, "big")
    assert packets.acknowledged(datagram, first, count) == confirmed


@pytest.mark.parametrize("datagram", [b"", b"\0\4", b"\0\4\0", b"\0\3\0\7", b"\0\5\0\7"])
def test_what_is_no_acknowledgement_confirms_nothing(datagram: bytes) -> None:
    assert packets.acknowledged(datagram, 7, 1) is None
