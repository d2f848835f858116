"""States: provisioning verbs, power, maintenance, validation, and what is being done now."""

import asyncio
import base64
import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from tests.api.baremetal.cloud import a_cloud, fault

from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, Signal, StepCall, Waiting, Work
from bessemer.baremetal.store import blobs, leases
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.clock import now
from bessemer.context import new_request_id

PROVISION = "/v1/nodes/n1/states/provision"
POWER = "/v1/nodes/n1/states/power"


async def test_from_enrolment_to_active_and_back_by_the_verbs(cloud):
    node = await cloud.enrol(name="n1")
    for target, reached in (
        ("manage", "manageable"),
        ("inspect", "manageable"),
        ("provide", "available"),
        ("active", "active"),
        ("deleted", "available"),
        ("manage", "manageable"),
    ):
        answer = await cloud.client.put(PROVISION, {"target": target})
        assert answer.status == 202
        assert answer.content == b""
        assert answer.headers["Location"] == "http://cloud.test/v1/nodes/n1/states"
        shown = await cloud.until(
            node["uuid"],
            lambda now, reached=reached: (
                now["provision_state"] == reached and now["target_provision_state"] is None
            ),
        )
        assert shown["last_error"] is None
    entries = (await cloud.client.get("/v1/nodes/n1/timeline")).json["timeline"]
    assert entries[0]["flow"] == "verify"
    assert {"verify", "inspect", "deploy", "tear down"} <= {entry["flow"] for entry in entries}
    assert {entry["outcome"] for entry in entries} == {"done"}
    assert all(entry["started_at"] <= entry["finished_at"] for entry in entries)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"target": "provide"}, 400, "can not be performed on a node in state"),
        ({"target": "fly"}, 400, "Invalid provision target"),
        ({"target": None}, 400, "Invalid provision target"),
        ({"target": ["manage"]}, 400, "Invalid provision target"),
        ({}, 400, "Invalid provision target"),
        ({"target": "manage", "speed": 1}, 400, "Unexpected arguments: speed"),
        ({"target": "manage", "configdrive": "x"}, 400, "configdrive goes with"),
        ({"target": "clean", "clean_steps": []}, 400, "clean_steps must be a list of 1 to"),
        ({"target": "active", "configdrive": "not a drive"}, 400, "neither base64"),
        ({"target": "active", "configdrive": 1}, 400, "must be a string or an object"),
        ({"target": "active", "configdrive": {"files": {}}}, 400, "unknown parts"),
        ({"target": "active", "configdrive": {"meta_data": 1}}, 400, "must be an object"),
    ],
)
async def test_verbs_that_make_no_sense_are_refused(cloud, body, status, words):
    await cloud.enrol(name="n1")
    answer = await cloud.client.put(PROVISION, body)
    assert answer.status == status
    assert words in fault(answer)


async def test_a_config_drive_given_in_parts_is_built(cloud, tmp_path):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.AVAILABLE)
    drive = {"meta_data": {"hostname": "web-1"}, "user_data": "#!/bin/sh\nexit 0\n"}
    answer = await cloud.client.put(PROVISION, {"target": "active", "configdrive": drive})
    assert answer.status == 202
    async with cloud.desk.reading() as connection:
        kept = await blobs.find(connection, node["uuid"], Blob.CONFIG_DRIVE)
    image = gzip.decompress(base64.b64decode(kept))
    assert image[0x8001:0x8006] == b"CD001"
    assert b"web-1" in image
    assert b"#!/bin/sh\nexit 0\n" in image
    Path(tmp_path / "drive.iso").write_bytes(image)


async def test_an_object_as_config_drive_came_with_1_56(cloud):
    await cloud.enrol(name="n1")
    body = {"target": "active", "configdrive": {"meta_data": {}}}
    answer = await cloud.client.put(PROVISION, body, X_OpenStack_Ironic_API_Version="1.55")
    assert answer.status == 406


@pytest.mark.parametrize(
    ("state", "since"), [(State.INSPECT_WAIT, 41), (State.DEPLOY_WAIT, 110), (State.CLEAN_WAIT, 13)]
)
async def test_what_may_be_aborted_grew_with_the_versions(cloud, state, since):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state)
    body = {"target": "abort"}
    before = await cloud.client.put(
        PROVISION, body, X_OpenStack_Ironic_API_Version=f"1.{since - 1}"
    )
    assert before.status == 406
    after = await cloud.client.put(PROVISION, body, X_OpenStack_Ironic_API_Version=f"1.{since}")
    assert after.status == 202


