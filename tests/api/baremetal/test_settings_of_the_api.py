"""What operators set has effect: pages, sizes of bodies, defaults of nodes, who serves ramdisks."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.api.baremetal.cloud import a_cloud, fault

from bessemer.baremetal.api_settings import ApiSettings
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, Signal, StepCall, Waiting, Work
from bessemer.baremetal.domain.secret import MASK
from bessemer.baremetal.drivers.agent.orders import callback_timeout
from bessemer.baremetal.settings import FOR_EVER, BareMetalSettings
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.context import new_request_id

MAC = "52:54:00:00:00:01"
LOOKUP = f"/v1/lookup?addresses={MAC}"
BODY = {"callback_url": "https://192.0.2.7:9999", "agent_version": "11.0"}
FIVE_KIB = "x" * 5 * 1024


def api(**settings):
    return {"api": ApiSettings(**settings)}


async def test_pages_are_no_longer_than_the_limit(tmp_path):
    async with a_cloud(tmp_path, **api(max_limit=2)) as cloud:
        names = [f"n{number}" for number in range(5)]
        for name in names:
            await cloud.enrol(name=name)
        for query in ("", "?limit=1000"):
            seen, url = [], f"/v1/nodes{query}"
            while url:
                page = (await cloud.client.get(url)).json
                assert len(page["nodes"]) <= 2
                seen += [node["name"] for node in page["nodes"]]
                url = page.get("next", "").removeprefix("http://cloud.test")
            assert seen == names


@pytest.mark.parametrize(
    ("setting", "method", "path", "body"),
    [
        ("max_json_body_size", "POST", "/v1/nodes", {"extra": FIVE_KIB}),
        ("max_json_body_size", "POST", "/v1/nodes/n1/vendor_passthru/note", {"text": FIVE_KIB}),
        (
            "max_json_body_size_provision",
            "PUT",
            "/v1/nodes/n1/states/provision",
            {"target": "active", "configdrive": FIVE_KIB},
        ),
        ("max_json_body_size_inspection", "POST", "/v1/continue_inspection", {"x": FIVE_KIB}),
    ],
)
async def test_bodies_are_no_larger_than_their_limit(tmp_path, setting, method, path, body):
    for number, (settings, status) in enumerate((({setting: 4}, 413), ({}, 400))):
        room = tmp_path / str(number)
        room.mkdir()
        async with a_cloud(room, **api(**settings)) as cloud:
            await cloud.enrol(name="n1")
            client = cloud.ramdisk if "inspection" in path else cloud.client
            answer = await client.request(method, path, body)
            assert (answer.status == 413) is (status == 413), answer.content
            if status == 413:
                assert "larger than 4096 bytes" in fault(answer)


async def test_nodes_get_the_defaults_that_they_do_not_state(tmp_path):
    defaults = {"default_resource_class": "silver", "default_conductor_group": ""}
    async with a_cloud(tmp_path, **defaults) as cloud:
        assert (await cloud.enrol())["resource_class"] == "silver"
        assert (await cloud.enrol(resource_class=None))["resource_class"] == "silver"
        assert (await cloud.enrol(resource_class="gold"))["resource_class"] == "gold"


async def test_nodes_go_to_the_conductors_of_the_default_group(tmp_path):
    group = {"default_conductor_group": "rack-7", "conductor_group": "rack-7"}
    async with a_cloud(tmp_path, **group) as cloud:
        node = await cloud.enrol()
        assert (node["conductor_group"], node["conductor"]) == ("rack-7", "host-1")
        assert (await cloud.manage(node["uuid"]))["provision_state"] == "manageable"
        assert (await cloud.enrol(conductor_group="rack-8"))["conductor_group"] == "rack-8"


async def test_an_unrestricted_lookup_finds_all_nodes_but_tells_no_token(tmp_path):
    async with a_cloud(tmp_path, **api(restrict_lookup=False)) as cloud:
        node = await cloud.enrol()
        await cloud.add_port(node["uuid"], MAC)
        answer = await cloud.ramdisk.get(LOOKUP)
        assert (answer.status, answer.json["node"]["uuid"]) == (200, node["uuid"])
        assert answer.json["config"]["agent_token"] == MASK
        await cloud.put_in_state(node["uuid"], State.DEPLOY_WAIT)
        assert (await cloud.ramdisk.get(LOOKUP)).json["config"]["agent_token"] != MASK
        assert (await cloud.ramdisk.get("/v1/lookup?addresses=52:54:00:00:00:99")).status == 404


async def test_the_operators_port_serves_ramdisks_when_told_to(tmp_path):
    async with a_cloud(tmp_path, **api(enable_ramdisk_endpoints=True)) as cloud:
        node = await cloud.enrol()
        await cloud.add_port(node["uuid"], MAC)
        await cloud.put_in_state(node["uuid"], State.DEPLOY_WAIT)
        assert {"lookup", "heartbeat", "nodes"} <= set((await cloud.client.get("/v1")).json)
        token = (await cloud.client.get(LOOKUP)).json["config"]["agent_token"]
        beat = {**BODY, "agent_token": token}
        assert (await cloud.client.post(f"/v1/heartbeat/{node['uuid']}", beat)).status == 202
        wrong = await cloud.client.post(
            f"/v1/heartbeat/{node['uuid']}", {**beat, "agent_token": "x"}
        )
        assert wrong.status == 400


async def test_without_the_setting_it_does_not(cloud):
    assert "lookup" not in (await cloud.client.get("/v1")).json
    assert (await cloud.client.get(LOOKUP)).status == 404


WAITS = {
    "deploy_callback_timeout": Flow.DEPLOY,
    "clean_callback_timeout": Flow.CLEAN,
    "rescue_callback_timeout": Flow.RESCUE,
    "service_callback_timeout": Flow.SERVICE,
}


@pytest.mark.parametrize(("name", "flow"), WAITS.items())
def test_no_time_means_no_limit_of_an_agents_silence(name, flow):
    assert callback_timeout(BareMetalSettings(**{name: timedelta(0)}), flow) == FOR_EVER
    minute = timedelta(minutes=1)
    assert callback_timeout(BareMetalSettings(**{name: minute}), flow) == minute
    with pytest.raises(ValidationError, match=name):
        BareMetalSettings(**{name: timedelta(seconds=-1)})


async def test_who_waits_without_limit_is_shown_and_kept_waiting(cloud):
    assert BareMetalSettings(inspect_wait_timeout=timedelta(0)).inspect_wait_timeout == FOR_EVER
    node = await cloud.enrol(name="n1")
    started = now().replace(microsecond=0)
    waiting = Waiting(Signal.AGENT, started, started + FOR_EVER, "the agent to call back")
    step = StepCall("deploy", "write_image")
    work = Work(node["uuid"], Flow.DEPLOY, "intent", new_request_id(), (step,), waiting=waiting)
    async with cloud.desk.shelves.database.write() as connection:
        await work_store.replace(connection, work)
        due = await work_store.due(connection, started + timedelta(days=3650))
        assert await work_store.find(connection, node["uuid"]) == work
    assert [each for each in due if each.node_uuid == node["uuid"]] == []
    shown = (await cloud.client.get("/v1/nodes/n1")).json["deploy_step"]
    assert shown["until"] == (started + FOR_EVER).isoformat()
