"""What other rooms may ask of the identity service."""

from typing import Protocol

from bessemer.context import RequestContext


class IdentityService(Protocol):
    """Keystone's job, as far as the other services need it."""

    async def validate_token(self, token: str) -> RequestContext | None:
        """The token's owner; None for an unknown, revoked or expired token."""
