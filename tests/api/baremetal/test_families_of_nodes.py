"""Nodes that belong together: parents and children, shards, the conductor that serves them."""

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.domain.provision.states import State


async def names(cloud, query):
    answer = await cloud.client.get(f"/v1/nodes{query}")
    assert answer.status == 200, answer.content
    return {node["name"] for node in answer.json["nodes"]}


async def test_children_are_listed_only_when_asked_for(cloud):
    parent = await cloud.enrol(name="parent")
    child = await cloud.enrol(name="child", parent_node="parent")
    assert child["parent_node"] == parent["uuid"]
    assert await names(cloud, "") == {"parent"}
    assert await names(cloud, "?include_children=true") == {"parent", "child"}
    assert await names(cloud, "?parent_node=parent") == {"child"}
    assert await names(cloud, f"?parent_node={parent['uuid']}") == {"child"}
    answer = await cloud.client.get("/v1/nodes/parent/children")
    assert answer.json["children"] == [child["uuid"]]


async def test_a_parent_outlives_its_children(cloud):
    await cloud.enrol(name="parent")
    await cloud.enrol(name="child", parent_node="parent")
    refused = await cloud.client.delete("/v1/nodes/parent")
    assert refused.status == 409
    assert "child nodes" in fault(refused)
    assert (await cloud.client.delete("/v1/nodes/child")).status == 204
    assert (await cloud.client.delete("/v1/nodes/parent")).status == 204


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        ("nobody", "could not be found"),
        ("itself", "its own parent"),
        ("child", "is a child itself"),
    ],
)
async def test_parents_that_cannot_be(cloud, parent, words):
    await cloud.enrol(name="parent")
    await cloud.enrol(name="child", parent_node="parent")
    await cloud.enrol(name="itself")
    refused = await cloud.patch("/v1/nodes/itself", ("add", "/parent_node", parent))
    assert refused.status == 400
    assert words in fault(refused)
    assert (await cloud.client.get("/v1/nodes/itself")).json["parent_node"] is None


async def test_a_node_with_children_does_not_become_one(cloud):
    await cloud.enrol(name="parent")
    await cloud.enrol(name="child", parent_node="parent")
    await cloud.enrol(name="other")
    refused = await cloud.patch("/v1/nodes/parent", ("add", "/parent_node", "other"))
    assert refused.status == 400
    assert "has children" in fault(refused)


async def test_shards_are_counted_and_filtered_by(cloud):
    for name, shard in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("none", None)):
        await cloud.enrol(name=name, shard=shard)
    shards = (await cloud.client.get("/v1/shards")).json["shards"]
    assert shards[0] == {"name": "a", "count": 2}
    assert {each["name"]: each["count"] for each in shards} == {"a": 2, "b": 1, "None": 1}
    assert await names(cloud, "?shard=a") == {"a1", "a2"}
    assert await names(cloud, "?shard=a,b") == {"a1", "a2", "b1"}
    assert await names(cloud, "?sharded=false") == {"none"}
    assert await names(cloud, "?sharded=true") == {"a1", "a2", "b1"}


async def test_nodes_are_filtered_by_their_conductor(cloud):
    for number in range(5):
        await cloud.enrol(name=f"n{number}")
    host = (await cloud.client.get("/v1/nodes/n0")).json["conductor"]
    page = await cloud.client.get(f"/v1/nodes?conductor={host}&limit=2&sort_key=name&sort_dir=desc")
    assert [node["name"] for node in page.json["nodes"]] == ["n4", "n3"]
    rest = await cloud.client.get(page.json["next"].removeprefix("http://cloud.test"))
    assert [node["name"] for node in rest.json["nodes"]] == ["n2", "n1"]
    assert await names(cloud, "?conductor=elsewhere") == set()


async def test_an_instance_has_one_name(cloud):
    await cloud.enrol(name="n", instance_info={"display_name": "web"})
    assert (await cloud.client.get("/v1/nodes/n")).json["instance_name"] == "web"
    await cloud.patch("/v1/nodes/n", ("replace", "/instance_name", "db"))
    assert (await cloud.client.get("/v1/nodes/n")).json["instance_info"] == {"display_name": "db"}
    assert await names(cloud, "?instance_name=db") == {"n"}
    await cloud.patch("/v1/nodes/n", ("remove", "/instance_info/display_name"))
    assert (await cloud.client.get("/v1/nodes/n")).json["instance_name"] is None


NETWORK_DATA = {
    "links": [{"id": "nic0", "type": "phy", "ethernet_mac_address": "52:54:00:00:00:01"}],
    "networks": [
        {"id": "n0", "link": "nic0", "type": "ipv4", "ip_address": "192.0.2.5", "netmask": "24"}
    ],
    "services": [{"type": "dns", "address": "192.0.2.1"}],
}


async def test_network_data_is_kept_as_given(cloud):
    await cloud.enrol(name="n", network_data=NETWORK_DATA)
    assert (await cloud.client.get("/v1/nodes/n")).json["network_data"] == NETWORK_DATA


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"cables": []}, "must be an object of"),
        ({"links": [{"id": "nic0"}]}, "`type`"),
        ({"links": [{"id": 1, "type": "phy"}]}, "`$.links[0].id`"),
        ({"networks": [{"id": "n", "link": "nic9", "type": "ipv4"}]}, "'nic9', which is not there"),
    ],
)
async def test_network_data_that_makes_no_sense(cloud, data, words):
    refused = await cloud.client.post(
        "/v1/nodes", {"driver": "fake-hardware", "network_data": data}
    )
    assert refused.status == 400
    assert words in fault(refused)


async def test_an_available_node_is_not_retired_under_the_schedulers_hands(cloud):
    node = await cloud.enrol(name="n")
    await cloud.put_in_state(node["uuid"], State.AVAILABLE)
    refused = await cloud.patch("/v1/nodes/n", ("replace", "/retired", True))
    assert refused.status == 409
    assert "available" in fault(refused)


async def test_a_chassis_must_be_there(cloud):
    refused = await cloud.client.post(
        "/v1/nodes",
        {"driver": "fake-hardware", "chassis_uuid": "5a4fd2a4-1f9c-4b4c-b1a5-7a5cfb04a1ab"},
    )
    assert refused.status == 400
    assert "Chassis" in fault(refused)
