"""Who passes the rules of compute, network, image and identity, persona by persona."""

from dataclasses import replace

import pytest
from tests.api.compute.api_cloud import an_api_cloud
from tests.api.security.personas import PERSONAS, of_project

from bessemer.bus.memory import MemoryBus
from bessemer.compute.api.policies import RULES as COMPUTE
from bessemer.compute.api.service import compute_api
from bessemer.context import RequestContext, new_request_id
from bessemer.db.engine import open_database
from bessemer.identity.api.policies import RULES as IDENTITY
from bessemer.identity.api.service import identity_api
from bessemer.identity.service import EmbeddedIdentity
from bessemer.identity.settings import IdentitySettings
from bessemer.image.api.policies import RULES as IMAGE
from bessemer.image.api.service import image_api
from bessemer.image.service import EmbeddedImages
from bessemer.image.settings import ImageSettings
from bessemer.network.api.policies import RULES as NETWORK
from bessemer.network.api.service import network_api
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings
from bessemer.web.authentication import by_token
from bessemer.web.policies import standing
from bessemer.web.routes import Access

PASSES = {
    "os_compute_api:os-hypervisors:list": {"system admin"},
    "os_compute_api:os-flavor-manage:create": {"system admin"},
    "os_compute_api:servers:index": {"system admin", "system service", "nova", *"rmoa"},
    "os_compute_api:servers:create": {"system admin", "system service", "nova", *"moa"},
    "create_network": {"system admin", "system service", "nova", *"moa"},
    "get_port": {"system admin", "system service", "nova", *"rmoa"},
    "add_image": {"system admin", "system service", "nova", *"moa"},
    "get_images": {"system admin", "system service", "nova", *"rmoa"},
    "identity:create_user": {"system admin"},
    "identity:list_users": {
        "system admin",
        "system manager",
        "system member",
        "system reader",
    },
    "identity:list_domains": set(PERSONAS),
}
"""Rule -> who passes; r, m, o and a are a project's reader, member, manager and admin."""
_SHORT = {"reader": "r", "member": "m", "manager": "o", "admin": "a"}
EVERYTHING = {**COMPUTE, **NETWORK, **IMAGE, **IDENTITY}


@pytest.mark.parametrize("rule", PASSES)
@pytest.mark.parametrize("persona", PERSONAS)
def test_the_tables_let_through_whom_they_name(rule, persona):
    scope, _, role = persona.partition(" ")
    short = _SHORT.get(role, "") if scope in {"owner", "lessee", "stranger"} else ""
    passes = bool(EVERYTHING[rule] & standing(PERSONAS[persona]))
    assert passes is bool({persona, short} & PASSES[rule])


async def test_every_route_has_its_rule_in_the_table_of_its_room(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/rooms.db")
    identity = EmbeddedIdentity(database, IdentitySettings(), tmp_path)
    images = EmbeddedImages(database, ImageSettings(), tmp_path)
    network = EmbeddedNetwork(database, MemoryBus(), NetworkSettings(dhcp="none"), tmp_path)
    async with an_api_cloud(tmp_path) as api:
        rooms = (identity_api(identity), image_api(images), *network_api(network))
        for service in (*rooms, compute_api(api.cloud.compute)):
            demanded = {r.policy for r in service.routes if r.access is Access.AUTHENTICATED}
            assert demanded == service.rules.keys(), service.prefix
    await database.close()


async def test_an_admin_of_some_project_sees_that_projects_servers_only(tmp_path):
    async with an_api_cloud(tmp_path) as api:
        server = await api.create()
        assert (await api.eve.get(f"/compute/v2.1/servers/{server}")).status == 404
        listed = await api.eve.get("/compute/v2.1/servers/detail?all_tenants=1")
        assert listed.status in {200, 403}
        assert server not in listed.content.decode()
        assert (await api.eve.get("/compute/v2.1/os-hypervisors")).status == 403
        assert (await api.root.get(f"/compute/v2.1/servers/{server}")).status == 200


async def test_the_setting_legacy_admin_makes_them_administrators_again():
    async def whose(_token: str) -> RequestContext:
        return of_project("shop", "admin")

    headers, request_id = {"X-Auth-Token": "x"}, new_request_id()
    legacy = await by_token(whose, legacy_admin=True)(headers, request_id)
    assert legacy.is_admin
    assert not legacy.system_scope
    assert not (await by_token(whose)(headers, request_id)).is_admin


def test_the_role_service_counts_in_the_services_own_project_only():
    assert PERSONAS["nova"].is_service
    assert not replace(PERSONAS["nova"], service_project=False).is_service
