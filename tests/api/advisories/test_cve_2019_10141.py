"""Ironic Inspector CVE-2019-10141: text that a ramdisk sent became SQL. Quotes find nothing, break
nothing, and change nothing."""

from urllib.parse import quote

import pytest

EVIL = (
    "' OR '1'='1",
    "x'; DROP TABLE baremetal_nodes; --",
    '" OR ""="',
    "%' OR 1=1 --",
    "\\' OR 1",
)
FILTERS = ("owner", "resource_class", "description_contains", "driver", "lessee", "conductor_group")


@pytest.mark.parametrize("text", EVIL)
async def test_quotes_are_text_everywhere(tenancy, text):
    api, evil = tenancy.by("system admin"), quote(text, safe="")
    for name in FILTERS:
        answer = await api.get(f"/v1/nodes?{name}={evil}")
        assert (answer.status, answer.json["nodes"]) == (200, [])
    for path in ("nodes", "ports", "portgroups", "allocations", "runbooks"):
        assert (await api.get(f"/v1/{path}/{evil}")).status == 404
        assert (await api.get(f"/v1/{path}?marker={evil}")).status == 400
        assert (await api.get(f"/v1/{path}?sort_key={evil}")).status == 400
    lookup = await tenancy.cloud.ramdisk.get(f"/v1/lookup?addresses={evil}")
    assert lookup.status in {400, 404}
    report = {"inventory": {"interfaces": [{"mac_address": text}], "bmc_address": text}}
    assert (await tenancy.cloud.ramdisk.post("/v1/continue_inspection", report)).status in {
        400,
        404,
    }
    assert len((await api.get("/v1/nodes")).json["nodes"]) == 3
