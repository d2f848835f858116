"""`/v1/nodes`: enrolling, showing, listing, changing and removing nodes."""

import uuid

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.states import State

INSTANCE = "5a4fd2a4-1f9c-4b4c-b1a5-7a5cfb04a1ab"


async def test_enrolling_answers_the_node_and_where_it_is(cloud):
    answer = await cloud.client.post("/v1/nodes", {"driver": "fake-hardware", "name": "n1"})
    assert answer.status == 201
    assert answer.headers["Location"] == f"http://cloud.test/v1/nodes/{answer.json['uuid']}"
    assert answer.json["provision_state"] == "enroll"
    assert answer.json["power_interface"] == "fake"
    assert answer.json == (await cloud.client.get("/v1/nodes/n1")).json


async def test_null_says_nothing_of_what_came_later_nor_of_the_uuid(cloud):
    old = {"X_OpenStack_Ironic_API_Version": "1.11"}
    body = {"driver": "fake-hardware", "uuid": None, "owner": None, "shard": None}
    made = await cloud.client.post("/v1/nodes", body, **old)
    assert made.status == 201, made.content
    assert "owner" not in made.json
    port = {"node_uuid": made.json["uuid"], "address": "52:54:00:00:00:01", "uuid": None}
    assert (await cloud.client.post("/v1/ports", port)).status == 201
    refused = await cloud.client.post("/v1/nodes", {**body, "owner": "me"}, **old)
    assert refused.status == 406


async def test_before_1_11_nodes_begin_available(cloud):
    body = {"driver": "fake-hardware"}
    answer = await cloud.client.post("/v1/nodes", body, X_OpenStack_Ironic_API_Version="1.10")
    assert answer.json["provision_state"] == "available"
    first = await cloud.client.get(
        f"/v1/nodes/{answer.json['uuid']}", X_OpenStack_Ironic_API_Version="1.1"
    )
    assert first.json["provision_state"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "without driver"),
        ({"driver": "ipmi"}, "no conductor supports driver 'ipmi'"),
        ({"driver": "fake-hardwear"}, "enabled: fake-hardware"),
        ({"driver": "fake-hardware", "power_interface": "ipmitool"}, "does not support power"),
        ({"driver": "fake-hardware", "power_interface": 1}, "must be a string"),
        ({"driver": "fake-hardware", "speed": 1}, "'speed'"),
        ({"driver": "fake-hardware", "uuid": "1"}, "Expected a UUID"),
        ({"driver": "fake-hardware", "instance_uuid": "1"}, "Expected a UUID"),
        ({"driver": "fake-hardware", "name": "with space"}, "not a valid name"),
        ({"driver": "fake-hardware", "name": "detail"}, "reserved word"),
        ({"driver": "fake-hardware", "name": "a\x00b"}, "null character"),
        ({"driver": "fake-hardware", "description": "a\x00b"}, "null character"),
        ({"driver": "fake-hardware", "description": "x" * 4097}, "4096"),
        ({"driver": "fake-hardware", "properties": []}, "must be an object"),
        ({"driver": "fake-hardware", "properties": {"cpus": "many"}}, "properties/cpus"),
        ({"driver": "fake-hardware", "properties": {"cpus": -1}}, "properties/cpus"),
        ({"driver": "fake-hardware", "maintenance": "perhaps"}, "true or false"),
        ({"driver": "fake-hardware", "protected": True}, "'protected'"),
        ({"driver": "fake-hardware", "provision_state": "active"}, "'provision_state'"),
        ({"driver": "fake-hardware", "shard": 7}, "shard must be a string"),
        ({"driver": "fake-hardware", "conductor_group": "a b"}, "conductor_group"),
    ],
)
async def test_nodes_that_make_no_sense_are_refused(cloud, body, words):
    answer = await cloud.client.post("/v1/nodes", body)
    assert answer.status == 400
    assert words in fault(answer)
    assert (await cloud.client.get("/v1/nodes")).json == {"nodes": []}


