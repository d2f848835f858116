"""Who is asking: turns a request's headers into a RequestContext, by the configured strategy."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from bessemer.context import RequestContext, RequestId
from bessemer.errors import Forbidden, Unauthorized

TokenValidator = Callable[[str], Awaitable[RequestContext | None]]
"""Maps an `X-Auth-Token` to its owner; None for an unknown or expired token."""

Authenticate = Callable[[Mapping[str, str], RequestId], Awaitable[RequestContext]]


def noauth(allowed_origins: Collection[str] = ()) -> Authenticate:
    """Everybody is an administrator; for loopback only (`settings` refuses anything else).

    `allowed_origins`: web sites whose pages may use the API, besides our own.
    """

    async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        refuse_other_sites(headers, allowed_origins)
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


def refuse_other_sites(headers: Mapping[str, str], allowed_origins: Collection[str] = ()) -> None:
    """Raises Forbidden for what a web page of another site sends through an operator's browser.

    Where the browser proves itself without the page's doing (a loopback address, a remembered
    password), any page could otherwise order machines about (RFC 6454 section 7).
    """
    origin = headers.get("Origin")
    if origin is None or origin in allowed_origins:
        return
    if origin.partition("://")[2] != headers.get("Host"):
        raise Forbidden(
            "Web pages of other sites may not use this API. The setting cors.allowed_origin names "
            "those that may."
        )


def by_token(
    validate: TokenValidator, keystone: str = "/identity/v3", *, legacy_admin: bool = False
) -> Authenticate:
    """Keystone tokens in `X-Auth-Token`. Raises Unauthorized for a missing or unknown one.

    `keystone`: where a client is told that it gets one. `legacy_admin`: see the settings.
    """

    async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        owner = await validate(headers.get("X-Auth-Token", ""))
        if owner is None:
            raise Unauthorized(
                "Authentication required: send a valid X-Auth-Token.", f'Keystone uri="{keystone}"'
            )
        return replace(owner, request_id=request_id, legacy_admin=legacy_admin)

    return authenticate
