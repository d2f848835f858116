"""Generated from the rows: an endpoint is unknown below its microversion, and there from it on."""

import re

import pytest
from tests.api.baremetal.cloud import fault
from tests.api.baremetal.world import World
from tests.unit.baremetal.api_rows import OPERATORS, ident

from bessemer.web.errors import status_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def matches(row, path) -> bool:
    """Whether the row answers at this path, too: `/nodes/{ident}` at `/nodes/detail`."""
    return bool(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", row.path), path))


def absent(answer, row) -> bool:
    too_early = status_of(row.too_early(""))
    return answer.status == too_early and "exists since" in fault(answer)


@pytest.mark.parametrize("row", [row for row in OPERATORS if row.since > 1], ids=ident)
async def test_an_endpoint_begins_with_its_version(world: World, row):
    url, method = world.url(row), row.method
    if method == "DELETE":
        url = url.replace(world.node, "none-such")
    fitting = row.body() if row.body in {dict, list} else None
    assert absent(await world.ask(method, url, fitting, minor=row.since - 1), row)
    if method == "GET":
        assert not absent(await world.get(url, row.since), row)
    else:
        assert not absent(await world.ask(method, url, b"{", minor=row.since), row)


@pytest.mark.parametrize("path", sorted({row.path for row in OPERATORS}))
async def test_a_path_takes_its_own_methods_only(world: World, path):
    rows = [row for row in OPERATORS if matches(row, path)]
    own = next(row for row in rows if row.path == path)
    for method in set(METHODS) - {row.method for row in rows}:
        answer = await world.ask(method, world.url(own))
        assert answer.status == 405
        assert answer.headers["allow"]


@pytest.mark.parametrize("row", OPERATORS, ids=ident)
async def test_every_reply_names_its_versions_and_its_request(world: World, row):
    answer = await world.ask(row.method, world.url(row) + "?none-such=1", b"{")
    assert answer.headers["X-OpenStack-Ironic-API-Version"] == "1.115"
    assert answer.headers["X-OpenStack-Ironic-API-Minimum-Version"] == "1.1"
    assert answer.headers["X-OpenStack-Ironic-API-Maximum-Version"] == "1.115"
    assert answer.headers["Openstack-Request-Id"] == answer.headers["X-Openstack-Request-Id"]


@pytest.mark.parametrize(
    "row",
    [row for row in OPERATORS if not row.any_query],
    ids=ident,
)
async def test_a_query_that_means_nothing_is_refused(world: World, row):
    fitting = row.body() if row.body in {dict, list} else None
    answer = await world.ask(row.method, f"{world.url(row)}?speed=11", fitting)
    assert answer.status == 400
    assert "speed" in fault(answer)
