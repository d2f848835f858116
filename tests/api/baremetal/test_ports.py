"""`/v1/ports`: NICs and their cabling."""

import uuid

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import ports as port_store

MAC = "52:54:00:12:34:56"


@pytest.fixture
async def node(cloud):
    return await cloud.enrol(name="n1")


async def test_adding_answers_the_port_and_where_it_is(cloud, node):
    body = {
        "node_uuid": node["uuid"],
        "address": "52-54-00-12-34-56".upper(),
        "local_link_connection": {"switch_id": "0A:00:00:00:00:01", "port_id": "eth1"},
        "physical_network": "physnet1",
        "pxe_enabled": "false",
        "name": "nic-1",
    }
    answer = await cloud.client.post("/v1/ports", body)
    assert answer.status == 201
    assert answer.headers["Location"] == f"http://cloud.test/v1/ports/{answer.json['uuid']}"
    assert answer.json["address"] == MAC
    assert answer.json["local_link_connection"]["switch_id"] == "0a:00:00:00:00:01"
    assert answer.json["pxe_enabled"] is False
    for ident in (answer.json["uuid"], "nic-1"):
        assert (await cloud.client.get(f"/v1/ports/{ident}")).json == answer.json


@pytest.mark.parametrize("owner", ["node_uuid", "node_ident"])
async def test_the_node_may_be_named_in_either_field(cloud, node, owner):
    answer = await cloud.client.post("/v1/ports", {owner: "n1", "address": MAC})
    assert answer.json["node_uuid"] == node["uuid"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"address": MAC}, "needs a node"),
        ({"address": MAC, "node_uuid": "n1", "node_ident": "n1"}, "needs a node"),
        ({"address": MAC, "node_uuid": "n9"}, "Node n9 could not be found"),
        ({"address": MAC, "node_uuid": None}, "must be a string"),
        ({"node_uuid": "n1"}, "without address"),
        ({"node_uuid": "n1", "address": "52:54:00:12:34"}, "not a MAC address"),
        ({"node_uuid": "n1", "address": "00-00-00-00-00-00"}, "all zeros"),
        ({"node_uuid": "n1", "address": "53:54:00:12:34:56"}, "multicast"),
        ({"node_uuid": "n1", "address": 1}, "must be a string"),
        ({"node_uuid": "n1", "address": MAC, "speed": 1}, "'speed'"),
        ({"node_uuid": "n1", "address": MAC, "internal_info": {}}, "'internal_info'"),
        ({"node_uuid": "n1", "address": MAC, "physical_network": "x" * 65}, "64"),
        ({"node_uuid": "n1", "address": MAC, "portgroup_uuid": str(uuid.uuid4())}, "could not"),
        ({"node_uuid": "n1", "address": MAC, "local_link_connection": {"port_id": 1}}, "string"),
    ],
)
async def test_ports_that_make_no_sense_are_refused(cloud, node, body, words):
    answer = await cloud.client.post("/v1/ports", body)
    assert answer.status == 400
    assert words in fault(answer)


async def test_a_mac_belongs_to_one_port_only(cloud, node):
    await cloud.add_port(node["uuid"], MAC)
    answer = await cloud.client.post("/v1/ports", {"node_uuid": "n1", "address": MAC.upper()})
    assert answer.status == 409
    assert MAC in fault(answer)


async def test_lists_filters_and_fields(cloud, node):
    other = await cloud.enrol(name="n2")
    one = await cloud.add_port(node["uuid"], "52:54:00:00:00:01")
    two = await cloud.add_port(other["uuid"], "52:54:00:00:00:02")
    for query, found in (
        ("", [one, two]),
        ("node=n1", [one]),
        (f"node={other['uuid']}", [two]),
        (f"node_uuid={node['uuid']}", [one]),
        ("address=52-54-00-00-00-02", [two]),
        ("shard=any", []),
    ):
        detailed = await cloud.client.get(f"/v1/ports/detail?{query}")
        assert detailed.json["ports"] == found, query
        rows = (await cloud.client.get(f"/v1/ports?{query}")).json["ports"]
        assert [set(row) for row in rows] == [{"uuid", "address", "links"}] * len(found)
    chosen = (await cloud.client.get("/v1/nodes/n1/ports?fields=address,node_uuid")).json["ports"]
    assert [set(row) for row in chosen] == [{"address", "node_uuid", "links"}]
    assert (await cloud.client.get("/v1/nodes/n1/ports/detail")).json["ports"] == [one]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/v1/ports?node=n1&shard=a", 400),
        ("/v1/ports?node=n9", 404),
        ("/v1/ports?portgroup=g9", 404),
        ("/v1/ports?node=n1&portgroup=g1", 400),
        ("/v1/nodes/n9/ports", 404),
        ("/v1/ports?address=x", 400),
        ("/v1/ports?node_uuid=n1", 400),
        ("/v1/ports?marker=x", 400),
        ("/v1/ports?sort_key=extra", 400),
        ("/v1/ports?sort_key=local_link_connection", 400),
        ("/v1/nodes/n1/ports?node=n1", 400),
        ("/v1/ports/none", 404),
    ],
)
async def test_queries_that_make_no_sense_are_refused(cloud, node, url, status):
    assert (await cloud.client.get(url)).status == status


