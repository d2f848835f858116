"""`/v3/auth`: issue, show, revoke tokens; what the caller's token opens."""

from dataclasses import replace

from bessemer.errors import Forbidden, Invalid, NotFound, Unauthorized
from bessemer.identity.api.bodies import Auth, AuthBody, Scope, project_body, token_body
from bessemer.identity.domain.catalogue import catalogue
from bessemer.identity.domain.people import DOMAIN_ID, DOMAIN_NAME
from bessemer.identity.domain.token import Grant
from bessemer.identity.operations.log_in import REFUSED, Entered, ScopeWanted
from bessemer.identity.service import EmbeddedIdentity, context_of
from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Reply, Route

AUTH_BODY_LIMIT = 64 * 1024
"""Bytes; a login has no need for more."""


def scope_wanted(scope: str | Scope | None) -> ScopeWanted:
    """Raises Invalid for a scope without content, Unauthorized for one that nobody has a role in."""
    if scope is None:
        return ScopeWanted()
    if isinstance(scope, str):
        return ScopeWanted(default=False)
    if scope.system is not None:
        return ScopeWanted(default=False, system=True)
    if scope.domain is not None:
        raise Unauthorized(REFUSED)  # no roles are given on domains here
    project = scope.project
    if project is None or (project.id is None and project.name is None):
        raise Invalid("auth.scope needs a project (by id, or by name and domain) or system.")
    _refuse_other_domain(
        project.domain.id if project.domain else None,
        project.domain.name if project.domain else None,
    )
    return ScopeWanted(default=False, project_id=project.id, project_name=project.name)


def _refuse_other_domain(ident: str | None, name: str | None) -> None:
    if ident not in (None, DOMAIN_ID) or (name or DOMAIN_NAME).lower() != DOMAIN_NAME.lower():
        raise Unauthorized(REFUSED)


class AuthApi:
    """Handlers of `/v3/auth`."""

    def __init__(self, identity: EmbeddedIdentity, *, legacy_admin: bool) -> None:
        self._identity = identity
        self._legacy_admin = legacy_admin

    async def issue(self, call: Call) -> Reply:
        """`POST /v3/auth/tokens`."""
        body: AuthBody = call.body
        scope = scope_wanted(body.auth.scope)
        entered = await self._enter(body.auth)
        secret, grant = await self._identity.log_in.issue(entered, scope)
        return Reply(
            token_body(grant, self._catalog(call, grant)),
            headers={"X-Subject-Token": secret, "Vary": "X-Auth-Token"},
        )

    async def show(self, call: Call) -> Reply:
        """`GET` and `HEAD /v3/auth/tokens`: the token in X-Subject-Token."""
        grant = await self._subject(call)
        catalog = None if "nocatalog" in call.query else self._catalog(call, grant)
        secret = call.headers["X-Subject-Token"]
        return Reply(token_body(grant, catalog), headers={"X-Subject-Token": secret})

    async def revoke(self, call: Call) -> Reply:
        """`DELETE /v3/auth/tokens`: end the token in X-Subject-Token."""
        await self._subject(call)
        await self._identity.revoke(call.headers["X-Subject-Token"])
        return Reply()

    async def projects(self, call: Call) -> Reply:
        """`GET /v3/auth/projects`: where the caller may go."""
        grant = await self._caller(call)
        found = await self._identity.administration.projects_of(grant.user.id)
        bodies = [project_body(project, call.base_url()) for project in found]
        return Reply({"projects": bodies, "links": _links(call)})

    async def domains(self, call: Call) -> Reply:
        """`GET /v3/auth/domains`: no roles are given on domains here."""
        await self._caller(call)
        return Reply({"domains": [], "links": _links(call)})

    async def system(self, call: Call) -> Reply:
        """`GET /v3/auth/system`."""
        grant = await self._caller(call)
        allowed = await self._identity.administration.has_system_role(grant.user.id)
        return Reply({"system": [{"all": True}] if allowed else [], "links": _links(call)})

    async def catalog(self, call: Call) -> Reply:
        """`GET /v3/auth/catalog`: needs a scoped token, as upstream."""
        grant = await self._caller(call)
        catalog = self._catalog(call, grant)
        if catalog is None:
            raise Forbidden(
                "An unscoped token has no catalogue: ask for a project or system scope."
            )
        return Reply({"catalog": catalog, "links": _links(call)})

    def _catalog(self, call: Call, grant: Grant) -> list[JsonObject] | None:
        if grant.token.target is None:
            return None
        project_id = grant.project.id if grant.project else None
        return catalogue(call.base_url(), self._identity.settings.region, project_id)

    async def _enter(self, auth: Auth) -> Entered:
        identity = auth.identity
        if identity.methods == ["password"] and identity.password is not None:
            user = identity.password.user
            if user.id is None:
                domain = user.domain
                _refuse_other_domain(domain.id if domain else None, domain.name if domain else None)
            return await self._identity.log_in.by_password(user.id, user.name, user.password)
        if identity.methods == ["token"] and identity.token is not None:
            return await self._identity.log_in.by_token(identity.token.id)
        raise Invalid('auth.identity.methods must be ["password"] or ["token"], with its content.')

    async def _caller(self, call: Call) -> Grant:
        grant = await self._identity.find_grant(call.headers.get("X-Auth-Token", ""))
        if grant is None:
            raise Unauthorized(REFUSED)
        return grant

    async def _subject(self, call: Call) -> Grant:
        caller = await self._caller(call)
        subject = await self._identity.find_grant(call.headers.get("X-Subject-Token", ""))
        if subject is None:
            raise NotFound("Could not find that token.")
        context = context_of(caller, self._identity.settings)
        who = replace(context, legacy_admin=self._legacy_admin)
        own = caller.user.id == subject.user.id
        if not (own or who.is_admin or who.is_service):
            raise Forbidden("Only an administrator may look at or end others' tokens.")
        return subject


def _links(call: Call) -> JsonObject:
    return {"self": f"{call.base_url()}{call.request.url.path}", "previous": None, "next": None}


def auth_routes(identity: EmbeddedIdentity, *, legacy_admin: bool) -> tuple[Route, ...]:
    """Routes that look at the token themselves: they also serve unscoped ones, and under noauth."""
    api = AuthApi(identity, legacy_admin=legacy_admin)
    tokens, public = "/v3/auth/tokens", Access.PUBLIC
    return (
        Route(
            "POST",
            tokens,
            api.issue,
            "identity:authenticate",
            public,
            AuthBody,
            201,
            AUTH_BODY_LIMIT,
        ),
        Route("GET", tokens, api.show, "identity:validate_token", public),
        Route("DELETE", tokens, api.revoke, "identity:revoke_token", public, status=204),
        Route("GET", "/v3/auth/projects", api.projects, "identity:get_auth_projects", public),
        Route("GET", "/v3/auth/domains", api.domains, "identity:get_auth_domains", public),
        Route("GET", "/v3/auth/system", api.system, "identity:get_auth_system", public),
        Route("GET", "/v3/auth/catalog", api.catalog, "identity:get_auth_catalog", public),
    )