@pytest.mark.parametrize("field", ["uuid", "name", "instance_uuid"])
async def test_what_must_be_unique_clashes_with_409(cloud, field):
    value = "n1" if field == "name" else INSTANCE
    await cloud.enrol(**{field: value})
    answer = await cloud.client.post("/v1/nodes", {"driver": "fake-hardware", field: value})
    assert answer.status == 409
    assert f"same {field}" in fault(answer)


async def test_nodes_are_found_by_uuid_first_then_by_name(cloud):
    node = await cloud.enrol(name="n1")
    for ident in (node["uuid"], "n1"):
        assert (await cloud.client.get(f"/v1/nodes/{ident}")).json["uuid"] == node["uuid"]
    assert (await cloud.client.get("/v1/nodes/n2")).status == 404
    assert (await cloud.client.get(f"/v1/nodes/{uuid.uuid4()}")).status == 404
    assert (await cloud.client.get("/v1/nodes/" + "x" * 300)).status == 404


@pytest.mark.parametrize("mount", ["", "/baremetal"])
async def test_a_path_without_a_version_is_one_of_v1(cloud, mount):
    node = await cloud.enrol(name="n1")
    (row,) = (await cloud.client.get(f"{mount}/nodes?limit=1")).json["nodes"]
    links = {each["rel"]: each["href"] for each in row["links"]}
    assert links["bookmark"] == f"http://cloud.test{mount}/nodes/{node['uuid']}"
    path = links["bookmark"].removeprefix("http://cloud.test")
    assert (await cloud.client.get(path)).json["uuid"] == node["uuid"]
    assert (await cloud.client.put(f"{mount}/nodes/n1/maintenance")).status == 202
    assert (await cloud.client.get(f"{mount}/nothing")).status == 404


async def test_a_json_suffix_is_no_part_of_the_name_before_1_91(cloud):
    plain = await cloud.enrol(name="n1")
    dotted = await cloud.enrol(name="n2.json")
    old = {"X_OpenStack_Ironic_API_Version": "1.90"}
    assert (await cloud.client.get("/v1/nodes/n1.json", **old)).json["uuid"] == plain["uuid"]
    assert (await cloud.client.get("/v1/nodes/n2.json", **old)).json["uuid"] == dotted["uuid"]
    assert (await cloud.client.get("/v1/nodes/n1.json")).status == 404
    assert (await cloud.client.get("/v1/nodes/n2.json")).json["uuid"] == dotted["uuid"]


