"""The ramdisk's listener: who may ask, what it learns, and what a stranger does not."""

import pytest
from tests.api.baremetal.cloud import VERSION, fault

from bessemer.baremetal.domain.provision.states import HEARTBEAT_ALLOWED, HOLDING, State
from bessemer.baremetal.domain.secret import MASK, Secret
from bessemer_wire import LookupReply

MAC = "52:54:00:00:00:01"
LOOKUP = f"/v1/lookup?addresses=52:54:00:00:00:aa,{MAC}"
CALLBACK = "https://192.0.2.7:9999"


@pytest.fixture
async def node(cloud):
    """A node that waits for its ramdisk."""
    made = await cloud.enrol(
        name="n1",
        driver_info={"ipmi_password": "hush-1"},
        instance_info={"image_source": "x", "configdrive": "hush-2", "rescue_password": "hush-3"},
        properties={"root_device": {"serial": "s1"}},
    )
    await cloud.add_port(made["uuid"], MAC)
    await cloud.put_in_state(made["uuid"], State.DEPLOY_WAIT)
    return made


async def beat(cloud, node, *, token, callback=CALLBACK, **fields):
    body = {"callback_url": callback, "agent_token": token, "agent_version": "11.0", **fields}
    return await cloud.ramdisk.post(f"/v1/heartbeat/{node['uuid']}", body)


async def test_a_lookup_tells_the_node_and_the_agents_configuration(cloud, node):
    answer = await cloud.ramdisk.get(LOOKUP)
    assert answer.status == 200
    assert "hush" not in answer.content.decode()
    shown, config = answer.json["node"], answer.json["config"]
    assert set(shown) == {"uuid", "properties", "instance_info", "driver_internal_info", "links"}
    assert shown["uuid"] == node["uuid"]
    assert shown["properties"] == {"root_device": {"serial": "s1"}}
    assert shown["instance_info"] == {"image_source": "x"}
    assert "agent_secret_token" not in shown["driver_internal_info"]
    assert config["heartbeat_timeout"] == 300
    assert config["agent_token_required"] is True
    assert config["permitted_image_formats"] == ["raw", "gpt", "qcow2"]
    assert len(config["agent_token"]) >= 32
    parsed = LookupReply.from_json(answer.json)
    assert (parsed.node_uuid, parsed.config.agent_token) == (node["uuid"], config["agent_token"])


async def test_the_token_is_handed_out_once(cloud, node):
    first = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    second = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    assert first != MASK
    assert second == MASK
    stored = await cloud.stored(node["uuid"])
    assert stored.driver_internal_info["agent_secret_token"] == Secret(first)