async def test_power_is_accepted_then_reached_then_shown(cloud):
    node = await cloud.enrol(name="n1")
    for target, reached in (
        ("power on", "power on"),
        ("rebooting", "power on"),
        ("soft rebooting", "power on"),
        ("soft power off", "power off"),
    ):
        answer = await cloud.client.put(POWER, {"target": target})
        assert answer.status == 202
        shown = await cloud.until(
            node["uuid"],
            lambda now: now["target_power_state"] is None and now["reservation"] is None,
        )
        assert shown["power_state"] == reached


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"target": "power up"}, "Invalid target"),
        ({"target": None}, "Invalid target"),
        ({"target": ["power on"]}, "Invalid target"),
        ({"target": {"a": 1}}, "Invalid target"),
        ({}, "needs target"),
        ({"target": "power on", "timeout": 0}, "whole number of seconds"),
        ({"target": "power on", "timeout": -1}, "whole number of seconds"),
        ({"target": "power on", "timeout": 1.5}, "whole number of seconds"),
        ({"target": "power on", "timeout": True}, "whole number of seconds"),
        ({"target": "power on", "timeout": "5"}, "whole number of seconds"),
        ({"target": "power on", "timeout": 10**18}, "whole number of seconds"),
        ({"target": "power on", "speed": 1}, "Unexpected arguments"),
    ],
)
async def test_power_orders_that_make_no_sense_are_refused(cloud, body, words):
    await cloud.enrol(name="n1")
    answer = await cloud.client.put(POWER, body)
    assert answer.status == 400
    assert words in fault(answer)


async def test_a_bmc_that_refuses_leaves_its_words_on_the_node_and_in_the_history(cloud):
    node = await cloud.enrol(name="n1", driver_info={"fake_bmc": "refuses"})
    await cloud.client.put(POWER, {"target": "power on"})
    shown = await cloud.until(
        node["uuid"], lambda now: now["last_error"] and now["reservation"] is None
    )
    assert "Failed to reach power on" in shown["last_error"]
    (event,) = (await cloud.client.get("/v1/nodes/n1/history?detail=true")).json["history"]
    assert event["event"] == shown["last_error"]
    assert event["conductor"] == "host-1"
    whole = await cloud.client.get(f"/v1/nodes/n1/history/{event['uuid']}")
    assert whole.json == event
    assert (await cloud.client.get("/v1/nodes/n1/history/none")).status == 404


async def test_a_reason_for_maintenance_may_come_in_chunks(cloud):
    await cloud.enrol(name="n1")
    url, body = "/v1/nodes/n1/maintenance", {"reason": "fan"}
    answer = await cloud.client.request("PUT", url, body, headers={"transfer-encoding": "chunked"})
    assert answer.status == 202
    assert (await cloud.client.get("/v1/nodes/n1")).json["maintenance_reason"] == "fan"


async def test_maintenance_with_and_without_a_reason(cloud):
    await cloud.enrol(name="n1")
    url = "/v1/nodes/n1/maintenance"
    for body, reason in (({"reason": "fan"}, "fan"), ({"reason": None}, None), (None, None)):
        assert (await cloud.client.put(url, body)).status == 202
        node = (await cloud.client.get("/v1/nodes/n1")).json
        assert (node["maintenance"], node["maintenance_reason"]) == (True, reason)
    assert (await cloud.client.delete(url)).status == 202
    node = (await cloud.client.get("/v1/nodes/n1")).json
    assert (node["maintenance"], node["maintenance_reason"]) == (False, None)
    assert (await cloud.client.put(url, {"because": "x"})).status == 400
    assert (await cloud.client.put(url, {"reason": "x" * 100_000})).status == 413


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", [{"op": "add", "path": "/extra/a", "value": 1}]),
        ("DELETE", "", None),
        ("PUT", "/states/provision", {"target": "manage"}),
        ("PUT", "/states/power", {"target": "power on"}),
        ("PUT", "/maintenance", None),
        ("PUT", "/traits/CUSTOM_A", None),
        ("PUT", "/management/boot_device", {"boot_device": "pxe"}),
    ],
)
async def test_a_node_that_is_held_answers_409_with_who_and_why(tmp_path, method, path, body):
    async with a_cloud(tmp_path, node_locked_patience=timedelta(0)) as cloud:
        await refuses_while_held(cloud, method, path, body)


