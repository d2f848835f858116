"""Version documents, extensions, and collections that are always empty."""

import pytest
from starlette.applications import Starlette
from tests.api.network.test_networks import error_of
from tests.asgi import AsgiClient


async def test_versions_are_public_and_point_to_v2(app: Starlette) -> None:
    answer = await AsgiClient(app).get("/network/")
    (version,) = answer.json["versions"]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"] == [{"rel": "self", "href": "http://cloud.test/network/v2.0/"}]


async def test_the_version_lists_its_resources(app: Starlette) -> None:
    resources = (await AsgiClient(app).get("/network/v2.0/")).json["resources"]
    assert [resource["collection"] for resource in resources] == ["networks", "subnets", "ports"]


async def test_extensions_by_alias(blue: AsgiClient) -> None:
    listed = (await blue.get("/network/v2.0/extensions")).json["extensions"]
    assert {"provider", "binding", "extra_dhcp_opt"} <= {e["alias"] for e in listed}
    one = (await blue.get("/network/v2.0/extensions/binding")).json["extension"]
    assert one in listed
    missing = await blue.get("/network/v2.0/extensions/trunk")
    assert error_of(missing) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("path", "key"),
    [("agents", "agents"), ("security-groups", "security_groups"), ("floatingips", "floatingips")],
)
async def test_what_this_cloud_does_not_make_is_an_empty_list(
    blue: AsgiClient, path: str, key: str
) -> None:
    assert (await blue.get(f"/network/v2.0/{path}")).json == {key: []}
    assert error_of(await blue.get(f"/network/v2.0/{path}/x")) == (404, "ResourceNotFound")


async def test_quotas_are_unlimited(blue: AsgiClient) -> None:
    quota = (await blue.get("/network/v2.0/quotas/blue")).json["quota"]
    assert set(quota.values()) == {-1}