async def test_a_plain_list_has_few_fields_and_a_detailed_one_all(cloud):
    await cloud.enrol(name="n1")
    (row,) = (await cloud.client.get("/v1/nodes")).json["nodes"]
    few = {"uuid", "name", "instance_uuid", "maintenance", "power_state", "provision_state"}
    assert set(row) == few | {"links"}
    shown = (await cloud.client.get("/v1/nodes/n1")).json
    for url in ("/v1/nodes/detail", "/v1/nodes?detail=True"):
        assert (await cloud.client.get(url)).json["nodes"] == [shown]
    chosen = await cloud.client.get("/v1/nodes?fields=name,driver&fields=extra")
    assert set(chosen.json["nodes"][0]) == {"name", "driver", "extra", "links"}


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/v1/nodes?fields=name&detail=true", 400),
        ("/v1/nodes?fields=speed", 400),
        ("/v1/nodes?speed=1", 400),
        ("/v1/nodes?limit=0", 400),
        ("/v1/nodes?limit=-1", 400),
        ("/v1/nodes?limit=x", 400),
        ("/v1/nodes?sort_dir=up", 400),
        ("/v1/nodes?sort_key=driver_info", 400),
        ("/v1/nodes?sort_key=id;drop", 400),
        ("/v1/nodes?marker=nobody", 400),
        ("/v1/nodes?provision_state=tired", 400),
        ("/v1/nodes?maintenance=perhaps", 400),
        ("/v1/nodes?instance_uuid=1", 400),
        ("/v1/nodes?detail=perhaps", 400),
        ("/v1/nodes/detail/x", 404),
    ],
)
async def test_queries_that_make_no_sense_are_refused(cloud, url, status):
    assert (await cloud.client.get(url)).status == status


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["a", "b", "c"]),
        ("maintenance=true", ["b"]),
        ("associated=true", ["a"]),
        ("associated=false", ["b", "c"]),
        (f"instance_uuid={INSTANCE}", ["a"]),
        ("provision_state=active", ["c"]),
        ("driver=fake-hardware", ["a", "b", "c"]),
        ("driver=ipmi", []),
        ("resource_class=big", ["a"]),
        ("conductor_group=EAST", ["b"]),
        ("owner=ann", ["a"]),
        ("lessee=ann", ["b"]),
        ("project=ann", ["a", "b"]),
        ("retired=true", ["c"]),
        ("description_contains=LEFT%25", ["c"]),
        ("description_contains=%25", ["c"]),
        ("shard=x", []),
        ("sharded=false", ["a", "b", "c"]),
        ("include_children=true&maintenance=false", ["a", "c"]),
        ("sort_key=name&sort_dir=desc", ["c", "b", "a"]),
    ],
)
async def test_filters(cloud, query, names):
    await cloud.enrol(name="a", instance_uuid=INSTANCE, resource_class="big", owner="ann")
    await cloud.enrol(name="b", maintenance=True, conductor_group="East", lessee="ann")
    last = await cloud.enrol(name="c", retired=True, description="top left% corner")
    await cloud.put_in_state(last["uuid"], State.ACTIVE)
    answer = await cloud.client.get(f"/v1/nodes?{query}")
    assert [node["name"] for node in answer.json["nodes"]] == names


async def test_a_patch_answers_the_whole_node(cloud):
    await cloud.enrol(name="n1", extra={"a": 1})
    answer = await cloud.patch(
        "/v1/nodes/n1",
        ("add", "/extra/rack", "r1"),
        ("remove", "/extra/a"),
        ("replace", "/name", "n2"),
        ("add", "/properties/cpus", 4),
        ("replace", "/resource_class", "big"),
        ("add", "/instance_uuid", INSTANCE),
        ("add", "/automated_clean", "True"),
        ("add", "/inspect_interface", "no-inspect"),
    )
    assert answer.status == 200
    assert answer.json == (await cloud.client.get("/v1/nodes/n2")).json
    assert answer.json["extra"] == {"rack": "r1"}
    assert answer.json["automated_clean"] is True
    assert answer.json["inspect_interface"] == "no-inspect"
    back = await cloud.patch("/v1/nodes/n2", ("remove", "/inspect_interface"), ("remove", "/name"))
    assert back.json["inspect_interface"] == "fake"
    assert back.json["name"] is None


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (("replace", "/uuid", INSTANCE), "cannot be changed"),
        (("remove", "/links"), "cannot be changed"),
        (("add", "/created_at", "now"), "cannot be changed"),
        (("add", "/power_state", "power on"), "cannot be changed"),
        (("add", "/traits", []), "cannot be changed"),
        (("add", "/driver_internal_info/agent_url", "https://evil"), "cannot be changed"),
        (("add", "/speed", 1), "no attribute"),
        (("remove", "/driver"), "must be a string"),
        (("replace", "/driver", "none"), "no conductor supports"),
        (("replace", "/extra", None), None),
        (("replace", "/extra", 1), "must be an object"),
        (("replace", "/name", "a b"), "not a valid name"),
        (("replace", "/power_interface", "none"), "does not support"),
        (("add", "/rescue_interface", "agent"), "does not support rescue interface"),
        (("add", "/rescue_interface", "no-rescue"), None),
        (("test", "/name", "n1"), "Patch operations are"),
        (("remove", "/extra/none"), "Couldn't apply patch"),
        (("replace", "/maintenance", "perhaps"), "true or false"),
    ],
)
async def test_patches_are_done_whole_or_not_at_all(cloud, operation, words):
    before = await cloud.enrol(name="n1")
    answer = await cloud.patch("/v1/nodes/n1", ("add", "/extra/x", 1), operation)
    assert answer.status == (400 if words else 200)
    if words:
        assert words in fault(answer)
        assert (await cloud.client.get("/v1/nodes/n1")).json == before


