"""LLDP frames, taken apart by hand."""

import struct

from bessemer_lab.lldp import frame


def tlvs(data: bytes) -> dict[int, bytes]:
    found = {}
    while True:
        head = struct.unpack("!H", data[:2])[0]
        kind, length = head >> 9, head & 0x1FF
        if kind == 0:
            return found
        found[kind] = data[2 : 2 + length]
        data = data[2 + length :]


def test_the_frame_says_which_port_of_which_switch() -> None:
    made = frame("52:54:00:be:55:00", "tor1", "swp3")
    mac = bytes.fromhex("525400be5500")
    assert made[:14] == bytes.fromhex("0180c200000e") + mac + b"\x88\xcc"
    assert len(made) >= 60
    found = tlvs(made[14:])
    assert list(found)[:3] == [1, 2, 3]
    assert found[1] == b"\x04" + mac
    assert found[2] == b"\x05swp3"
    assert found[3] == b"\x00\x78"
    assert found[5] == b"tor1"