async def test_a_patch_answers_the_whole_port(cloud, node):
    port = await cloud.add_port(node["uuid"], MAC)
    url = f"/v1/ports/{port['uuid']}"
    answer = await cloud.patch(
        url,
        ("replace", "/address", "52:54:00:AA:BB:CC"),
        ("add", "/extra/slot", 3),
        ("add", "/local_link_connection/switch_id", "0a:00:00:00:00:01"),
        ("add", "/local_link_connection/port_id", "eth1"),
        ("replace", "/pxe_enabled", False),
    )
    assert answer.status == 200
    assert answer.json == (await cloud.client.get(url)).json
    assert answer.json["address"] == "52:54:00:aa:bb:cc"
    reset = await cloud.patch(url, ("remove", "/pxe_enabled"), ("remove", "/local_link_connection"))
    assert (reset.json["pxe_enabled"], reset.json["local_link_connection"]) == (True, {})


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (("remove", "/address"), 400),
        (("replace", "/address", "x"), 400),
        (("replace", "/uuid", str(uuid.uuid4())), 400),
        (("add", "/internal_info/tenant_vif_port_id", "x"), 400),
        (("replace", "/local_link_connection", {"port_id": "x"}), 400),
        (("replace", "/node_uuid", "8a2d7bb0-52a5-4d36-bd86-4d1b1fba7b1c"), 400),
        (("replace", "/portgroup_uuid", "8a2d7bb0-52a5-4d36-bd86-4d1b1fba7b1c"), 400),
    ],
)
async def test_patches_that_make_no_sense_are_refused(cloud, node, operation, status):
    port = await cloud.add_port(node["uuid"], MAC)
    answer = await cloud.patch(f"/v1/ports/{port['uuid']}", operation)
    assert answer.status == status
    assert (await cloud.client.get(f"/v1/ports/{port['uuid']}")).json == port


@pytest.mark.parametrize(
    ("state", "status"),
    [(State.ENROLL, 200), (State.MANAGEABLE, 200), (State.AVAILABLE, 409), (State.ACTIVE, 409)],
)
async def test_cabling_changes_only_while_nobody_relies_on_it(cloud, node, state, status):
    port = await cloud.add_port(node["uuid"], MAC)
    url = f"/v1/ports/{port['uuid']}"
    await cloud.put_in_state(node["uuid"], state)
    assert (await cloud.patch(url, ("add", "/extra/a", 1))).status == 200
    assert (await cloud.patch(url, ("replace", "/pxe_enabled", False))).status == status
    await cloud.client.put("/v1/nodes/n1/maintenance")
    assert (await cloud.patch(url, ("replace", "/pxe_enabled", False))).status == 200


async def test_a_port_in_use_keeps_its_mac_and_stays(cloud, node):
    port = await cloud.add_port(node["uuid"], MAC)
    url = f"/v1/ports/{port['uuid']}"
    async with cloud.desk.shelves.database.write() as connection:
        known = await port_store.get(connection, port["uuid"])
        await port_store.save(connection, known.with_internal(tenant_vif_port_id="vif-1"))
    moved = await cloud.patch(url, ("replace", "/address", "52:54:00:00:00:99"))
    assert (moved.status, "vif-1" in fault(moved)) == (409, True)
    gone = await cloud.client.delete(url)
    assert (gone.status, "vif-1" in fault(gone)) == (409, True)


async def test_removing_a_port(cloud, node):
    port = await cloud.add_port(node["uuid"], MAC)
    answer = await cloud.client.delete(f"/v1/ports/{port['uuid']}")
    assert (answer.status, answer.content) == (204, b"")
    assert (await cloud.client.get(f"/v1/ports/{port['uuid']}")).status == 404
    assert (await cloud.client.delete(f"/v1/ports/{port['uuid']}")).status == 404


