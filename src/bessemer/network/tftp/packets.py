"""TFTP's datagrams as values and bytes (RFC 1350; options: RFC 2347, 2348, 2349, 7440); pure."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

READ, WRITE, DATA, ACK, ERROR, OPTIONS_ACK = 1, 2, 3, 4, 5, 6

UNDEFINED, NOT_FOUND, ACCESS_VIOLATION, ILLEGAL = 0, 1, 2, 4
"""Codes of errors, those that we use."""

USUAL_BLOCK: Final = 512
LEAST_BLOCK: Final = 8
LARGEST_WINDOW: Final = 16
LONGEST_TIMEOUT_S: Final = 5
"""A client that asks for more goes by our own: it would keep its place for minutes after its end."""

_NUMBERS: Final = 1 << 16


class Refused(Exception):
    """What a client is told in place of a file."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file is sent; `accepted` is said to the client, which otherwise knows RFC 1350 only."""

    block_size: int = USUAL_BLOCK
    window: int = 1
    timeout_s: int = 1
    accepted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A file's name, and options by their names in lower case."""

    name: str
    options: Mapping[str, str]

    def terms(self, size: int | None, largest_block: int) -> Terms:
        """Options with values that make no sense are passed over, as RFC 2347 wants it."""
        asked = {
            name: int(value)
            for name, value in self.options.items()
            if value.isascii() and value.isdigit() and len(value) < 10
        }
        granted: dict[str, int] = {}
        if (block := asked.get("blksize", 0)) >= LEAST_BLOCK:
            granted["blksize"] = min(block, largest_block)
        if (window := asked.get("windowsize", 0)) >= 1:
            granted["windowsize"] = min(window, LARGEST_WINDOW)
        if 1 <= (timeout := asked.get("timeout", 0)) <= LONGEST_TIMEOUT_S:
            granted["timeout"] = timeout
        if "tsize" in asked and size is not None:
            granted["tsize"] = size
        return Terms(
            granted.get("blksize", USUAL_BLOCK),
            granted.get("windowsize", 1),
            granted.get("timeout", 1),
            tuple((name, str(value)) for name, value in granted.items()),
        )


def parse_request(datagram: bytes) -> Request | None:
    """What a new client asks for; None for what deserves no answer. Raises Refused."""
    kind = int.from_bytes(datagram[:2], "big")
    if kind not in {READ, WRITE}:
        return None
    if kind == WRITE:
        raise Refused(ACCESS_VIOLATION, "Nothing can be written here")
    words = [word.decode(errors="replace") for word in datagram[2:].split(b"\0")]
    if len(words) < 3 or words.pop() != "":
        raise Refused(ILLEGAL, "The request is cut off")
    name, mode, *options = words
    if mode.lower() != "octet":
        raise Refused(ILLEGAL, "Files are sent in mode octet (binary) only")
    pairs = zip(options[::2], options[1::2], strict=False)
    return Request(name, {option.lower(): value for option, value in pairs})


def data(number: int, block: bytes) -> bytes:
    """Numbers go on with 0 after 65535, which is what clients expect of files with more blocks."""
    return struct.pack("!HH", DATA, number % _NUMBERS) + block


def options_ack(accepted: tuple[tuple[str, str], ...]) -> bytes:
    """Acknowledged by the client like a block 0."""
    words = [word for option in accepted for word in option]
    return struct.pack("!H", OPTIONS_ACK) + b"".join(word.encode() + b"\0" for word in words)


def error(refusal: Refused) -> bytes:
    """Ends a transfer."""
    return struct.pack("!HH", ERROR, refusal.code) + refusal.words.encode() + b"\0"


def acknowledged(datagram: bytes, first: int, count: int) -> int | None:
    """How many of `count` packets that begin with number `first` an acknowledgement confirms.

    0: all before them, and none of them. None: it is about something else, or no acknowledgement.
    """
    if len(datagram) < 4 or int.from_bytes(datagram[:2], "big") != ACK:
        return None
    confirmed = (int.from_bytes(datagram[2:4], "big") - first + 1) % _NUMBERS
    return confirmed if confirmed <= count else None


def is_error(datagram: bytes) -> bool:
    """Whether the client gives up."""
    return int.from_bytes(datagram[:2], "big") == ERROR
