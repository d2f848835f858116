"""Ironic CVE-2026-44918: things could be moved under another owner's node. Who moves a thing needs
the right at both ends; a node that they may not see is as good as none."""

import pytest
from tests.api.baremetal.cloud import fault

CHILDREN = ("ports", "portgroups", "volume/connectors", "volume/targets")


async def moved(tenancy, persona: str, kind: str, node: str):
    path = f"/v1/{kind}/{tenancy.things[f'/{kind}']}"
    return await tenancy.patch(persona, path, ("/node_uuid", node))


@pytest.mark.parametrize("kind", CHILDREN)
async def test_nothing_moves_under_a_node_of_others(tenancy, kind):
    hidden = await moved(tenancy, "owner admin", kind, tenancy.foreign)
    absent = await moved(tenancy, "owner admin", kind, "0b5a6c1e-0000-4000-8000-000000000000")
    assert hidden.status == absent.status == 400
    assert "could not be found" in fault(hidden)
    shown = await tenancy.by("system admin").get(f"/v1/{kind}/{tenancy.things[f'/{kind}']}")
    assert shown.json["node_uuid"] == tenancy.node


@pytest.mark.parametrize("kind", CHILDREN)
async def test_nothing_is_taken_from_a_node_of_others(tenancy, kind):
    assert (await moved(tenancy, "stranger admin", kind, tenancy.foreign)).status == 404


@pytest.mark.parametrize("kind", CHILDREN)
async def test_nothing_is_made_under_a_node_of_others(tenancy, kind):
    body = {"node_uuid": tenancy.foreign, "address": "52:54:00:00:00:77"}
    answer = await tenancy.by("owner admin").post(f"/v1/{kind}", body)
    assert answer.status == 400
    assert "could not be found" in fault(answer)


@pytest.mark.parametrize("kind", ["ports", "portgroups"])
async def test_a_node_that_one_sees_only_takes_nothing_either(tenancy, kind):
    await tenancy.patch("system admin", "/v1/nodes/foreign", ("/lessee", "project-owner"))
    assert (await moved(tenancy, "owner admin", kind, tenancy.foreign)).status == 403


async def test_a_node_gets_no_parent_of_others(tenancy):
    answer = await tenancy.patch("owner admin", "/v1/nodes/rented", ("/parent_node", "foreign"))
    assert answer.status == 403