async def test_fields_of_ports_by_version(cloud, node):
    port = await cloud.add_port(node["uuid"], MAC)
    url = f"/v1/ports/{port['uuid']}"
    first = (await cloud.client.get(url, X_OpenStack_Ironic_API_Version="1.18")).json
    assert "internal_info" in first
    assert not {"pxe_enabled", "local_link_connection", "physical_network"} & set(first)
    assert (
        "physical_network"
        in (await cloud.client.get(url, X_OpenStack_Ironic_API_Version="1.34")).json
    )


LINK = {"switch_id": "0a:00:00:00:00:01", "port_id": "eth1"}
VTEP = {"vtep-logical-switch": "ls", "vtep-physical-switch": "ps", "port_id": "p1"}


@pytest.mark.parametrize(
    "link",
    [
        {},
        LINK,
        {**LINK, "switch_info": "tor", "hostname": "h", "network_type": "managed"},
        {"network_type": "unmanaged"},
        {"port_id": "rep0-0", "hostname": "smart"},
        {**LINK, "switch_id": "00000000000000a1"},
    ],
)
async def test_every_form_of_a_link_is_taken(cloud, node, link):
    assert (await cloud.add_port(node["uuid"], local_link_connection=link))[
        "local_link_connection"
    ] == link


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({**LINK, "switch_id": "zz"}, "neither a MAC"),
        ({**LINK, "switch_id": "0a:00:00:00:00"}, "neither a MAC"),
        ({"switch_id": LINK["switch_id"]}, "needs port_id and switch_id"),
        ({"network_type": "managed"}, "needs port_id and switch_id"),
        ({"network_type": "wild"}, "managed, unmanaged"),
        ({**LINK, "speed": "10"}, "unknown keys: speed"),
        ({**LINK, "port_id": "x" * 256}, "255"),
        (["eth1"], "object"),
    ],
)
async def test_links_that_make_no_sense_are_refused(cloud, node, link, words):
    body = {"node_uuid": node["uuid"], "address": MAC, "local_link_connection": link}
    answer = await cloud.client.post("/v1/ports", body)
    assert (answer.status, words in fault(answer)) == (400, True), fault(answer)


@pytest.mark.parametrize(
    ("link", "version", "status"),
    [
        ({"network_type": "unmanaged"}, "1.63", 406),
        ({"network_type": "unmanaged"}, "1.64", 201),
        (VTEP, "1.89", 406),
        (VTEP, "1.90", 201),
        (VTEP, "1.104", 201),
        (VTEP, "1.105", 406),
        ({**VTEP, "switch_id": LINK["switch_id"]}, "1.104", 400),
        ({"vtep-logical-switch": "ls", "port_id": "p1"}, "1.104", 400),
    ],
)
async def test_forms_of_links_come_and_go_with_versions(cloud, node, link, version, status):
    asked = {"X_OpenStack_Ironic_API_Version": version}
    body = {"node_uuid": node["uuid"], "address": MAC, "local_link_connection": link}
    made = await cloud.client.post("/v1/ports", body, **asked)
    assert made.status == status
    port = await cloud.add_port(node["uuid"], "52:54:00:00:00:77")
    url = f"/v1/ports/{port['uuid']}"
    patched = await cloud.patch(url, ("replace", "/local_link_connection", link), **asked)
    assert patched.status == (200 if status == 201 else status)


async def test_one_key_of_a_newer_form_is_refused_in_a_patch_too(cloud, node):
    port = await cloud.add_port(node["uuid"], local_link_connection=LINK)
    url = f"/v1/ports/{port['uuid']}"
    change = ("add", "/local_link_connection/network_type", "unmanaged")
    assert (await cloud.patch(url, change, X_OpenStack_Ironic_API_Version="1.63")).status == 406
    assert (await cloud.patch(url, change, X_OpenStack_Ironic_API_Version="1.64")).status == 200


async def test_a_smart_nic_says_where_its_agent_is(cloud, node):
    body = {"node_uuid": node["uuid"], "address": MAC, "is_smartnic": True}
    refused = await cloud.client.post("/v1/ports", {**body, "local_link_connection": LINK})
    assert (refused.status, "hostname" in fault(refused)) == (400, True)
    smart = {"port_id": "rep0-0", "hostname": "smart"}
    made = await cloud.client.post("/v1/ports", {**body, "local_link_connection": smart})
    assert made.status == 201
    url = f"/v1/ports/{made.json['uuid']}"
    assert (await cloud.patch(url, ("remove", "/local_link_connection"))).status == 400


