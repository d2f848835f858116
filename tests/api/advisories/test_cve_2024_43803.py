"""Metal3 CVE-2024-43803, CVE-2025-29781: objects could name secrets of others. What a request refers
to is authorised for who sends it: nodes of an allocation, the runbook of a cleaning."""

import pytest
from tests.api.baremetal.cloud import fault


@pytest.mark.parametrize(
    "body",
    [
        {"resource_class": "x", "candidate_nodes": ["foreign"]},
        {"resource_class": "x", "candidate_nodes": ["rented", "foreign"]},
        {"node": "foreign"},
    ],
)
async def test_an_allocation_names_no_nodes_of_others(tenancy, body):
    answer = await tenancy.by("owner admin").post("/v1/allocations", body)
    assert answer.status == 400
    assert "foreign could not be found" in fault(answer)


async def test_an_allocation_is_made_for_ones_own_project(tenancy):
    body = {"resource_class": "x", "owner": "project-stranger"}
    assert (await tenancy.by("owner admin").post("/v1/allocations", body)).status == 403
    made = await tenancy.by("owner member").post("/v1/allocations", {"resource_class": "x"})
    assert made.status == 201
    assert made.json["owner"] == "project-owner"


async def test_a_cleaning_follows_no_runbook_of_others(tenancy):
    path, body = "/v1/nodes/foreign/states/provision", {"target": "clean", "runbook": "CUSTOM_BOOK"}
    answer = await tenancy.by("stranger admin").put(path, body)
    assert answer.status == 400
    assert "CUSTOM_BOOK could not be found" in fault(answer)


async def test_a_port_joins_no_bond_of_others(tenancy):
    made = await tenancy.cloud.add_port(tenancy.foreign, "52:54:00:00:00:55")
    change = ("/portgroup_uuid", tenancy.things["/portgroups"])
    answer = await tenancy.patch("stranger admin", f"/v1/ports/{made['uuid']}", change)
    assert answer.status == 400
    assert "could not be found" in fault(answer)