async def test_strangers_learn_nothing_whatever_the_reason(cloud, node):
    other = await cloud.enrol(name="n2")
    await cloud.add_port(other["uuid"], "52:54:00:00:00:02")
    answers = [
        await cloud.ramdisk.get(f"/v1/lookup?{query}")
        for query in (
            "addresses=52:54:00:00:00:99",
            "addresses=52:54:00:00:00:02",
            f"addresses={MAC},52:54:00:00:00:02",
            "addresses=",
            "addresses=not-a-mac",
            "",
            f"node_uuid={node['uuid']}",
            f"node_uuid={other['uuid']}&addresses={MAC}",
        )
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("state", sorted(set(State) - HEARTBEAT_ALLOWED))
async def test_a_node_that_awaits_no_ramdisk_is_not_found_and_takes_no_heartbeat(
    cloud, node, state
):
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    await cloud.put_in_state(node["uuid"], state)
    assert (await cloud.ramdisk.get(LOOKUP)).status == 404
    assert (await beat(cloud, node, token=token)).status == 400


@pytest.mark.parametrize("state", sorted(HOLDING))
async def test_a_node_on_hold_takes_heartbeats_but_no_new_ramdisk(cloud, node, state):
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    await cloud.put_in_state(node["uuid"], state)
    assert (await cloud.ramdisk.get(LOOKUP)).status == 404
    assert (await beat(cloud, node, token=token)).status == 202


async def test_a_heartbeat_is_kept(cloud, node):
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    answer = await beat(
        cloud,
        node,
        token=token,
        agent_verify_ca="PEM",
        agent_status="start",
        agent_status_message="m",
    )
    assert (answer.status, answer.content) == (202, b"")
    internal = (await cloud.client.get("/v1/nodes/n1")).json["driver_internal_info"]
    assert internal["agent_url"] == CALLBACK
    assert internal["agent_version"] == "11.0"
    assert internal["agent_verify_ca"] == "PEM"
    assert internal["agent_secret_token"] == MASK
    assert "agent_last_heartbeat" in internal
    assert (await beat(cloud, node, token=token)).status == 202


async def test_forged_heartbeats_are_refused_and_change_nothing(cloud, node):
    unknown = await beat(cloud, node, token="guess")
    assert unknown.status == 400
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    assert (await beat(cloud, node, token=token)).status == 202
    before = (await cloud.stored(node["uuid"])).driver_internal_info
    for forged in (
        await beat(cloud, node, token="guess"),
        await beat(cloud, node, token=None),
        await beat(cloud, node, token=MASK),
        await beat(cloud, node, token=""),
        await beat(cloud, node, token=token[:-1]),
        await beat(cloud, node, token="ü" * 43),
        await beat(cloud, node, token=token, callback="https://203.0.113.66:9999"),
        await beat(cloud, node, token=token, callback=f"{CALLBACK}/"),
        await beat(cloud, node, token=token, callback="http://192.0.2.7:9999"),
        await beat(cloud, node, token=token, callback="file:///etc/passwd"),
    ):
        assert forged.status == 400
        assert token not in fault(forged)
    assert (await cloud.stored(node["uuid"])).driver_internal_info == before


async def test_plain_http_is_refused_from_the_first_heartbeat_on(cloud, node):
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    answer = await beat(cloud, node, token=token, callback="http://192.0.2.7:9999")
    assert answer.status == 400
    assert "https://" in fault(answer)
    assert "agent_url" not in (await cloud.stored(node["uuid"])).driver_internal_info


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent_token": "x"},
        {"callback_url": None, "agent_token": "x"},
        {"callback_url": ["https://a"], "agent_token": "x"},
        {"callback_url": "https://" + "a" * 3000, "agent_token": "x"},
        {"callback_url": CALLBACK, "agent_token": 1},
        {"callback_url": CALLBACK, "agent_token": "x", "speed": 1},
        {"callback_url": CALLBACK, "agent_token": "x", "agent_status": "bored"},
        {"callback_url": CALLBACK, "agent_token": "x", "agent_version": "a\x00b"},
    ],
)
async def test_heartbeats_that_make_no_sense_are_refused(cloud, node, body):
    assert (await cloud.ramdisk.post(f"/v1/heartbeat/{node['uuid']}", body)).status == 400


async def test_heartbeats_have_limits(cloud, node):
    url = f"/v1/heartbeat/{node['uuid']}"
    assert (await cloud.ramdisk.post(url, b'"' + b"x" * 300_000 + b'"')).status == 413
    assert (
        await cloud.ramdisk.post("/v1/heartbeat/none", {"callback_url": CALLBACK})
    ).status == 404


@pytest.mark.parametrize(
    ("field", "since"),
    [("agent_version", 36), ("agent_token", 62), ("agent_verify_ca", 68), ("agent_status", 72)],
)
async def test_heartbeat_fields_came_one_by_one(cloud, node, field, since):
    body = {"callback_url": CALLBACK, field: "start"}
    url = f"/v1/heartbeat/{node['uuid']}"
    before = await cloud.ramdisk.post(url, body, X_OpenStack_Ironic_API_Version=f"1.{since - 1}")
    assert (before.status, "not recognised" in fault(before)) == (400, True)
    after = await cloud.ramdisk.post(url, body, X_OpenStack_Ironic_API_Version=f"1.{since}")
    assert "not recognised" not in fault(after)


def inspection(mac=MAC, **more):
    interfaces = [{"name": "eth0", "mac_address": mac, "lldp": []}]
    return {"inventory": {"interfaces": interfaces, "bmc_address": None}, "error": None, **more}