async def test_the_client_id_of_infiniband_is_one_that_dhcp_can_be_told(cloud, node):
    body = {"node_uuid": node["uuid"], "address": MAC}
    for wrong in ("ff:00,set:other", "ff", 255, "*"):
        answer = await cloud.client.post("/v1/ports", {**body, "extra": {"client-id": wrong}})
        assert answer.status == 400
        assert "client-id of an InfiniBand NIC" in fault(answer)
    extra = {"client-id": "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"}
    answer = await cloud.client.post("/v1/ports", {**body, "extra": extra})
    assert answer.status == 201
    change = ("replace", "/extra/client-id", "*")
    assert (await cloud.patch(f"/v1/ports/{answer.json['uuid']}", change)).status == 400


async def test_words_about_a_port_are_kept_and_searched(cloud, node):
    words = {
        "description": "Uplink 100%",
        "vendor": "acme",
        "category": "storage",
        "available_for_dynamic_portgroup": False,
    }
    port = await cloud.add_port(node["uuid"], **words)
    await cloud.add_port(node["uuid"], "52:54:00:00:00:02", description="other")
    assert {name: port[name] for name in words} == words
    found = (await cloud.client.get("/v1/ports/detail?description_contains=uplink")).json["ports"]
    assert found == [port]
    assert (await cloud.client.get("/v1/ports?description_contains=%25")).json["ports"][0][
        "uuid"
    ] == port["uuid"]


async def test_ports_are_found_by_shard_and_conductor_group(cloud, node):
    other = await cloud.enrol(name="n2", shard="east", conductor_group="far")
    here = await cloud.add_port(node["uuid"])
    there = await cloud.add_port(other["uuid"], "52:54:00:00:00:02")
    for query, found in (
        ("shard=east", [there]),
        ("shard=west,east", [there]),
        ("shard=west", []),
        ("conductor_groups=FAR", [there]),
        ("conductor_groups=,far", [here, there]),
    ):
        listed = (await cloud.client.get(f"/v1/ports/detail?{query}")).json["ports"]
        assert listed == found, query


async def test_names_find_ports_since_1_88(cloud, node):
    port = await cloud.add_port(node["uuid"], name="nic-1")
    for version, by_name in (("1.87", 404), ("1.88", 200)):
        asked = {"X_OpenStack_Ironic_API_Version": version}
        assert (await cloud.client.get("/v1/ports/nic-1", **asked)).status == by_name
        assert (await cloud.client.get(f"/v1/ports/{port['uuid']}", **asked)).status == 200


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "", "detail", "97cbd229-6238-4c67-bb06-6b9cd84efe4c", "x" * 256]
)
async def test_what_cannot_name_a_port_is_refused(cloud, node, name):
    body = {"node_uuid": node["uuid"], "address": MAC, "name": name}
    assert (await cloud.client.post("/v1/ports", body)).status == 400


@pytest.mark.parametrize(
    "spelling",
    [
        "52:54:00:12:34:56",
        "52-54-00-12-34-56",
        "525400123456",
        "5254.0012.3456",
        "52:54:00:12:34:56".upper(),
        " 52:54:00:12:34:56 ",
    ],
)
async def test_a_mac_may_be_spelt_in_every_usual_way(cloud, node, spelling):
    assert (await cloud.add_port(node["uuid"], spelling))["address"] == MAC


async def test_a_port_moves_between_nodes_that_nobody_relies_on(cloud, node):
    other = await cloud.enrol(name="n2")
    port = await cloud.add_port(node["uuid"], MAC)
    url, move = f"/v1/ports/{port['uuid']}", ("replace", "/node_uuid", other["uuid"])
    await cloud.put_in_state(other["uuid"], State.ACTIVE)
    refused = await cloud.patch(url, move)
    assert (refused.status, other["uuid"] in fault(refused)) == (409, True)
    await cloud.put_in_state(other["uuid"], State.MANAGEABLE)
    moved = await cloud.patch(url, move)
    assert (moved.status, moved.json["node_uuid"]) == (200, other["uuid"])
    assert (await cloud.client.get("/v1/nodes/n1/ports")).json["ports"] == []


@pytest.mark.parametrize("version", ["1.38", "1.39"])
async def test_inspection_keeps_ports_as_they_are_since_1_39(cloud, node, version):
    port = await cloud.add_port(node["uuid"], MAC)
    await cloud.put_in_state(node["uuid"], State.INSPECTING)
    changed = await cloud.patch(
        f"/v1/ports/{port['uuid']}",
        ("add", "/extra/slot", 1),
        X_OpenStack_Ironic_API_Version=version,
    )
    assert changed.status == (200 if version == "1.38" else 409)
