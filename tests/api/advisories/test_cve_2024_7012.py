"""Foreman CVE-2024-7012, CVE-2024-7923: identity headers that a proxy should have set were taken from
the client. Whatever headers say who somebody is, only tokens and passwords count."""

import pytest
from tests.api.baremetal.cloud import LATEST, VERSION
from tests.asgi import AsgiClient

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import by_token
from bessemer.web.dispatch import application

CLAIMS = {
    "X-Identity-Status": "Confirmed",
    "X-Service-Identity-Status": "Confirmed",
    "X-Roles": "admin,service",
    "X-Role": "admin",
    "X-User": "admin",
    "X-User-Id": "admin",
    "X-Project-Id": "admin",
    "X-Is-Admin-Project": "True",
    "OpenStack-System-Scope": "all",
    "X-Forwarded-User": "admin",
    "X-Remote-User": "admin",
    "Remote-User": "admin",
    "X-Forwarded-For": "127.0.0.1",
    "SSL-Client-Verify": "SUCCESS",
}


@pytest.mark.parametrize("token", [{}, {"X-Auth-Token": ""}, {"X-Auth-Token": "made-up"}])
async def test_claims_in_headers_are_worth_nothing(tenancy, token):
    async def nobodys(_token: str) -> None:
        return None

    cloud = tenancy.cloud
    services = baremetal_services(cloud.desk)
    api = AsgiClient(application(services, by_token(nobodys)), {VERSION: LATEST, **CLAIMS, **token})
    assert (await api.get("/v1/nodes")).status == 401
    assert (await api.post("/v1/nodes", {"driver": "fake-hardware"})).status == 401
    assert (await api.get("/v1")).status == 200


async def test_claims_widen_no_token(tenancy):
    api = tenancy.by("stranger reader")
    api.headers.update(CLAIMS)
    assert [each["name"] for each in (await api.get("/v1/nodes")).json["nodes"]] == ["foreign"]
    assert (await api.get("/v1/nodes/rented")).status == 404
