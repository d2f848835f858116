"""`POST /v1/events`."""

import asyncio
import uuid

import pytest
from tests.api.baremetal.cloud import PATIENCE_S, VERSION, fault

from bessemer.baremetal.conductor.conductor import topic_of

EVENT = {
    "event": "network.bind_port",
    "port_id": str(uuid.uuid4()),
    "mac_address": "52:54:00:00:00:01",
    "status": "ACTIVE",
    "device_id": str(uuid.uuid4()),
    "binding:host_id": str(uuid.uuid4()),
    "binding:vnic_type": "baremetal",
}


async def test_an_event_nudges_the_conductor_of_the_node(cloud):
    node = await cloud.enrol(name="n1")
    await cloud.add_port(node["uuid"], EVENT["mac_address"])
    nudged: asyncio.Queue[str] = asyncio.Queue()

    async def note(message):
        nudged.put_nowait(message["node_uuid"])

    unsubscribe = cloud.desk.bus.subscribe(topic_of("host-1"), note)
    body = {"events": [{**EVENT, "mac_address": "52-54-00-00-00-01"}]}
    assert (await cloud.client.post("/v1/events", body)).status == 204
    async with asyncio.timeout(PATIENCE_S):
        assert await nudged.get() == node["uuid"]
    unsubscribe()


async def test_events_of_nobodys_nics_are_taken_as_well(cloud):
    least = {name: EVENT[name] for name in ("event", "port_id", "mac_address", "status")}
    kinds = [{**least, "event": f"network.{name}_port"} for name in ("bind", "unbind", "delete")]
    answer = await cloud.client.post("/v1/events", {"events": [EVENT, *kinds]})
    assert (answer.status, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "object with events"),
        ({"events": []}, "events must be a list"),
        ({"events": [], "more": 1}, "nothing else"),
        ({"events": [{**EVENT, "event": "volume.attached"}]}, "events/0/event must be one of"),
        ({"events": [EVENT, {"event": "network.bind_port"}]}, "events/1 needs port_id"),
        ({"events": [{**EVENT, "port_id": "x"}]}, "UUID for events/0/port_id"),
        ({"events": [{**EVENT, "mac_address": "x"}]}, "MAC"),
        ({"events": [{**EVENT, "status": 1}]}, "events/0/status must be a string"),
        ({"events": [{**EVENT, "device_id": "x"}]}, "events/0/device_id"),
        ({"events": [{**EVENT, "color": "red"}]}, "unknown keys: color"),
        ({"events": ["x"]}, "events/0 must be an object"),
    ],
)
async def test_events_that_make_no_sense_are_refused(cloud, body, words):
    answer = await cloud.client.post("/v1/events", body)
    assert answer.status == 400
    assert words in fault(answer)


async def test_before_1_54_there_is_no_such_thing(cloud):
    headers = {VERSION: "1.53"}
    body = {"events": [EVENT]}
    answer = await cloud.client.request("POST", "/v1/events", body, headers=headers)
    assert answer.status == 404
