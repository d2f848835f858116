"""`/v1/volume`: connectors and targets of remote volumes."""

import uuid

import pytest
from sqlalchemy import select
from tests.api.baremetal.cloud import fault
from tests.asgi import AsgiClient

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.tables import volume_targets
from bessemer.context import RequestContext
from bessemer.web.dispatch import application

CONNECTORS = "/v1/volume/connectors"
TARGETS = "/v1/volume/targets"
HUSH = "open-sesame"


@pytest.fixture
async def node(cloud):
    made = await cloud.enrol(name="n1")
    await cloud.put_in_state(made["uuid"], State.MANAGEABLE, power_state=Power.OFF)
    return made


def a_connector(node, **fields):
    return {"node_uuid": node["uuid"], "type": "iqn", "connector_id": "iqn.2026-01.a:1", **fields}


def a_target(node, **fields):
    return {
        "node_uuid": node["uuid"],
        "volume_type": "iscsi",
        "boot_index": 0,
        "volume_id": "vol-1",
        **fields,
    }


async def make(cloud, url, body):
    answer = await cloud.client.post(url, body)
    assert answer.status == 201, answer.content
    assert answer.headers["Location"] == f"http://cloud.test{url}/{answer.json['uuid']}"
    return answer.json


async def test_connectors_are_shown_listed_changed_and_removed(cloud, node):
    made = await make(cloud, CONNECTORS, a_connector(node))
    url = f"{CONNECTORS}/{made['uuid']}"
    assert (await cloud.client.get(url)).json == made
    rows = (await cloud.client.get(CONNECTORS)).json["connectors"]
    assert [set(row) for row in rows] == [{"uuid", "node_uuid", "type", "connector_id", "links"}]
    for query in ("detail=True", "detail=True&node=n1"):
        assert (await cloud.client.get(f"{CONNECTORS}?{query}")).json["connectors"] == [made]
    below = await cloud.client.get("/v1/nodes/n1/volume/connectors?fields=connector_id")
    assert [row["connector_id"] for row in below.json["connectors"]] == ["iqn.2026-01.a:1"]
    changed = await cloud.patch(url, ("replace", "/type", "wwnn"), ("add", "/extra/a", 1))
    assert (changed.json["type"], changed.json["extra"]) == ("wwnn", {"a": 1})
    assert (await cloud.client.delete(url)).status == 204
    assert (await cloud.client.get(url)).status == 404


@pytest.mark.parametrize(
    ("url", "body", "words"),
    [
        (CONNECTORS, {"type": "name"}, "iqn"),
        (CONNECTORS, {"type": None}, "iqn"),
        (CONNECTORS, {"connector_id": ""}, "255"),
        (CONNECTORS, {"node_uuid": str(uuid.uuid4())}, "could not be found"),
        (CONNECTORS, {"name": "x"}, "name"),
        (TARGETS, {"boot_index": -1}, "boot_index"),
        (TARGETS, {"boot_index": 2**31}, "boot_index"),
        (TARGETS, {"boot_index": True}, "boot_index"),
        (TARGETS, {"boot_index": "one"}, "boot_index"),
        (TARGETS, {"volume_type": ""}, "64"),
        (TARGETS, {"properties": "x"}, "object"),
        (TARGETS, {"properties": {"auth_password": "******"}}, "stands for"),
    ],
)
async def test_what_makes_no_sense_is_refused(cloud, node, url, body, words):
    whole = (a_connector if url == CONNECTORS else a_target)(node) | body
    answer = await cloud.client.post(url, whole)
    assert (answer.status, words in fault(answer)) == (400, True)
    assert (await cloud.client.get(url)).json[url.rpartition("/")[2]] == []


async def test_a_name_leads_a_storage_to_one_node_only(cloud, node):
    await make(cloud, CONNECTORS, a_connector(node))
    again = await cloud.client.post(CONNECTORS, a_connector(node))
    assert (again.status, "iqn.2026-01.a:1" in fault(again)) == (409, True)


