"""`/v3/users`, `/v3/projects`, `/v3/roles`, `/v3/domains` and role assignments."""

from bessemer.errors import Forbidden, MethodNotAllowed, NotFound
from bessemer.identity.api.bodies import (
    NewProjectBody,
    NewRoleBody,
    NewUserBody,
    PasswordChangeBody,
    ProjectChangeBody,
    UserChangeBody,
    assignment_body,
    given,
    project_body,
    role_body,
    user_body,
)
from bessemer.identity.domain.people import DOMAIN_ID, DOMAIN_NAME, SYSTEM, Assignment
from bessemer.identity.operations.administer import Administration
from bessemer.json_types import Json, JsonObject
from bessemer.web.policies import ADMIN_OR_AUDITOR, standing
from bessemer.web.routes import Access, Call, Reply, Route


def _page(call: Call, name: str, items: list[JsonObject]) -> Reply:
    own = f"{call.base_url()}{call.request.url.path}"
    return Reply({name: items, "links": {"self": own, "previous": None, "next": None}})


def _elsewhere(call: Call) -> bool:
    """True when only things of another domain are asked for: there are none."""
    return call.query.get("domain_id", DOMAIN_ID) != DOMAIN_ID


class UsersApi:
    """Handlers of `/v3/users`."""

    def __init__(self, administration: Administration) -> None:
        self._verbs = administration

    async def list(self, call: Call) -> Reply:
        """All, or by `name`."""
        found = [] if _elsewhere(call) else await self._verbs.users(call.query.get("name"))
        return _page(call, "users", [user_body(user, call.base_url()) for user in found])

    async def create(self, call: Call) -> Reply:
        """201 and the user."""
        new = call.body.user
        user = await self._verbs.create_user(
            new.name,
            new.password,
            enabled=new.enabled,
            description=new.description or "",
            email=new.email,
            default_project_id=new.default_project_id,
        )
        return Reply({"user": user_body(user, call.base_url())})

    async def show(self, call: Call) -> Reply:
        """Everybody may see themselves; an administrator all."""
        _self_or_admin(call)
        user = await self._verbs.user(call.path["user_id"])
        return Reply({"user": user_body(user, call.base_url())})

    async def change(self, call: Call) -> Reply:
        """A new password or shutting a user out ends the user's tokens."""
        user = await self._verbs.change_user(call.path["user_id"], given(call.body.user))
        return Reply({"user": user_body(user, call.base_url())})

    async def change_password(self, call: Call) -> Reply:
        """By the user: proved by the old password alone."""
        change = call.body.user
        await self._verbs.change_own_password(
            call.path["user_id"], change.original_password, change.password
        )
        return Reply()

    async def delete(self, call: Call) -> Reply:
        """With tokens and assignments."""
        await self._verbs.delete_user(call.path["user_id"])
        return Reply()

    async def projects(self, call: Call) -> Reply:
        """Projects on which the user has a role."""
        _self_or_admin(call)
        found = await self._verbs.projects_of(call.path["user_id"])
        return _page(call, "projects", [project_body(p, call.base_url()) for p in found])


def _sees_all(call: Call) -> bool:
    return bool(standing(call.context) & ADMIN_OR_AUDITOR)


def _self_or_admin(call: Call) -> None:
    if not _sees_all(call) and call.context.user_id != call.path["user_id"]:
        raise Forbidden("Only an administrator may look at other users.")


