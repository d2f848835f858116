"""A cloud whose callers say who they are by a header, so that one test can be everybody."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import insert
from tests.api.baremetal.cloud import LATEST, VERSION, Cloud, a_cloud
from tests.asgi import Answer, AsgiClient

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.baremetal.store.tables import (
    allocations,
    portgroups,
    ports,
    runbooks,
    volume_connectors,
    volume_targets,
)
from bessemer.clock import now
from bessemer.context import RequestContext, RequestId
from bessemer.errors import Unauthorized
from bessemer.web.dispatch import application

OWNER, LESSEE, STRANGER = "project-owner", "project-lessee", "project-stranger"
_LADDER = ("reader", "member", "manager", "admin")


def roles(top: str) -> frozenset[str]:
    """As Keystone's tokens have them: each role brings the lower ones along."""
    known = top in _LADDER
    return frozenset(_LADDER[: _LADDER.index(top) + 1]) if known else frozenset({top})


def system(role: str) -> RequestContext:
    return RequestContext(user_id=f"system-{role}", roles=roles(role), system_scope=True)


def of_project(project: str, role: str) -> RequestContext:
    user = f"{project}-{role}"
    return RequestContext(user_id=user, project_id=project, roles=roles(role))


PERSONAS: Final[Mapping[str, RequestContext]] = {
    **{f"system {role}": system(role) for role in (*_LADDER, "service")},
    **{
        f"{word} {role}": of_project(project, role)
        for word, project in (("owner", OWNER), ("lessee", LESSEE), ("stranger", STRANGER))
        for role in (*_LADDER, "service", "observer")
    },
    "nova": replace(of_project("project-service", "service"), service_project=True),
}


async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
    persona = PERSONAS.get(headers.get("X-Persona", ""))
    if persona is None:
        raise Unauthorized("Who are you?")
    return replace(persona, request_id=request_id)


@dataclass
class Tenancy:
    """`node` belongs to OWNER and is rented to LESSEE; `foreign` is a stranger's."""

    cloud: Cloud
    app: Any
    node: str
    foreign: str
    things: Mapping[str, str]

    def by(self, persona: str) -> AsgiClient:
        return AsgiClient(self.app, {VERSION: LATEST, "X-Persona": persona})

    async def patch(self, persona: str, path: str, *changes: tuple[str, Any]) -> Answer:
        body = [{"op": "add", "path": name, "value": value} for name, value in changes]
        return await self.by(persona).patch(path, body)


@asynccontextmanager
async def a_tenancy(directory: Any) -> AsyncIterator[Tenancy]:
    async with a_cloud(directory) as cloud:
        ours = await cloud.enrol(name="rented", owner=OWNER, lessee=LESSEE)
        foreign = await cloud.enrol(name="foreign", owner=STRANGER)
        await cloud.enrol(name="nobodys")
        things = await _things(cloud, ours["uuid"])
        services = baremetal_services(cloud.desk)
        app = application(services, authenticate)
        yield Tenancy(cloud, app, ours["uuid"], foreign["uuid"], things)


async def _things(cloud: Cloud, node: str) -> dict[str, str]:
    """One of each kind, behind the API's back: the uuid of each, by the start of its path."""
    made = {path: str(uuid.uuid4()) for path, _, _ in ROWS}
    async with cloud.desk.shelves.database.write() as connection:
        for path, table, values in ROWS:
            column = {"node_uuid": node} if table is not runbooks else {}
            row = {"uuid": made[path], "created_at": now(), **column, **values}
            await connection.execute(insert(table).values(**row))
    return made


_PORT = {
    "pxe_enabled": True,
    "is_smartnic": False,
    "local_link_connection": {},
    "internal_info": {},
    "extra": {},
}
_GROUP = {
    "mode": "active-backup",
    "standalone_ports_supported": True,
    "dynamic_portgroup": False,
    "properties": {},
    "internal_info": {},
    "extra": {},
}
_TARGET = {
    "volume_type": "iscsi",
    "boot_index": 0,
    "volume_id": "v",
    "properties": {"target_iqn": "iqn.x", "auth_password": "hunter2"},
    "extra": {},
}
ROWS: Final = (
    ("/ports", ports, {"address": "52:54:00:00:00:99", "name": "nic", **_PORT}),
    ("/portgroups", portgroups, {"name": "bond", **_GROUP}),
    ("/volume/connectors", volume_connectors, {"type": "iqn", "connector_id": "c", "extra": {}}),
    ("/volume/targets", volume_targets, _TARGET),
    (
        "/allocations",
        allocations,
        {
            "name": "wish",
            "state": "active",
            "owner": OWNER,
            "traits": [],
            "candidate_nodes": [],
            "extra": {},
        },
    ),
    (
        "/runbooks",
        runbooks,
        {
            "name": "CUSTOM_BOOK",
            "owner": OWNER,
            "public": False,
            "disable_ramdisk": False,
            "steps": [],
            "traits": [],
            "extra": {},
        },
    ),
)