async def refuses_while_held(cloud, method, path, body):
    node = await cloud.enrol(name="n1")
    async with cloud.desk.shelves.database.write() as connection:
        span = Span(now(), timedelta(minutes=1))
        lease = await leases.acquire(connection, node["uuid"], "host-7:x", "erasing", span)
    assert (await cloud.client.get("/v1/nodes/n1")).json["reservation"] == "host-7"
    answer = await cloud.client.request(method, f"/v1/nodes/n1{path}", body)
    assert answer.status == 409
    assert "locked" in fault(answer)
    async with cloud.desk.shelves.database.write() as connection:
        await leases.release(connection, lease)
    assert (await cloud.client.get("/v1/nodes/n1")).json["reservation"] is None


async def test_a_request_waits_for_a_node_that_is_held_for_a_moment(cloud):
    node = await cloud.enrol(name="n1")
    async with cloud.desk.shelves.database.write() as connection:
        span = Span(now(), timedelta(minutes=1))
        lease = await leases.acquire(connection, node["uuid"], "host-7:x", "a look", span)
    asked = asyncio.create_task(cloud.client.put("/v1/nodes/n1/traits", {"traits": []}))
    await asyncio.wait([asked], timeout=0.1)
    assert not asked.done()
    async with cloud.desk.shelves.database.write() as connection:
        await leases.release(connection, lease)
    assert (await asked).status == 204


@pytest.mark.parametrize(
    ("flow", "field"), [(Flow.DEPLOY, "deploy_step"), (Flow.CLEAN, "clean_step")]
)
async def test_the_step_in_hand_tells_what_it_waits_for_and_how_far_it_is(cloud, flow, field):
    node = await cloud.enrol(name="n1")
    moment = now().replace(microsecond=0)
    waiting = Waiting(Signal.AGENT, moment, moment + timedelta(hours=1), "the agent is writing")
    work = Work(
        node["uuid"],
        flow,
        "intent",
        new_request_id(),
        (StepCall("deploy", "write_image", priority=80),),
        waiting=waiting,
        progress_done=3,
        progress_total=10,
    )
    async with cloud.desk.shelves.database.write() as connection:
        await work_store.replace(connection, work)
    shown = (await cloud.client.get("/v1/nodes/n1")).json
    assert shown[field] == {
        "interface": "deploy",
        "step": "write_image",
        "args": {},
        "priority": 80,
        "abortable": True,
        "waiting_for": "the agent is writing",
        "since": moment.isoformat(),
        "until": (moment + timedelta(hours=1)).isoformat(),
        "progress": {"done": 3, "total": 10},
    }
    other = {"deploy_step", "clean_step"} - {field}
    assert shown[other.pop()] == {}


async def test_validation_says_per_interface_what_is_missing(cloud):
    await cloud.enrol(name="n1", driver_info={"fake_bmc": "asleep"}, rescue_interface="no-rescue")
    found = (await cloud.client.get("/v1/nodes/n1/validate")).json
    assert found["power"]["result"] is False
    assert "fake_bmc" in found["power"]["reason"]
    assert found["rescue"]["result"] is None
    assert (
        "'no-rescue' of driver fake-hardware does not support rescue" in found["rescue"]["reason"]
    )
    assert list(found) == sorted(InterfaceKind)
    legacy = await cloud.client.get("/v1/nodes/validate?node=n1")
    assert legacy.json == found
    assert (await cloud.client.get("/v1/nodes/validate")).status == 400


async def test_states_before_1_12_know_no_raid(cloud):
    await cloud.enrol(name="n1")
    new = (await cloud.client.get("/v1/nodes/n1/states")).json
    old = (
        await cloud.client.get("/v1/nodes/n1/states", X_OpenStack_Ironic_API_Version="1.11")
    ).json
    assert set(new) - set(old) == {"raid_config", "target_raid_config", "boot_mode", "secure_boot"}


async def test_many_verbs_at_once_get_one_yes_and_no_wait(cloud):
    node = await cloud.enrol()
    url = f"/v1/nodes/{node['uuid']}/states/provision"
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(cloud.client.put(url, {"target": "manage"}) for _ in range(40))
        )
    statuses = [answer.status for answer in answers]
    assert 202 in statuses
    assert set(statuses) <= {202, 400, 409}


@pytest.mark.parametrize(
    ("field", "since"),
    [("raid_config", 12), ("target_raid_config", 12), ("boot_mode", 75), ("secure_boot", 75)],
)
async def test_states_show_a_field_from_its_version_on(cloud, field, since):
    await cloud.enrol(name="n1")
    for minor in (since - 1, since):
        asked = {"X_OpenStack_Ironic_API_Version": f"1.{minor}"}
        shown = (await cloud.client.get("/v1/nodes/n1/states", **asked)).json
        assert (field in shown) is (minor == since)
