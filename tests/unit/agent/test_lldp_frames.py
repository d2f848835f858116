"""LLDP frames: what a switch says, and what a hostile neighbour may say."""

from hypothesis import given
from hypothesis import strategies as st

from bessemer_agent.inspection.lldp import MAX_TLVS, parse_frame

ETHERNET = bytes.fromhex("0180c200000e" "525400aabbcc" "88cc")  # fmt: skip


def tlv(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


def test_a_switch_introduces_itself() -> None:
    frame = ETHERNET + tlv(1, b"\x04\x52\x54\x00\xaa\xbb\xcc") + tlv(2, b"\x05tap1") + tlv(0, b"")
    assert parse_frame(frame + bytes(20)) == [(1, "04525400aabbcc"), (2, "0574617031")]


def test_an_empty_value_is_kept_and_an_overlong_one_ends_the_list() -> None:
    frame = ETHERNET + tlv(1, b"x") + tlv(5, b"") + (8 << 9 | 500).to_bytes(2, "big") + b"short"
    assert parse_frame(frame) == [(1, "78"), (5, "")]


def test_other_frames_are_none() -> None:
    assert parse_frame(bytes(60)) is None
    assert parse_frame(b"") is None


@given(st.binary(max_size=9000))
def test_no_frame_breaks_the_parser(payload: bytes) -> None:
    tlvs = parse_frame(ETHERNET + payload)
    assert tlvs is not None
    assert len(tlvs) <= MAX_TLVS
    assert sum(len(value) // 2 + 2 for _, value in tlvs) <= len(payload)


@given(st.lists(st.tuples(st.integers(1, 127), st.binary(max_size=511)), max_size=20))
def test_what_is_packed_is_unpacked(tlvs: list[tuple[int, bytes]]) -> None:
    frame = ETHERNET + b"".join(tlv(kind, value) for kind, value in tlvs) + tlv(0, b"")
    assert parse_frame(frame) == [(kind, value.hex()) for kind, value in tlvs]
