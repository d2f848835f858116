"""Who is asking: turns a request's headers into a RequestContext, by the configured strategy."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bessemer.context import RequestContext, RequestId
from bessemer.errors import Unauthorized

TokenValidator = Callable[[str], Awaitable[RequestContext | None]]
"""Maps an `X-Auth-Token` to its owner; None for an unknown or expired token."""

Authenticate = Callable[[Mapping[str, str], RequestId], Awaitable[RequestContext]]


def noauth() -> Authenticate:
    """Everybody is an administrator; for loopback only (`settings` refuses anything else)."""

    async def authenticate(_headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        return RequestContext(
            request_id=request_id,
            user_id="noauth",
            user_name="noauth",
            project_id="noauth",
            project_name="noauth",
            roles=frozenset({"admin", "manager", "member", "reader"}),
            system_scope=True,
        )

    return authenticate


def by_token(validate: TokenValidator, keystone: str = "/identity/v3") -> Authenticate:
    """Keystone tokens in `X-Auth-Token`. Raises Unauthorized for a missing or unknown one.

    `keystone`: where a client is told that it gets one.
    """

    async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        owner = await validate(headers.get("X-Auth-Token", ""))
        if owner is None:
            raise Unauthorized(
                "Authentication required: send a valid X-Auth-Token.", f'Keystone uri="{keystone}"'
            )
        return replace(owner, request_id=request_id)

    return authenticate
