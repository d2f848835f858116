"""Ironic OSSN-0099: deeply nested JSON crashed the API before anybody was asked who they are. Depth
is bounded on both listeners, and no body is read before the caller is known."""

import pytest

DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000


@pytest.mark.parametrize("path", ["/v1/continue_inspection", "/v1/heartbeat/x"])
async def test_the_ramdisks_listener_refuses_depth(tenancy, path):
    assert (await tenancy.cloud.ramdisk.post(path, DEEP)).status == 400


async def test_the_operators_listener_asks_first_who_it_is(tenancy):
    assert (await tenancy.by("nobody").post("/v1/nodes", DEEP)).status == 401
    assert (await tenancy.by("system admin").post("/v1/nodes", DEEP)).status == 400
