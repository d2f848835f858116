"""`/v1/nodes/{ident}/vifs`: tenants' network ports on NICs and bonds."""

import uuid

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.public import BondView
from bessemer.context import admin_context

VIFS = "/v1/nodes/n1/vifs"


@pytest.fixture
async def node(cloud):
    return await cloud.enrol(name="n1")


async def attached(cloud):
    return [each["id"] for each in (await cloud.client.get(VIFS)).json["vifs"]]


async def test_a_bond_comes_first_then_the_rest(cloud, node):
    body = {"node_uuid": node["uuid"], "name": "bond0", "address": "52:54:00:00:00:01"}
    group = (await cloud.client.post("/v1/portgroups", body)).json
    for number in (1, 2):
        mac = f"52:54:00:00:00:0{number}"
        await cloud.add_port(node["uuid"], mac, portgroup_uuid=group["uuid"])
    single = await cloud.add_port(node["uuid"], "52:54:00:00:00:03")
    for vif in ("one", "two"):
        assert (await cloud.client.post(VIFS, {"id": vif})).status == 204
    assert sorted(await attached(cloud)) == ["one", "two"]
    shown = (await cloud.client.get("/v1/portgroups/bond0")).json
    assert shown["internal_info"] == {"tenant_vif_port_id": "one"}
    shown = (await cloud.client.get(f"/v1/ports/{single['uuid']}")).json
    assert shown["internal_info"] == {"tenant_vif_port_id": "two"}
    assert (await cloud.client.post(VIFS, {"id": "three"})).status == 400
    assert (await cloud.client.delete(f"{VIFS}/one")).status == 204
    assert await attached(cloud) == ["two"]


async def test_other_rooms_learn_which_network_ports_are_on_bonds(cloud, node):
    body = {"node_uuid": node["uuid"], "mode": "802.3ad", "properties": {"miimon": 100}}
    group = (await cloud.client.post("/v1/portgroups", body)).json
    members = {}
    for mac in ("52:54:00:00:00:01", "52:54:00:00:00:02"):
        port = await cloud.add_port(node["uuid"], mac, portgroup_uuid=group["uuid"])
        members[port["uuid"]] = mac
    await cloud.add_port(node["uuid"], "52:54:00:00:00:03")
    assert await cloud.service.list_bonds(admin_context(), node["uuid"]) == []
    for vif in ("one", "two"):
        assert (await cloud.client.post(VIFS, {"id": vif})).status == 204
    (bond,) = await cloud.service.list_bonds(admin_context(), node["uuid"])
    assert bond == BondView("one", "802.3ad", {"miimon": 100}, members)


async def test_the_nic_may_be_named_since_1_67(cloud, node):
    await cloud.add_port(node["uuid"], "52:54:00:00:00:01")
    last = await cloud.add_port(node["uuid"], "52:54:00:00:00:02", pxe_enabled=False)
    body = {"id": "one", "port_uuid": last["uuid"]}
    early = await cloud.client.post(VIFS, body, X_OpenStack_Ironic_API_Version="1.66")
    assert early.status == 406
    named = await cloud.client.post(VIFS, body, X_OpenStack_Ironic_API_Version="1.67")
    assert named.status == 204
    shown = (await cloud.client.get(f"/v1/ports/{last['uuid']}")).json
    assert shown["internal_info"] == {"tenant_vif_port_id": "one"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"port_uuid": str(uuid.uuid4())}, "No NIC is free"),
        ({"portgroup_uuid": str(uuid.uuid4())}, "No NIC is free"),
        ({"port_uuid": "eth0"}, "UUID"),
        ({"port_uuid": str(uuid.uuid4()), "portgroup_uuid": str(uuid.uuid4())}, "not both"),
    ],
)
async def test_nics_that_are_none_of_the_nodes_are_refused(cloud, node, body, words):
    await cloud.add_port(node["uuid"])
    answer = await cloud.client.post(VIFS, {"id": "one", **body})
    assert (answer.status, words in fault(answer)) == (400, True)
    assert await attached(cloud) == []
