"""Ironic OSSN-0106: what ramdisks call without logging in was open on the public API. It is served on
the provisioning network's listener and nowhere else; and there, nothing but that."""

import pytest

RAMDISK = (("GET", "/v1/lookup"), ("POST", "/v1/heartbeat/x"), ("POST", "/v1/continue_inspection"))


@pytest.mark.parametrize(("method", "path"), RAMDISK)
async def test_the_operators_listener_has_no_such_path(tenancy, method, path):
    for api in (tenancy.by("system admin"), tenancy.by("nobody")):
        assert (await api.request(method, path, {})).status == 404


@pytest.mark.parametrize("path", ["nodes", "ports", "drivers", "conductors", "runbooks", "events"])
async def test_the_ramdisks_listener_has_nothing_else(tenancy, path):
    for method in ("GET", "POST"):
        assert (await tenancy.cloud.ramdisk.request(method, f"/v1/{path}", {})).status == 404
