"""Cipher suites spoken here: their algorithms and lengths (sections 13.28, 22.15.2; table 22-20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """Numbers as the wire has them; `hash` as hashlib names it.

    `check_octets`: length of the truncated HMACs, of RAKP message 4 and of each packet alike.
    """

    number: int
    authentication: int
    integrity: int
    confidentiality: int
    hash: str
    digest_octets: int
    check_octets: int

    @property
    def algorithms(self) -> tuple[int, int, int]:
        """Authentication, integrity, confidentiality."""
        return self.authentication, self.integrity, self.confidentiality


_AES_CBC_128: Final = 0x01

SUITES: Final[Mapping[int, CipherSuite]] = {
    3: CipherSuite(3, 0x01, 0x01, _AES_CBC_128, "sha1", 20, 12),
    17: CipherSuite(17, 0x03, 0x04, _AES_CBC_128, "sha256", 32, 16),
}
"""By number: RAKP-HMAC-SHA1 with HMAC-SHA1-96, RAKP-HMAC-SHA256 with HMAC-SHA256-128."""


def suite_of(algorithms: tuple[int, int, int]) -> CipherSuite | None:
    """The suite of these three algorithms, if it is spoken here."""
    return next((suite for suite in SUITES.values() if suite.algorithms == algorithms), None)