class ProjectsApi:
    """Handlers of `/v3/projects`."""

    def __init__(self, administration: Administration) -> None:
        self._verbs = administration

    async def list(self, call: Call) -> Reply:
        """All, or by `name`."""
        found = [] if _elsewhere(call) else await self._verbs.projects(call.query.get("name"))
        return _page(call, "projects", [project_body(p, call.base_url()) for p in found])

    async def create(self, call: Call) -> Reply:
        """201 and the project."""
        new = call.body.project
        project = await self._verbs.create_project(new.name, new.description or "", new.enabled)
        return Reply({"project": project_body(project, call.base_url())})

    async def show(self, call: Call) -> Reply:
        """Everybody may see the project they are in; an administrator all."""
        if not _sees_all(call) and call.context.project_id != call.path["project_id"]:
            raise Forbidden("Only an administrator may look at other projects.")
        project = await self._verbs.project(call.path["project_id"])
        return Reply({"project": project_body(project, call.base_url())})

    async def change(self, call: Call) -> Reply:
        """The project as it is now."""
        project = await self._verbs.change_project(
            call.path["project_id"], given(call.body.project)
        )
        return Reply({"project": project_body(project, call.base_url())})

    async def delete(self, call: Call) -> Reply:
        """With tokens and assignments."""
        await self._verbs.delete_project(call.path["project_id"])
        return Reply()


class RolesApi:
    """Handlers of `/v3/roles` and of role assignments."""

    def __init__(self, administration: Administration) -> None:
        self._verbs = administration

    async def list(self, call: Call) -> Reply:
        """All, or by `name`."""
        found = await self._verbs.roles(call.query.get("name"))
        return _page(call, "roles", [role_body(role, call.base_url()) for role in found])

    async def create(self, call: Call) -> Reply:
        """201 and the role."""
        role = await self._verbs.create_role(call.body.role.name, call.body.role.description or "")
        return Reply({"role": role_body(role, call.base_url())})

    async def show(self, call: Call) -> Reply:
        """By id."""
        role = await self._verbs.role(call.path["role_id"])
        return Reply({"role": role_body(role, call.base_url())})

    async def delete(self, call: Call) -> Reply:
        """With its assignments."""
        await self._verbs.delete_role(call.path["role_id"])
        return Reply()

    async def assignments(self, call: Call) -> Reply:
        """`GET /v3/role_assignments`, with `include_names`."""
        project, query = call.query.get("scope.project.id"), call.query
        target = SYSTEM if "scope.system" in query else project
        found = await self._verbs.assignments(query.get("user.id"), query.get("role.id"), target)
        wanted = query.get("include_names", "false").lower() not in ("false", "0")
        names = await self._names() if wanted else None
        return _page(
            call, "role_assignments", [assignment_body(item, names, SYSTEM) for item in found]
        )

    async def assigned(self, call: Call) -> Reply:
        """Roles of one user on one target."""
        path = call.path
        target = path.get("project_id", SYSTEM)
        found = await self._verbs.assignments(path["user_id"], None, target)
        ids = {item.role_id for item in found}
        bodies = [role_body(r, call.base_url()) for r in await self._verbs.roles() if r.id in ids]
        return _page(call, "roles", bodies)

    async def check(self, call: Call) -> Reply:
        """204 when assigned. Raises NotFound."""
        wanted = _assignment(call)
        if not await self._verbs.assignments(wanted.user_id, wanted.role_id, wanted.target):
            raise NotFound("Could not find that role assignment.")
        return Reply()

    async def assign(self, call: Call) -> Reply:
        """Idempotent."""
        await self._verbs.assign(_assignment(call))
        return Reply()

    async def unassign(self, call: Call) -> Reply:
        """Raises NotFound when there is nothing to take away."""
        await self._verbs.unassign(_assignment(call))
        return Reply()

    async def _names(self) -> dict[str, str]:
        users = {user.id: user.name for user in await self._verbs.users()}
        projects = {project.id: project.name for project in await self._verbs.projects()}
        roles = {role.id: role.name for role in await self._verbs.roles()}
        return users | projects | roles


def _assignment(call: Call) -> Assignment:
    path = call.path
    if path.get("project_id") == SYSTEM:  # our own word for it, not a project's id
        raise NotFound(f"Could not find project: {SYSTEM}.")
    return Assignment(path["user_id"], path["role_id"], path.get("project_id", SYSTEM))


