"""Auto-discovery believes whoever reaches the listener that it is new, and nothing beyond that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.discovery.cloud import MAC, Site, a_site

OTHER = "52:54:00:12:34:57"
MOST = 3
RULE = "- actions: [{op: fail, args: {msg: not this one}}]\n"


def a_report(*macs: str, **inventory: Any) -> dict[str, Any]:
    nics = [{"name": f"eth{n}", "mac_address": mac} for n, mac in enumerate(macs or (MAC,))]
    return {"inventory": {"interfaces": nics, "cpu": {"count": 2}, **inventory}}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path, enabled=True, driver="ipmi", most_waiting=MOST) as made:
        yield made


async def enrol(site: Site, **fields: Any) -> str:
    made = await site.client.post("/v1/nodes", {"driver": "fake-hardware", **fields})
    assert made.status == 201, made.content
    uuid: str = made.json["uuid"]
    return uuid


async def test_it_is_enrolled_once_and_gets_no_token(site: Site) -> None:
    first = await site.report(a_report(MAC, OTHER))
    assert first.status == 202
    assert first.json["config"]["agent_token"] == "******"
    assert (await site.report(a_report(MAC))).status == 404
    assert (await site.report(a_report(OTHER))).status == 404
    (node,) = await site.nodes()
    assert node["uuid"] == first.json["node"]["uuid"]
    assert node["properties"] == {"cpus": 2}


async def test_a_nic_of_a_node_is_refused_whatever_else_is_reported(site: Site) -> None:
    uuid = await enrol(site)
    await site.client.post("/v1/ports", {"node_uuid": uuid, "address": MAC})
    before = await site.nodes()
    assert (await site.report(a_report(OTHER, MAC, cpu={"count": 9}))).status == 404
    assert await site.nodes() == before


@pytest.mark.parametrize(
    ("driver_info", "inventory"),
    [
        ({"ipmi_address": "192.0.2.9"}, {"bmc_address": "192.0.2.9"}),
        ({"redfish_address": "https://192.0.2.9:8443"}, {"bmc_address": "192.0.2.9"}),
        ({"redfish_address": "https://[2001:DB8::9]/"}, {"bmc_v6address": "2001:db8::9"}),
    ],
)
async def test_the_bmc_of_a_node_is_refused(
    site: Site, driver_info: dict[str, str], inventory: dict[str, str]
) -> None:
    await enrol(site, driver_info=driver_info)
    assert (await site.report(a_report(**inventory))).status == 404
    assert (await site.report(a_report(bmc_address="0.0.0.0"))).status == 202


async def test_no_more_are_enrolled_than_may_wait(site: Site) -> None:
    macs = [f"52:54:00:00:00:{number:02x}" for number in range(MOST + 2)]
    statuses = [(await site.report(a_report(mac))).status for mac in macs]
    assert statuses == [202] * MOST + [404] * 2
    gone = (await site.nodes())[0]["uuid"]
    assert (await site.client.delete(f"/v1/nodes/{gone}")).status == 204
    assert (await site.report(a_report(macs[-1]))).status == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"inventory": {"interfaces": []}}, 404),
        ({"inventory": {"interfaces": [{"mac_address": "junk"}]}}, 404),
        (a_report(memory={"physical_mb": -1}), 400),
        (a_report(cpu={"architecture": "x86; rm"}), 400),
    ],
)
async def test_a_report_that_cannot_be_true_enrols_nobody(
    site: Site, body: dict[str, Any], status: int
) -> None:
    assert (await site.report(body)).status == status
    assert await site.nodes() == []


async def test_who_names_a_node_is_not_enrolled(site: Site) -> None:
    url = "/v1/continue_inspection?node_uuid=11111111-2222-3333-4444-555555555555"
    assert (await site.listener.post(url, a_report())).status == 404
    assert await site.nodes() == []


async def test_what_a_rule_objects_to_is_kept_with_its_words(tmp_path: Path) -> None:
    async with a_site(tmp_path, RULE, enabled=True, driver="ipmi") as site:
        assert (await site.report(a_report())).status == 202
        (node,) = await site.nodes()
        assert "not this one" in node["last_error"]
        assert node["properties"] == {"cpus": 2}


async def test_while_it_is_off_the_answer_is_the_old_one(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        answer = await site.report(a_report())
        assert answer.status == 404
        assert await site.nodes() == []
