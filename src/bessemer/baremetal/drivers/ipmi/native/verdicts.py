"""What the native client's encounters mean, in the same words as ipmitool's. Pure."""

from bessemer.baremetal.drivers.ipmi import verdict
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Verdict
from bessemer_ipmi.completion import Completion, in_words
from bessemer_ipmi.console import Ending, LoginFailed
from bessemer_ipmi.session_setup import Status

FINE = Verdict(Kind.FINE)
SILENT = Verdict(Kind.AGAIN, verdict.NO_ANSWER)
SILENT_LOGIN = Verdict(Kind.NO_SESSION, verdict.SILENT_LOGIN)
NO_NAME = Verdict(Kind.AGAIN, verdict.NO_NAME)
OTHER_CIPHER = Verdict(Kind.OTHER_CIPHER, verdict.CIPHER)
PRIVILEGE = Verdict(Kind.REFUSED, verdict.PRIVILEGE)

_ENDINGS = {
    Ending.WRONG_PASSWORD: Verdict(Kind.REFUSED, verdict.WRONG_PASSWORD),
    Ending.WRONG_KG: Verdict(Kind.REFUSED, verdict.BAD_KG),
    Ending.OTHER_SUITE: OTHER_CIPHER,
}
_NO_ROOM = Verdict(Kind.AGAIN, verdict.NO_ROOM)
_UNKNOWN_USER = Verdict(Kind.REFUSED, verdict.UNKNOWN_USER)
_STATUSES = {
    Status.INSUFFICIENT_RESOURCES: _NO_ROOM,
    Status.NO_RESOURCES_FOR_ROLE: _NO_ROOM,
    Status.INVALID_AUTHENTICATION: OTHER_CIPHER,
    Status.INVALID_INTEGRITY: OTHER_CIPHER,
    Status.INVALID_CONFIDENTIALITY: OTHER_CIPHER,
    Status.NO_MATCHING_AUTHENTICATION: OTHER_CIPHER,
    Status.NO_MATCHING_INTEGRITY: OTHER_CIPHER,
    Status.NO_MATCHING_SUITE: OTHER_CIPHER,
    Status.INVALID_ROLE: PRIVILEGE,
    Status.UNAUTHORIZED_ROLE: PRIVILEGE,
    Status.INVALID_NAME_LENGTH: _UNKNOWN_USER,
    Status.UNAUTHORIZED_NAME: _UNKNOWN_USER,
}
_AGAIN = frozenset(
    {Completion.NODE_BUSY, Completion.TIMEOUT, Completion.OUT_OF_SPACE, Completion.INITIALISING}
)


def of_login(failure: LoginFailed) -> Verdict:
    """Of a login that came to nothing."""
    found = _ENDINGS.get(failure.ending)
    if found is not None:
        return found
    other = Verdict(Kind.NO_SESSION, f"{verdict.NO_SESSION} (status 0x{failure.status:02x})")
    return _STATUSES.get(Status(failure.status), other) if failure.status in set(Status) else other


def of_code(code: int) -> Verdict:
    """Of a command's completion code."""
    if code == Completion.OK:
        return FINE
    if code == Completion.INSUFFICIENT_PRIVILEGE:
        return PRIVILEGE
    kind = Kind.AGAIN if code in _AGAIN else Kind.COMMAND_REFUSED
    return Verdict(kind, in_words(code))