async def test_a_node_has_one_target_per_boot_index(cloud, node):
    await make(cloud, TARGETS, a_target(node))
    again = await cloud.client.post(TARGETS, a_target(node, volume_id="vol-2"))
    assert (again.status, "boot_index 0" in fault(again)) == (409, True)
    other = await cloud.enrol(name="n2")
    await make(cloud, TARGETS, a_target(other))
    second = await make(cloud, TARGETS, a_target(node, boot_index="1"))
    assert second["boot_index"] == 1
    below = (await cloud.client.get("/v1/nodes/n1/volume/targets?sort_key=boot_index")).json
    assert [each["boot_index"] for each in below["targets"]] == [0, 1]


@pytest.mark.parametrize("power", [Power.ON, Power.ERROR, None])
async def test_volumes_of_a_running_machine_stay_as_they_are(cloud, node, power):
    connector = await make(cloud, CONNECTORS, a_connector(node))
    target = await make(cloud, TARGETS, a_target(node))
    await cloud.put_in_state(node["uuid"], State.MANAGEABLE, power_state=power)
    for url, thing in ((CONNECTORS, connector), (TARGETS, target)):
        one = f"{url}/{thing['uuid']}"
        for answer in (
            await cloud.patch(one, ("add", "/extra/a", 1)),
            await cloud.client.delete(one),
        ):
            assert (answer.status, "power off" in fault(answer)) == (400, True)
        assert (await cloud.client.get(one)).json == thing


async def test_secrets_of_a_target_are_sealed_and_masked(cloud, node):
    inside = {"target_iqn": "iqn.b", "auth_username": "u", "auth_password": HUSH}
    made = await make(cloud, TARGETS, a_target(node, properties=inside))
    url = f"{TARGETS}/{made['uuid']}"
    assert made["properties"] == {**inside, "auth_password": "******"}
    listed = (await cloud.client.get(f"{TARGETS}?detail=True")).json["targets"]
    answers = [
        (await cloud.client.get(url)).json,
        listed[0],
        (await cloud.patch(url, ("replace", "/properties", made["properties"]))).json,
        (await cloud.patch(url, ("add", "/properties/target_lun", 1))).json,
    ]
    assert {each["properties"]["auth_password"] for each in answers} == {"******"}
    async with cloud.desk.reading() as connection:
        stored = await connection.scalar(select(volume_targets.c.properties))
    assert HUSH not in str(stored)
    box = cloud.desk.shelves.nodes.box
    assert box.open(stored)["auth_password"].reveal() == HUSH


async def test_links_lead_to_connectors_and_targets(cloud, node):
    whole = (await cloud.client.get("/v1/volume")).json
    assert whole["connectors"][0]["href"] == f"http://cloud.test{CONNECTORS}"
    mine = (await cloud.client.get("/v1/nodes/n1/volume")).json
    below = f"http://cloud.test/v1/nodes/{node['uuid']}/volume"
    assert [mine["links"][0]["href"], mine["targets"][0]["href"]] == [below, f"{below}/targets"]
    assert (await cloud.client.get("/v1/nodes/n9/volume")).status == 404


@pytest.mark.parametrize("url", ["/v1/volume", CONNECTORS, TARGETS, "/v1/nodes/n1/volume"])
async def test_volumes_are_there_since_1_32(cloud, node, url):
    answer = await cloud.client.get(url, X_OpenStack_Ironic_API_Version="1.31")
    assert answer.status == 404


@pytest.mark.parametrize(
    ("roles", "owner", "sees"),
    [("reader", "mine", False), ("admin", "mine", True)],
)
async def test_properties_are_for_those_who_may_look_into_the_node(cloud, node, roles, owner, sees):
    await make(cloud, TARGETS, a_target(node, properties={"target_iqn": "iqn.b"}))
    await make(cloud, TARGETS, a_target(await cloud.enrol(name="n2")))
    await cloud.put_in_state(node["uuid"], State.MANAGEABLE, owner=owner)

    async def authenticate(_headers, request_id):
        return RequestContext(request_id, project_id="mine", roles=frozenset({roles}))

    services = baremetal_services(cloud.desk)
    tenant = AsgiClient(application(services, authenticate), cloud.client.headers)
    (listed,) = (await tenant.get(f"{TARGETS}?detail=True")).json["targets"]
    shown = (await tenant.get(f"{TARGETS}/{listed['uuid']}")).json
    for each in (listed["properties"], shown["properties"]):
        assert ("target_iqn" in each, "redacted_contents" in each) == (sees, not sees)