async def test_inspection_data_is_taken_from_a_node_that_is_being_inspected(cloud, node):
    url = "/v1/continue_inspection"
    assert (await cloud.ramdisk.post(url, inspection())).status == 404
    await cloud.put_in_state(node["uuid"], State.INSPECT_WAIT)
    cloud.ramdisk.headers.pop(VERSION)
    oldest = await cloud.ramdisk.post(url, inspection())
    assert (oldest.status, oldest.json) == (202, {"uuid": node["uuid"]})
    newer = await cloud.ramdisk.post(
        f"{url}?node_uuid={node['uuid']}", inspection(), X_OpenStack_Ironic_API_Version="1.84"
    )
    assert newer.status == 202
    assert newer.json["node"]["uuid"] == node["uuid"]
    assert newer.json["config"]["agent_token"] != MASK


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (inspection("52:54:00:00:00:99"), 404),
        (inspection("junk"), 404),
        ({"inventory": {"interfaces": "junk"}}, 404),
        ({"inventory": {"interfaces": [1, None, {"mac_address": 1}]}}, 404),
        ({"inventory": []}, 400),
        ({}, 400),
        ([], 400),
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.84"])
async def test_inspection_data_of_strangers_is_refused(cloud, node, body, status, version):
    await cloud.put_in_state(node["uuid"], State.INSPECT_WAIT)
    answer = await cloud.ramdisk.post(
        "/v1/continue_inspection", body, X_OpenStack_Ironic_API_Version=version
    )
    assert answer.status == status


async def test_inspection_data_may_be_large_but_not_boundless(cloud, node):
    await cloud.put_in_state(node["uuid"], State.INSPECT_WAIT)
    url = "/v1/continue_inspection"
    big = inspection(logs="x" * (4 * 1024 * 1024))
    assert (await cloud.ramdisk.post(url, big)).status == 202
    boundless = inspection(logs="x" * (16 * 1024 * 1024))
    assert (await cloud.ramdisk.post(url, boundless)).status == 413


async def test_the_listeners_serve_each_their_own(cloud, node):
    for path in ("/v1/nodes", "/v1/ports", "/v1/drivers", "/baremetal/v1/nodes"):
        assert (await cloud.ramdisk.get(path)).status == 404
    for path in (LOOKUP, "/v1/heartbeat/n1", "/v1/continue_inspection"):
        assert (await cloud.client.get(path)).status == 404
    document = (await cloud.ramdisk.get("/v1")).json
    assert {"lookup", "heartbeat", "continue_inspection"} <= set(document)
    assert "nodes" not in document


async def test_endpoints_before_their_version_are_not_there(cloud, node):
    old = {"X_OpenStack_Ironic_API_Version": "1.21"}
    assert (await cloud.ramdisk.get(LOOKUP, **old)).status == 404
    assert (await cloud.ramdisk.post("/v1/heartbeat/n1", {}, **old)).status == 404


async def test_a_heartbeat_that_nobody_awaits_is_refused_in_plain_words(cloud):
    node = await cloud.enrol()
    beat = {"callback_url": "https://127.0.0.1:9999", "agent_token": "x"}
    answer = await cloud.ramdisk.post(f"/v1/heartbeat/{node['uuid']}", beat)
    assert answer.status == 400
    assert fault(answer) == f"Node {node['uuid']} is in state enroll and awaits no agent."


@pytest.mark.parametrize("state", [State.MANAGEABLE, State.AVAILABLE, State.ENROLL, State.ACTIVE])
@pytest.mark.parametrize("fast", [True, False])
async def test_between_flows_only_a_node_on_fast_track_awaits_its_ramdisk(cloud, node, state, fast):
    token = (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"]
    awaited = fast and state in {State.MANAGEABLE, State.AVAILABLE}
    await cloud.put_in_state(node["uuid"], state, driver_info={"fast_track": fast})
    assert (await cloud.ramdisk.get(LOOKUP)).status == (200 if awaited else 404)
    assert (await beat(cloud, node, token=token)).status == (202 if awaited else 400)
