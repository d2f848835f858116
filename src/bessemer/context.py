"""Who asks, and under which request id: travels from the API through the conductor into the logs."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Final, NewType

RequestId = NewType("RequestId", str)

_WELL_FORMED: Final = re.compile(r"req-[0-9a-f-]{36}\Z")


def new_request_id() -> RequestId:
    """A fresh id in OpenStack's spelling, `req-<uuid>`."""
    return RequestId(f"req-{uuid.uuid4()}")


def request_id_or_new(text: str | None) -> RequestId:
    """The caller's id when it is well formed (`X-OpenStack-Request-ID`), else a fresh one."""
    return RequestId(text) if text and _WELL_FORMED.match(text) else new_request_id()


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One authenticated request. `roles` are Keystone's names (admin, manager, member, reader, service).

    `system_scope`: the roles are on the whole deployment, by the token's scope or because its project
    is the administrators' own. `service_project`: the project is that of the deployment's own services.
    `legacy_admin`: the role admin on whatever project administers the deployment outside bare metal.
    """

    request_id: RequestId = field(default_factory=new_request_id)
    user_id: str | None = None
    user_name: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    roles: frozenset[str] = frozenset()
    system_scope: bool = False
    service_project: bool = False
    legacy_admin: bool = False

    @property
    def is_admin(self) -> bool:
        """True for an administrator of the deployment, not for one of just some project."""
        return "admin" in self.roles and (self.system_scope or self.legacy_admin)

    @property
    def is_service(self) -> bool:
        """True for one of the deployment's own services."""
        return "service" in self.roles and (self.system_scope or self.service_project)


def admin_context(request_id: RequestId | None = None) -> RequestContext:
    """The cloud's own services acting for themselves."""
    return RequestContext(
        request_id=request_id or new_request_id(),
        user_name="bessemer",
        roles=frozenset({"admin", "service"}),
        system_scope=True,
    )
