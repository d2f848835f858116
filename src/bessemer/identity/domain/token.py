"""Tokens: who was let in, for what, until when. Only a token's hash is ever stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from bessemer.identity.domain.people import SYSTEM, Project, Role, User


@dataclass(frozen=True, slots=True)
class Token:
    """One login. `target` is a project's id, SYSTEM, or None for an unscoped token."""

    hash: str
    user_id: str
    target: str | None
    methods: tuple[str, ...]
    audit_id: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A valid token with everything that it stands for at this moment."""

    token: Token
    user: User
    project: Project | None
    roles: tuple[Role, ...]

    @property
    def is_system(self) -> bool:
        """True when the token is for the deployment as a whole."""
        return self.token.target == SYSTEM


def new_secret() -> str:
    """The text that a client sends in `X-Auth-Token`: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_audit_id() -> str:
    """Names a token in logs without giving it away."""
    return secrets.token_urlsafe(16)


def hashed(secret: str) -> str:
    """What is stored of a token. Unsalted: 256 random bits cannot be guessed or tabled."""
    return hashlib.sha256(secret.encode()).hexdigest()
