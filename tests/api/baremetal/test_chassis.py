"""`/v1/chassis`: enclosures and the nodes in them."""

import uuid

import pytest
from tests.api.baremetal.cloud import fault

URL = "/v1/chassis"


@pytest.fixture
async def chassis(cloud):
    answer = await cloud.client.post(URL, {"description": "row 3", "extra": {"u": 4}})
    assert answer.status == 201
    assert answer.headers["Location"] == f"http://cloud.test{URL}/{answer.json['uuid']}"
    return answer.json


async def test_a_chassis_is_shown_listed_and_changed(cloud, chassis):
    url = f"{URL}/{chassis['uuid']}"
    assert (await cloud.client.get(url)).json == chassis
    assert chassis["nodes"][0]["href"] == f"http://cloud.test{url}/nodes"
    plain = (await cloud.client.get(URL)).json["chassis"]
    assert [set(each) for each in plain] == [{"uuid", "description", "links"}]
    assert (await cloud.client.get(f"{URL}/detail")).json["chassis"] == [chassis]
    changed = await cloud.patch(url, ("replace", "/description", "row 4"), ("remove", "/extra/u"))
    assert (changed.json["description"], changed.json["extra"]) == ("row 4", {})


@pytest.mark.parametrize(
    "body", [{"name": "x"}, {"description": "x" * 256}, {"extra": 1}, {"uuid": "x"}]
)
async def test_chassis_that_make_no_sense_are_refused(cloud, body):
    assert (await cloud.client.post(URL, body)).status == 400


async def test_nodes_stand_in_a_chassis_that_exists(cloud, chassis):
    inside = await cloud.enrol(name="n1", chassis_uuid=chassis["uuid"])
    await cloud.enrol(name="n2")
    for url in (f"{URL}/{chassis['uuid']}/nodes", f"/v1/nodes?chassis_uuid={chassis['uuid']}"):
        found = (await cloud.client.get(url)).json["nodes"]
        assert [each["uuid"] for each in found] == [inside["uuid"]]
    unknown = {"driver": "fake-hardware", "chassis_uuid": str(uuid.uuid4())}
    assert (await cloud.client.post("/v1/nodes", unknown)).status == 400
    assert (await cloud.client.get(f"{URL}/{uuid.uuid4()}/nodes")).status == 404


async def test_a_chassis_goes_when_it_is_empty(cloud, chassis):
    await cloud.enrol(name="n1", chassis_uuid=chassis["uuid"])
    url = f"{URL}/{chassis['uuid']}"
    full = await cloud.client.delete(url)
    assert (full.status, "contains 1 nodes" in fault(full)) == (400, True)
    await cloud.patch("/v1/nodes/n1", ("remove", "/chassis_uuid"))
    assert (await cloud.client.delete(url)).status == 204
    assert (await cloud.client.delete(url)).status == 404
