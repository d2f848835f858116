"""SSH key pairs: imported, or made by us and handed out once."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bessemer.errors import Invalid


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The public half; the private one is never kept. `fingerprint`: MD5 with colons, as Nova shows."""

    user_id: str
    name: str
    public_key: str
    fingerprint: str
    created_at: datetime
    type: str = "ssh"


def fingerprint_of(public_key: str) -> str:
    """MD5 of the key blob (RFC 4716, section 4). Raises Invalid for what is no OpenSSH public key."""
    words = public_key.split()
    try:
        serialization.load_ssh_public_key(public_key.encode())
        blob = base64.b64decode(words[1], validate=True)
    except (ValueError, IndexError, binascii.Error, UnicodeEncodeError) as error:
        raise Invalid(
            "The public key is not one that OpenSSH writes (`ssh-ed25519 AAAA… comment`)."
        ) from error
    except Exception as error:  # UnsupportedAlgorithm is no ValueError
        raise Invalid(f"The public key's type is not supported: {error}.") from error
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def generate() -> tuple[str, str]:
    """A fresh ssh-ed25519 pair: (private key in OpenSSH's format, public key)."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private.decode(), f"{public.decode()} Generated-by-Bessemer"