def _domain(call: Call) -> Json:
    return {
        "id": DOMAIN_ID,
        "name": DOMAIN_NAME,
        "description": "The one domain",
        "enabled": True,
        "options": {},
        "links": {"self": f"{call.base_url()}/identity/v3/domains/{DOMAIN_ID}"},
    }


async def list_domains(call: Call) -> Reply:
    """The one domain."""
    name = call.query.get("name", DOMAIN_NAME)
    return _page(call, "domains", [_domain(call)] if name.lower() == DOMAIN_NAME.lower() else [])


async def show_domain(call: Call) -> Reply:
    """The one domain, by id."""
    if call.path["domain_id"] != DOMAIN_ID:
        raise NotFound(f"Could not find domain: {call.path['domain_id']}.")
    return Reply({"domain": _domain(call)})


async def create_domain(call: Call) -> Reply:
    """Raises MethodNotAllowed: there is one domain."""
    raise MethodNotAllowed("This identity service has one domain, named Default. Use projects.")


def people_routes(administration: Administration) -> tuple[Route, ...]:
    """All of them."""
    users, projects, roles = (
        UsersApi(administration),
        ProjectsApi(administration),
        RolesApi(administration),
    )
    one_user, one_project, one_role = (
        "/v3/users/{user_id}",
        "/v3/projects/{project_id}",
        "/v3/roles/{role_id}",
    )
    return (
        Route("GET", "/v3/users", users.list, "identity:list_users"),
        Route(
            "POST", "/v3/users", users.create, "identity:create_user", body=NewUserBody, status=201
        ),
        Route("GET", one_user, users.show, "identity:get_user"),
        Route("PATCH", one_user, users.change, "identity:update_user", body=UserChangeBody),
        Route("DELETE", one_user, users.delete, "identity:delete_user", status=204),
        Route("GET", f"{one_user}/projects", users.projects, "identity:list_user_projects"),
        Route(
            "POST",
            f"{one_user}/password",
            users.change_password,
            "identity:change_password",
            Access.PUBLIC,
            PasswordChangeBody,
            204,
        ),
        Route("GET", "/v3/projects", projects.list, "identity:list_projects"),
        Route(
            "POST",
            "/v3/projects",
            projects.create,
            "identity:create_project",
            body=NewProjectBody,
            status=201,
        ),
        Route("GET", one_project, projects.show, "identity:get_project"),
        Route(
            "PATCH",
            one_project,
            projects.change,
            "identity:update_project",
            body=ProjectChangeBody,
        ),
        Route("DELETE", one_project, projects.delete, "identity:delete_project", status=204),
        Route("GET", "/v3/roles", roles.list, "identity:list_roles"),
        Route(
            "POST", "/v3/roles", roles.create, "identity:create_role", body=NewRoleBody, status=201
        ),
        Route("GET", one_role, roles.show, "identity:get_role"),
        Route("DELETE", one_role, roles.delete, "identity:delete_role", status=204),
        Route(
            "GET",
            "/v3/role_assignments",
            roles.assignments,
            "identity:list_role_assignments",
        ),
        *_grants(roles, f"{one_project}/users/{{user_id}}/roles"),
        *_grants(roles, "/v3/system/users/{user_id}/roles"),
        Route("GET", "/v3/domains", list_domains, "identity:list_domains"),
        Route("POST", "/v3/domains", create_domain, "identity:create_domain"),
        Route("GET", "/v3/domains/{domain_id}", show_domain, "identity:get_domain"),
    )


def _grants(roles: RolesApi, path: str) -> tuple[Route, ...]:
    one = f"{path}/{{role_id}}"
    return (
        Route("GET", path, roles.assigned, "identity:list_grants"),
        Route("GET", one, roles.check, "identity:check_grant", status=204),
        Route("PUT", one, roles.assign, "identity:create_grant", status=204),
        Route("DELETE", one, roles.unassign, "identity:revoke_grant", status=204),
    )