async def test_interfaces_are_reset_with_the_driver_only(cloud):
    await cloud.enrol(name="n1", inspect_interface="no-inspect", management_interface="noop")
    url = "/v1/nodes/n1?reset_interfaces=True"
    refused = await cloud.patch(url, ("add", "/extra/x", 1))
    assert refused.status == 400
    answer = await cloud.patch(
        url, ("replace", "/driver", "fake-hardware"), ("add", "/management_interface", "noop")
    )
    assert answer.json["inspect_interface"] == "fake"
    assert answer.json["management_interface"] == "noop"
    old = await cloud.patch(
        url, ("replace", "/driver", "fake-hardware"), X_OpenStack_Ironic_API_Version="1.44"
    )
    assert old.status == 406


@pytest.mark.parametrize(
    ("state", "version", "status"),
    [
        (State.DEPLOY_WAIT, "1.115", 409),
        (State.CLEANING, "1.115", 409),
        (State.DELETING, "1.115", 409),
        (State.INSPECTING, "1.39", 409),
        (State.INSPECTING, "1.38", 200),
        (State.INSPECT_WAIT, "1.115", 200),
        (State.DEPLOY_FAILED, "1.115", 200),
        (State.CLEAN_FAILED, "1.115", 200),
        (State.VERIFYING, "1.115", 200),
    ],
)
async def test_nodes_on_their_way_refuse_changes_that_would_confuse_the_work(
    cloud, state, version, status
):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state, target_provision_state=State.ACTIVE)
    answer = await cloud.patch(
        "/v1/nodes/n1", ("add", "/extra/x", 1), X_OpenStack_Ironic_API_Version=version
    )
    assert answer.status == status
    if status == 409:
        assert "state transition is in progress" in fault(answer)


async def test_in_maintenance_an_instance_can_be_taken_off_a_node_on_its_way(cloud):
    node = await cloud.enrol(name="n1", instance_uuid=INSTANCE, maintenance=True)
    await cloud.put_in_state(node["uuid"], State.DEPLOY_WAIT, target_provision_state=State.ACTIVE)
    refused = await cloud.patch("/v1/nodes/n1", ("add", "/extra/x", 1))
    assert refused.status == 409
    freed = await cloud.patch("/v1/nodes/n1", ("remove", "/instance_uuid"))
    assert freed.json["instance_uuid"] is None


async def test_another_instance_cannot_take_a_node_that_has_one(cloud):
    await cloud.enrol(name="n1", instance_uuid=INSTANCE)
    answer = await cloud.patch("/v1/nodes/n1", ("add", "/instance_uuid", str(uuid.uuid4())))
    assert answer.status == 409
    assert "is associated with instance" in fault(answer)
    same = await cloud.patch("/v1/nodes/n1", ("add", "/instance_uuid", INSTANCE))
    assert same.status == 200


@pytest.mark.parametrize(
    ("operation", "in_active"),
    [
        (("replace", "/inspect_interface", "no-inspect"), 409),
        (("replace", "/resource_class", "small"), 409),
        (("replace", "/protected", True), 200),
        (("add", "/extra/x", 1), 200),
    ],
)
async def test_an_active_node_keeps_its_hardware(cloud, operation, in_active):
    node = await cloud.enrol(name="n1", resource_class="big")
    await cloud.put_in_state(node["uuid"], State.ACTIVE)
    assert (await cloud.patch("/v1/nodes/n1", operation)).status == in_active
    if in_active == 409:
        await cloud.client.put("/v1/nodes/n1/maintenance")
        assert (await cloud.patch("/v1/nodes/n1", operation)).status == 200


