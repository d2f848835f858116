"""What RAKP proves and derives: HMACs over both sides' numbers (sections 13.20 to 13.23, 13.31, 13.32)."""

import hmac
from dataclasses import dataclass
from typing import Final

from bessemer_ipmi.cipher_suites import CipherSuite

KEY_OCTETS: Final = 20
"""Longest password and K_g."""
_CONSTANT_1: Final = b"\x01" * 20
_CONSTANT_2: Final = b"\x02" * 20
_AES_KEY_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class Handshake:
    """Everything that both sides know once RAKP message 2 has been sent; wire octets throughout.

    `role`: the octet of the requested privilege, with its name-only look-up bit (section 13.20).
    """

    suite: CipherSuite
    console_session: bytes
    bmc_session: bytes
    console_random: bytes
    bmc_random: bytes
    bmc_guid: bytes
    role: int
    username: bytes

    @property
    def identity(self) -> bytes:
        """Role and name, as every HMAC has them."""
        return bytes((self.role, len(self.username))) + self.username


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Of one session: `integrity` is K1, `encryption` the first 16 octets of K2."""

    session_integrity: bytes
    integrity: bytes
    encryption: bytes


def rakp_2_code(known: Handshake, password: bytes) -> bytes:
    """By this a BMC proves that it knows the password."""
    said = (
        known.console_session,
        known.bmc_session,
        known.console_random,
        known.bmc_random,
        known.bmc_guid,
        known.identity,
    )
    return hmac.digest(password, b"".join(said), known.suite.hash)


def rakp_3_code(known: Handshake, password: bytes) -> bytes:
    """By this the remote console does."""
    said = known.bmc_random + known.console_session + known.identity
    return hmac.digest(password, said, known.suite.hash)


def rakp_4_code(known: Handshake, keys: SessionKeys) -> bytes:
    """By this a BMC proves that it has come to the same keys; truncated."""
    said = known.console_random + known.bmc_session + known.bmc_guid
    whole = hmac.digest(keys.session_integrity, said, known.suite.hash)
    return whole[: known.suite.check_octets]


def session_keys(known: Handshake, password: bytes, kg_key: bytes = b"") -> SessionKeys:
    """`kg_key` empty: the BMC has none, and the password stands in for it (section 13.31)."""
    said = known.console_random + known.bmc_random + known.identity
    session_integrity = hmac.digest(kg_key or password, said, known.suite.hash)
    return SessionKeys(
        session_integrity,
        hmac.digest(session_integrity, _CONSTANT_1, known.suite.hash),
        hmac.digest(session_integrity, _CONSTANT_2, known.suite.hash)[:_AES_KEY_OCTETS],
    )
