"""`/v1/portgroups`: bonds of NICs, their members, and when they may change."""

import uuid

import pytest
from tests.api.baremetal.cloud import a_cloud, fault

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.portgroups import PORTGROUPS

MAC = "52:54:00:aa:00:01"
GROUPS = "/v1/portgroups"


@pytest.fixture
async def node(cloud):
    return await cloud.enrol(name="n1")


@pytest.fixture
async def group(cloud, node):
    return await a_group(cloud, node, name="bond0", address=MAC, mode="802.3ad")


async def a_group(cloud, node, **fields):
    answer = await cloud.client.post(GROUPS, {"node_uuid": node["uuid"], **fields})
    assert answer.status == 201, answer.content
    return answer.json


async def attach_behind_the_api(cloud, group):
    async with cloud.desk.shelves.database.write() as connection:
        known = await PORTGROUPS.get(connection, group["uuid"])
        await PORTGROUPS.save(connection, known.with_internal(tenant_vif_port_id="vif-1"))


async def test_adding_answers_the_group_and_where_it_is(cloud, node):
    body = {
        "node_uuid": node["uuid"],
        "name": "bond0",
        "address": MAC.upper().replace(":", "-"),
        "mode": "802.3ad",
        "properties": {"miimon": "100"},
        "physical_network": "physnet1",
        "category": "storage",
    }
    answer = await cloud.client.post(GROUPS, body)
    assert answer.status == 201
    shown = answer.json
    assert answer.headers["Location"] == f"http://cloud.test{GROUPS}/{shown['uuid']}"
    assert shown["address"] == MAC
    assert shown["standalone_ports_supported"] is True
    assert shown["dynamic_portgroup"] is False
    assert shown["ports"][0]["href"].endswith(f"{GROUPS}/{shown['uuid']}/ports")
    for ident in (shown["uuid"], "bond0"):
        assert (await cloud.client.get(f"{GROUPS}/{ident}")).json == shown


async def test_the_mode_is_active_backup_unless_said(cloud, node):
    group = await a_group(cloud, node)
    assert group["mode"] == (await a_group(cloud, node, mode=None))["mode"] == "active-backup"
    url = f"{GROUPS}/{group['uuid']}"
    assert (await cloud.patch(url, ("remove", "/mode"))).status == 400
    assert (await cloud.client.get(url)).json == group


async def test_the_mode_of_groups_that_state_none_is_a_setting(tmp_path):
    async with a_cloud(tmp_path, default_portgroup_mode="802.3ad") as cloud:
        node = await cloud.enrol(name="n1")
        assert (await a_group(cloud, node))["mode"] == "802.3ad"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "without node_uuid"),
        ({"node_uuid": "n1"}, "UUID"),
        ({"node_uuid": str(uuid.uuid4())}, "could not be found"),
        ({"address": "53:54:00:12:34:56"}, "multicast"),
        ({"name": "a/b"}, "letters"),
        ({"name": "detail"}, "reserved"),
        ({"name": str(uuid.uuid4())}, "UUID"),
        ({"mode": 4}, "string"),
        ({"properties": []}, "object"),
        ({"physical_network": ""}, "64"),
        ({"dynamic_portgroup": True}, "dynamic_portgroup"),
        ({"internal_info": {}}, "internal_info"),
    ],
)
async def test_groups_that_make_no_sense_are_refused(cloud, node, body, words):
    whole = body if not body or "node_uuid" in body else {"node_uuid": node["uuid"], **body}
    answer = await cloud.client.post(GROUPS, whole)
    assert answer.status == 400
    assert words in fault(answer)
    assert (await cloud.client.get(GROUPS)).json["portgroups"] == []


@pytest.mark.parametrize("field", ["name", "address"])
async def test_names_and_macs_belong_to_one_group_only(cloud, node, group, field):
    answer = await cloud.client.post(GROUPS, {"node_uuid": node["uuid"], field: group[field]})
    assert answer.status == 409
    assert group[field] in fault(answer)


async def test_lists_filters_and_members(cloud, node, group):
    other = await cloud.enrol(name="n2", shard="east", conductor_group="far")
    two = await a_group(cloud, other, name="bond1")
    member = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    for query, found in (
        ("", [group, two]),
        ("node=n1", [group]),
        (f"address={MAC}", [group]),
        ("shard=east,west", [two]),
        ("shard=west", []),
        ("conductor_groups=far,near", [two]),
        ("conductor_groups=", [group]),
    ):
        assert (await cloud.client.get(f"{GROUPS}/detail?{query}")).json["portgroups"] == found
    below = (await cloud.client.get("/v1/nodes/n2/portgroups")).json["portgroups"]
    assert [set(each) for each in below] == [{"uuid", "address", "name", "links"}]
    assert (await cloud.client.get("/v1/nodes/n1/portgroups/detail")).json["portgroups"] == [group]
    for url in (f"{GROUPS}/bond0/ports/detail", "/v1/ports/detail?portgroup=bond0"):
        assert (await cloud.client.get(url)).json["ports"] == [member]
    assert (await cloud.client.get(f"{GROUPS}/bond1/ports")).json["ports"] == []
    assert (await cloud.client.get(f"{GROUPS}/none/ports")).status == 404


async def test_a_group_goes_when_it_is_empty(cloud, node, group):
    member = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    full = await cloud.client.delete(f"{GROUPS}/bond0")
    assert (full.status, member["address"] in fault(full)) == (400, True)
    await cloud.patch(f"/v1/ports/{member['uuid']}", ("remove", "/portgroup_uuid"))
    assert (await cloud.client.delete(f"{GROUPS}/bond0")).status == 204
    assert (await cloud.client.get(f"{GROUPS}/bond0")).status == 404