async def test_an_active_node_from_before_there_were_all_kinds_of_interface_can_be_changed(cloud):
    node = await cloud.enrol(name="n1")
    few = dict.fromkeys((InterfaceKind.BOOT, InterfaceKind.POWER), "fake")
    await cloud.put_in_state(node["uuid"], State.ACTIVE, interfaces=few)
    answer = await cloud.patch("/v1/nodes/n1", ("add", "/extra/x", 1))
    assert (answer.status, answer.json["bios_interface"]) == (200, "fake")


async def test_a_console_that_is_on_keeps_its_interface(cloud):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.ENROLL, console_enabled=True)
    change = ("replace", "/console_interface", "no-console")
    refused = await cloud.patch("/v1/nodes/n1", change)
    assert refused.status == 409
    assert "console disable" in fault(refused)
    assert (await cloud.patch("/v1/nodes/n1", ("add", "/extra/x", 1))).status == 200
    await cloud.put_in_state(node["uuid"], State.ENROLL, console_enabled=False)
    assert (await cloud.patch("/v1/nodes/n1", change)).status == 200


async def test_only_what_runs_something_can_be_protected(cloud):
    await cloud.enrol(name="n1")
    assert (await cloud.patch("/v1/nodes/n1", ("add", "/protected", True))).status == 409


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.ENROLL, 204),
        (State.MANAGEABLE, 204),
        (State.AVAILABLE, 204),
        (State.ADOPT_FAILED, 204),
        (State.ACTIVE, 409),
        (State.DEPLOY_FAILED, 409),
        (State.CLEANING, 409),
    ],
)
async def test_where_a_node_may_be_removed(cloud, state, status):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state)
    answer = await cloud.client.delete("/v1/nodes/n1")
    assert answer.status == status
    if status == 409:
        await cloud.client.put("/v1/nodes/n1/maintenance")
        assert (await cloud.client.delete("/v1/nodes/n1")).status == 204
    assert (await cloud.client.get("/v1/nodes/n1")).status == 404


async def test_removing_a_node_takes_its_ports_along_and_spares_who_carries_something(cloud):
    node = await cloud.enrol(name="n1", instance_uuid=INSTANCE)
    port = await cloud.add_port(node["uuid"])
    refused = await cloud.client.delete("/v1/nodes/n1")
    assert refused.status == 409
    await cloud.patch("/v1/nodes/n1", ("remove", "/instance_uuid"))
    answer = await cloud.client.delete("/v1/nodes/n1")
    assert (answer.status, answer.content) == (204, b"")
    assert (await cloud.client.get(f"/v1/ports/{port['uuid']}")).status == 404


async def test_a_protected_node_is_not_removed(cloud):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.AVAILABLE, protected=True)
    assert (await cloud.client.delete("/v1/nodes/n1")).status == 403


async def test_below_the_prefix_links_keep_the_prefix(cloud):
    await cloud.enrol(name="n1")
    node = (await cloud.client.get("/baremetal/v1/nodes/n1")).json
    assert node["links"][0]["href"] == f"http://cloud.test/baremetal/v1/nodes/{node['uuid']}"
    page = (await cloud.client.get("/baremetal/v1/nodes?limit=1")).json
    assert page["next"].startswith("http://cloud.test/baremetal/v1/nodes?limit=1&marker=")


async def test_a_node_gets_no_driver_that_there_is_not(cloud):
    node = await cloud.enrol(name="n1")
    answer = await cloud.patch("/v1/nodes/n1", ("replace", "/driver", "fake-hardwear"))
    assert answer.status == 400
    assert "'fake-hardwear'; enabled: fake-hardware." in fault(answer)
    assert (await cloud.stored(node["uuid"])).driver == "fake-hardware"
