"""What an ipmitool run means: fine, try again, try another cipher suite, or give up. Pure."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What to do next."""

    FINE = "fine"
    AGAIN = "again"
    NO_SESSION = "no session"
    """Again, perhaps with another cipher suite: some BMCs ignore what they do not speak."""
    OTHER_CIPHER = "other cipher"
    REFUSED = "refused"
    """The login."""
    COMMAND_REFUSED = "command refused"
    """The login was fine."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of the program; `status` None: it was stopped at its time limit,
    having said this much."""

    status: int | None
    output: str = ""
    complaints: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run means, and why, in our words."""

    kind: Kind
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class _Sign:
    words: str
    """A pattern for ipmitool's own words, in lower case."""
    kind: Kind
    meaning: str


# What the ways of speaking IPMI say alike.
CIPHER: Final = "the BMC does not speak the cipher suite asked for"
BAD_KG: Final = (
    "the session's keys do not match: wrong ipmi_hex_kg_key (or the BMC has one and none is given)"
)
UNKNOWN_USER: Final = "the BMC knows no such user, or the account is disabled or locked"
PRIVILEGE: Final = (
    "the account may not act at this privilege level: lower ipmi_priv_level "
    "(OPERATOR is enough for power), or give the account more rights on the BMC"
)
NO_ROOM: Final = "all of the BMC's sessions are taken"
NO_ANSWER: Final = "no answer"
WRONG_PASSWORD: Final = "wrong password"  # noqa: S105
NO_SESSION: Final = "the BMC answers, but opens no session"
NO_NAME: Final = "the host name of the BMC cannot be resolved"
SILENT_LOGIN: Final = (
    "the BMC answers, but not to this login: unknown user, locked account, or an overloaded BMC"
)

# The first sign found in what ipmitool says decides. The texts are ipmitool 1.8.19's names of the
# RMCP+ status codes (IPMI 2.0, table 13-15) and completion codes (table 5-2).
_SIGNS: Final = (
    _Sign("no matching cipher suite", Kind.OTHER_CIPHER, CIPHER),
    _Sign("invalid authentication algorithm", Kind.OTHER_CIPHER, CIPHER),
    _Sign("invalid integrity algorithm", Kind.OTHER_CIPHER, CIPHER),
    _Sign("invalid confidentiality algorithm", Kind.OTHER_CIPHER, CIPHER),
    _Sign("no matching authentication", Kind.OTHER_CIPHER, CIPHER),
    _Sign("no matching integrity", Kind.OTHER_CIPHER, CIPHER),
    _Sign("is not what we requested", Kind.OTHER_CIPHER, CIPHER),
    _Sign("unsupported cipher suite", Kind.OTHER_CIPHER, CIPHER),
    _Sign("rakp 2 hmac is invalid", Kind.REFUSED, WRONG_PASSWORD),
    _Sign("rakp 2 message has invalid integrity", Kind.REFUSED, WRONG_PASSWORD),
    _Sign("password is longer than", Kind.REFUSED, "the password is too long"),
    _Sign("invalid user name", Kind.REFUSED, UNKNOWN_USER),
    _Sign("unauthorized name", Kind.REFUSED, UNKNOWN_USER),
    _Sign("invalid name length", Kind.REFUSED, UNKNOWN_USER),
    _Sign("rakp 4 message has invalid integrity", Kind.REFUSED, BAD_KG),
    _Sign("unauthorized role", Kind.REFUSED, PRIVILEGE),
    _Sign("invalid role", Kind.REFUSED, PRIVILEGE),
    _Sign("insufficient privilege", Kind.REFUSED, PRIVILEGE),
    _Sign(r"requested privilege level exceeds", Kind.REFUSED, PRIVILEGE),
    _Sign(r"set session privilege level to .* failed:", Kind.REFUSED, PRIVILEGE),
    _Sign("insufficient resources for", Kind.AGAIN, NO_ROOM),
    _Sign("no response from rakp", Kind.NO_SESSION, SILENT_LOGIN),
    _Sign("node busy", Kind.AGAIN, "the BMC says that it is busy"),
    _Sign("out of space", Kind.AGAIN, "the BMC says that it is out of space"),
    _Sign("bmc initialization in progress", Kind.AGAIN, "the BMC is starting"),
    _Sign("timeout", Kind.AGAIN, "the BMC reports a timeout of its own"),
    _Sign("address lookup", Kind.AGAIN, NO_NAME),
    _Sign("get auth capabilities", Kind.AGAIN, NO_ANSWER),
    _Sign("no response", Kind.AGAIN, NO_ANSWER),
    _Sign(r"unable to (get|set|send)[^:]*$", Kind.AGAIN, NO_ANSWER),
    _Sign(r"command failed$", Kind.AGAIN, NO_ANSWER),
    _Sign("unable to establish", Kind.NO_SESSION, NO_SESSION),
)

_CHATTER: Final = (
    "loading iana",
    "running get",
    "invalid completion code received",
    "discovered ipmb",
    "raw re",
    "raw rsp",
)
_NOT_ESTABLISHED: Final = "unable to establish"
_LONGEST_QUOTE: Final = 200


def verdict(run: Run) -> Verdict:
    """What the run means. ipmitool may exit with 0 although no session came about."""
    said = _without_chatter(run.complaints)
    if run.status == 0 and _NOT_ESTABLISHED not in said.lower():
        return Verdict(Kind.FINE)
    for sign in _SIGNS:
        if re.search(sign.words, said.lower(), re.MULTILINE):
            return Verdict(sign.kind, sign.meaning)
    if run.status is None:
        return Verdict(Kind.AGAIN, "no answer before the time limit of one command")
    return Verdict(Kind.COMMAND_REFUSED, f"ipmitool says: {quoted(said) or 'nothing'}")


def quoted(text: str) -> str:
    """The last line with something on it, fit for an error message: a BMC is not to be trusted."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return "".join(c if c.isprintable() else "?" for c in last)[:_LONGEST_QUOTE]


def _without_chatter(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.lower().startswith(_CHATTER))
    return "\n".join(lines)
