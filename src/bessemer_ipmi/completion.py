"""Completion codes of commands (section 5.2, table 5-2), as far as they decide what to do next."""

from enum import IntEnum


class Completion(IntEnum):
    """The generic codes that are met in practice."""

    OK = 0x00
    NODE_BUSY = 0xC0
    INVALID_COMMAND = 0xC1
    TIMEOUT = 0xC3
    OUT_OF_SPACE = 0xC4
    WRONG_LENGTH = 0xC7
    NOT_PRESENT = 0xCB
    INVALID_FIELD = 0xCC
    INITIALISING = 0xD2
    INSUFFICIENT_PRIVILEGE = 0xD4
    NOT_IN_THIS_STATE = 0xD5
    UNSPECIFIED = 0xFF


_WORDS = {
    Completion.NODE_BUSY: "the BMC says that it is busy",
    Completion.INVALID_COMMAND: "the BMC does not know this command",
    Completion.TIMEOUT: "the BMC reports a timeout of its own",
    Completion.OUT_OF_SPACE: "the BMC says that it is out of space",
    Completion.WRONG_LENGTH: "the BMC wants another length of data",
    Completion.NOT_PRESENT: "the BMC has no such sensor, data or record",
    Completion.INVALID_FIELD: "the BMC does not take these data",
    Completion.INITIALISING: "the BMC is starting",
    Completion.INSUFFICIENT_PRIVILEGE: "insufficient privilege level",
    Completion.NOT_IN_THIS_STATE: "the BMC does not support this in its present state",
    Completion.UNSPECIFIED: "the BMC gives no reason",
}


def in_words(code: int) -> str:
    """A code for people."""
    known = code in set(Completion)
    words = (
        _WORDS.get(Completion(code), "done") if known else "a reason of this command's or maker's"
    )
    return f"{words} (completion code 0x{code:02x})"