@pytest.mark.parametrize(
    "operation",
    [
        ("replace", "/address", "52:54:00:aa:00:02"),
        ("remove", "/address"),
        ("replace", "/mode", "active-backup"),
        ("add", "/properties/miimon", "50"),
    ],
)
async def test_a_group_in_use_stays_as_it_is(cloud, node, group, operation):
    await attach_behind_the_api(cloud, group)
    shown = (await cloud.client.get(f"{GROUPS}/bond0")).json
    refused = await cloud.patch(f"{GROUPS}/bond0", operation)
    assert (refused.status, "vif-1" in fault(refused)) == (409, True)
    gone = await cloud.client.delete(f"{GROUPS}/bond0")
    assert (gone.status, "vif-1" in fault(gone)) == (409, True)
    assert (await cloud.client.get(f"{GROUPS}/bond0")).json == shown


@pytest.mark.parametrize("state", sorted(State))
async def test_bonds_change_only_while_nobody_relies_on_them(cloud, node, group, state):
    await cloud.put_in_state(node["uuid"], state)
    settled = state not in {State.ENROLL, State.MANAGEABLE, State.INSPECT_WAIT}
    bond = await cloud.patch(f"{GROUPS}/bond0", ("replace", "/mode", "balance-rr"))
    assert bond.status == (409 if settled else 200)
    extra = await cloud.patch(f"{GROUPS}/bond0", ("add", "/extra/rack", 1))
    assert extra.status == (409 if state is State.INSPECTING else 200)


async def test_before_1_39_inspection_does_not_stand_in_the_way(cloud, node, group):
    await cloud.put_in_state(node["uuid"], State.INSPECTING)
    changed = await cloud.patch(
        f"{GROUPS}/bond0",
        ("add", "/extra/rack", 1),
        X_OpenStack_Ironic_API_Version="1.38",
    )
    assert changed.status == 200


async def test_members_must_suit_the_group(cloud, node):
    group = await a_group(cloud, node, physical_network="a", standalone_ports_supported=False)
    stranger = await cloud.enrol(name="n2")
    base = {"node_uuid": node["uuid"], "portgroup_uuid": group["uuid"], "address": MAC}
    for changes, status, words in (
        ({"physical_network": "a"}, 409, "standalone_ports_supported"),
        ({"physical_network": "b", "pxe_enabled": False}, 409, "physical network b"),
        ({"pxe_enabled": False}, 409, "physical network None"),
        ({"node_uuid": stranger["uuid"]}, 400, "belongs to node"),
        ({"portgroup_uuid": str(uuid.uuid4())}, 400, "could not be found"),
    ):
        answer = await cloud.client.post("/v1/ports", base | changes)
        assert (answer.status, words in fault(answer)) == (status, True), fault(answer)
    fits = {"physical_network": "a", "pxe_enabled": False}
    assert (await cloud.client.post("/v1/ports", base | fits)).status == 201


async def test_members_follow_their_group_to_another_physical_network(cloud, node, group):
    one = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    assert one["physical_network"] is None
    await cloud.patch(f"{GROUPS}/bond0", ("add", "/physical_network", "a"))
    assert (await cloud.client.get(f"/v1/ports/{one['uuid']}")).json["physical_network"] == "a"
    alone = await cloud.patch(f"/v1/ports/{one['uuid']}", ("add", "/physical_network", "b"))
    assert alone.status == 409


async def test_standalone_use_ends_only_when_no_member_boots(cloud, node, group):
    member = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    end = ("replace", "/standalone_ports_supported", False)
    refused = await cloud.patch(f"{GROUPS}/bond0", end)
    assert (refused.status, member["address"] in fault(refused)) == (409, True)
    await cloud.patch(f"/v1/ports/{member['uuid']}", ("replace", "/pxe_enabled", False))
    assert (await cloud.patch(f"{GROUPS}/bond0", end)).status == 200
    booting = await cloud.patch(f"/v1/ports/{member['uuid']}", ("replace", "/pxe_enabled", True))
    assert booting.status == 409


async def test_only_an_empty_group_moves_to_another_node(cloud, node, group):
    other = await cloud.enrol(name="n2")
    move = ("replace", "/node_uuid", other["uuid"])
    member = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    assert (await cloud.patch(f"{GROUPS}/bond0", move)).status == 400
    await cloud.client.delete(f"/v1/ports/{member['uuid']}")
    moved = await cloud.patch(f"{GROUPS}/bond0", move)
    assert (moved.status, moved.json["node_uuid"]) == (200, other["uuid"])


async def test_a_group_with_a_network_port_neither_wins_nor_loses_members(cloud, node, group):
    inside = await cloud.add_port(node["uuid"], portgroup_uuid=group["uuid"])
    outside = await cloud.add_port(node["uuid"], "52:54:00:00:00:02")
    await attach_behind_the_api(cloud, group)
    for port, operation in (
        (inside, ("remove", "/portgroup_uuid")),
        (outside, ("add", "/portgroup_uuid", group["uuid"])),
    ):
        answer = await cloud.patch(f"/v1/ports/{port['uuid']}", operation)
        assert (answer.status, "vif-1" in fault(answer)) == (409, True)
    gone = await cloud.client.delete(f"/v1/ports/{inside['uuid']}")
    assert (gone.status, "vif-1" in fault(gone)) == (409, True)
    await cloud.patch(f"/v1/nodes/{node['uuid']}", ("replace", "/maintenance", True))
    assert (await cloud.client.delete(f"/v1/ports/{inside['uuid']}")).status == 204
