"""Integrity and confidentiality of a session's packets: truncated HMAC, AES-CBC-128 (13.28, 13.29)."""

import hmac
import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bessemer_ipmi.cipher_suites import CipherSuite
from bessemer_ipmi.keys import SessionKeys
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.packets import AUTHENTICATED, ENCRYPTED, V2_HEADER_OCTETS, Packet, header

_BLOCK: Final = 16
_RMCP_OCTETS: Final = 4
_NEXT_HEADER: Final = 0x07
_PADDING: Final = bytes(range(1, _BLOCK))
_PROTECTED: Final = ENCRYPTED | AUTHENTICATED


class Protection:
    """Seals and opens packets with one session's keys, the same for both directions."""

    __slots__ = ("_cipher", "_integrity", "_suite")

    def __init__(self, suite: CipherSuite, keys: SessionKeys) -> None:
        self._suite = suite
        self._integrity = keys.integrity
        self._cipher = AES(keys.encryption)

    def seal(self, packet: Packet) -> bytes:
        """The datagram of a packet with a plain payload."""
        payload = self._encrypt(packet.payload)
        kind = packet.kind | _PROTECTED
        whole = header(kind, packet.session, packet.sequence, len(payload)) + payload
        # What is authenticated is a multiple of 4: from the authentication type to the next header.
        pad = -(len(whole) - _RMCP_OCTETS + 2) % 4
        whole += b"\xff" * pad + bytes((pad, _NEXT_HEADER))
        return whole + self._check_value(whole)

    def open(self, packet: Packet, datagram: bytes) -> bytes:
        """The plain payload of a packet that was decoded from `datagram`. Raises Malformed."""
        if packet.flags & _PROTECTED != _PROTECTED:
            raise Malformed("a packet of the session is not protected as was agreed")
        end = len(datagram) - self._suite.check_octets
        if end < V2_HEADER_OCTETS + len(packet.payload) + 2:
            raise Malformed("a packet of the session is cut off")
        if not hmac.compare_digest(self._check_value(datagram[:end]), datagram[end:]):
            raise Malformed("a packet's integrity check value is wrong")
        return self._decrypt(packet.payload)

    def _check_value(self, whole: bytes) -> bytes:
        code = hmac.digest(self._integrity, whole[_RMCP_OCTETS:], self._suite.hash)
        return code[: self._suite.check_octets]

    def _encrypt(self, plain: bytes) -> bytes:
        vector = os.urandom(_BLOCK)
        pad = -(len(plain) + 1) % _BLOCK
        encryptor = Cipher(self._cipher, CBC(vector)).encryptor()
        padded = plain + _PADDING[:pad] + bytes((pad,))
        return vector + encryptor.update(padded) + encryptor.finalize()

    def _decrypt(self, payload: bytes) -> bytes:
        if len(payload) < 2 * _BLOCK or len(payload) % _BLOCK:
            raise Malformed("an encrypted payload has an odd length")
        decryptor = Cipher(self._cipher, CBC(payload[:_BLOCK])).decryptor()
        padded = decryptor.update(payload[_BLOCK:]) + decryptor.finalize()
        pad = padded[-1]
        if pad >= _BLOCK or padded[len(padded) - 1 - pad : -1] != _PADDING[:pad]:
            raise Malformed("an encrypted payload has a wrong padding")
        return padded[: len(padded) - 1 - pad]
