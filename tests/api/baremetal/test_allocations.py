"""`/v1/allocations` and `/v1/nodes/{ident}/allocation`."""

import uuid

import pytest
from tests.api.baremetal.cloud import VERSION, fault

from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.allocations import Allocator

URL = "/v1/allocations"


@pytest.fixture
async def node(cloud):
    return await a_free_node(cloud, "n1")


async def a_free_node(cloud, name, traits=(), **fields):
    made = await cloud.enrol(name=name, **{"resource_class": "baremetal", **fields})
    await cloud.put_in_state(
        made["uuid"], State.AVAILABLE, power_state=Power.OFF, traits=frozenset(traits)
    )
    return made


async def ask(cloud, **body):
    answer = await cloud.client.post(URL, {"resource_class": "baremetal", **body})
    assert answer.status == 201, answer.content
    return answer.json


async def ended(cloud, ident):
    """The allocation after a round of the background work has seen to it."""
    await Allocator(cloud.desk).round()
    shown = (await cloud.client.get(f"{URL}/{ident}")).json
    assert shown["state"] != "allocating"
    return shown


async def test_an_allocation_is_accepted_at_once_and_finds_a_node(cloud, node):
    answer = await cloud.client.post(URL, {"resource_class": "baremetal", "name": "web"})
    assert answer.status == 201
    assert (answer.json["state"], answer.json["node_uuid"]) == ("allocating", None)
    assert answer.headers["Location"] == f"http://cloud.test{URL}/{answer.json['uuid']}"
    shown = await ended(cloud, "web")
    assert (shown["state"], shown["node_uuid"]) == ("active", node["uuid"])
    taken = (await cloud.client.get("/v1/nodes/n1")).json
    assert taken["instance_uuid"] == taken["allocation_uuid"] == shown["uuid"]
    assert taken["instance_info"] == {"traits": []}
    assert (await cloud.client.get("/v1/nodes/n1/allocation")).json == shown


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"resource_class": "gold"}, "no available nodes match the resource class gold"),
        ({"traits": ["CUSTOM_GPU", "CUSTOM_X"]}, "traits CUSTOM_GPU, CUSTOM_X"),
        ({"candidate_nodes": ["n2"]}, "none of the requested nodes are available"),
        ({"owner": "nobody"}, "no available nodes"),
    ],
)
async def test_an_allocation_that_fits_no_node_says_why(cloud, node, body, reason):
    await cloud.enrol(name="n2", resource_class="baremetal")
    shown = await ended(cloud, (await ask(cloud, **body))["uuid"])
    assert (shown["state"], shown["node_uuid"]) == ("error", None)
    assert reason in shown["last_error"]
    assert (await cloud.client.get("/v1/nodes/n1")).json["instance_uuid"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"power_state": None},
        {"maintenance": True},
        {"instance_uuid": "taken"},
        {"retired": True},
        {"resource_class": "other"},
    ],
)
async def test_nodes_that_are_not_free_are_left_alone(cloud, node, change):
    await cloud.put_in_state(node["uuid"], State.AVAILABLE, **change)
    assert (await ended(cloud, (await ask(cloud))["uuid"]))["state"] == "error"


async def test_traits_candidates_names_and_owners_choose_the_node(cloud):
    for name in ("n1", "n2", "n3"):
        await a_free_node(cloud, name, traits=["CUSTOM_A"] if name == "n2" else ["CUSTOM_B"])
    uuids = {
        name: (await cloud.client.get(f"/v1/nodes/{name}")).json["uuid"]
        for name in ("n1", "n2", "n3")
    }
    await cloud.put_in_state(uuids["n1"], State.AVAILABLE, lessee="me")
    by_trait = await ended(cloud, (await ask(cloud, traits=["CUSTOM_A"]))["uuid"])
    assert by_trait["node_uuid"] == uuids["n2"]
    assert (await cloud.stored(uuids["n2"])).instance_info == {"traits": ["CUSTOM_A"]}
    by_owner = await ended(cloud, (await ask(cloud, owner="me"))["uuid"])
    assert by_owner["node_uuid"] == uuids["n1"]
    by_name = await ask(cloud, candidate_nodes=["n1", "n3"], name="n3")
    assert by_name["candidate_nodes"] == [uuids["n1"], uuids["n3"]]
    assert (await ended(cloud, by_name["uuid"]))["node_uuid"] == uuids["n3"]


async def test_a_node_of_the_allocations_name_is_tried_first(cloud):
    for number in range(12):
        await a_free_node(cloud, f"n{number}")
    wanted = await ended(cloud, (await ask(cloud, name="n7"))["uuid"])
    assert (await cloud.client.get("/v1/nodes/n7")).json["uuid"] == wanted["node_uuid"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "resource_class is needed"),
        ({"resource_class": ""}, "resource_class"),
        ({"resource_class": "a", "traits": ["x"]}, "no trait"),
        ({"resource_class": "a", "traits": "CUSTOM_X"}, "traits must be a list"),
        ({"resource_class": "a", "candidate_nodes": ["none"]}, "none could not be found"),
        ({"resource_class": "a", "candidate_nodes": [1]}, "must be a string"),
        ({"resource_class": "a", "name": "a b"}, "name is made of"),
        ({"resource_class": "a", "name": str(uuid.uuid4())}, "UUID"),
        ({"resource_class": "a", "uuid": "x"}, "UUID"),
        ({"resource_class": "a", "node": "none"}, "none could not be found"),
        ({"resource_class": "a", "node_uuid": "x"}, "'node_uuid'"),
        ({"resource_class": "a", "state": "active"}, "'state'"),
        ({"resource_class": "a", "extra": 1}, "extra must be an object"),
    ],
)
async def test_allocations_that_make_no_sense_are_refused(cloud, node, body, words):
    answer = await cloud.client.post(URL, body)
    assert answer.status == 400
    assert words in fault(answer)
    assert (await cloud.client.get(URL)).json == {"allocations": []}


async def test_names_are_taken_once(cloud):
    await ask(cloud, name="web")
    answer = await cloud.client.post(URL, {"resource_class": "a", "name": "web"})
    assert (answer.status, "web" in fault(answer)) == (409, True)


async def test_the_uuid_of_an_instance_that_has_a_node_is_refused(cloud, node):
    instance = str(uuid.uuid4())
    await cloud.put_in_state(node["uuid"], State.ACTIVE, instance_uuid=instance)
    answer = await cloud.client.post(URL, {"resource_class": "baremetal", "uuid": instance})
    assert (answer.status, instance in fault(answer)) == (409, True)


async def test_a_patch_changes_name_and_extra_only(cloud):
    made = await ended(cloud, (await ask(cloud, name="web"))["uuid"])
    url = f"{URL}/{made['uuid']}"
    answer = await cloud.patch(url, ("replace", "/name", "db"), ("add", "/extra/a", 1))
    assert (answer.json["name"], answer.json["extra"]) == ("db", {"a": 1})
    assert (await cloud.patch(url, ("remove", "/name"))).json["name"] is None
    for root in ("resource_class", "state", "node_uuid", "traits", "owner", "uuid"):
        assert (await cloud.patch(url, ("add", f"/{root}", "x"))).status == 400, root


async def test_deleting_gives_the_node_back(cloud, node):
    made = await ended(cloud, (await ask(cloud))["uuid"])
    assert (await cloud.client.delete(f"{URL}/{made['uuid']}")).status == 204
    assert (await cloud.client.get(f"{URL}/{made['uuid']}")).status == 404
    free = (await cloud.client.get("/v1/nodes/n1")).json
    assert (free["instance_uuid"], free["allocation_uuid"]) == (None, None)
    assert free["instance_info"] == {}
    assert (await cloud.client.get("/v1/nodes/n1/allocation")).status == 404


@pytest.mark.parametrize("url", [URL, "/v1/nodes/n1/allocation"])
@pytest.mark.parametrize(
    ("state", "target", "maintenance", "status"),
    [
        (State.ACTIVE, None, False, 409),
        (State.ACTIVE, None, True, 204),
        (State.DEPLOYING, State.ACTIVE, False, 409),
        (State.DEPLOY_FAILED, State.ACTIVE, False, 204),
    ],
)
async def test_a_node_in_use_is_not_given_back(
    cloud, node, url, state, target, maintenance, status
):
    made = await ended(cloud, (await ask(cloud))["uuid"])
    await cloud.put_in_state(
        node["uuid"], state, target_provision_state=target, maintenance=maintenance
    )
    answer = await cloud.client.delete(url if "nodes" in url else f"{url}/{made['uuid']}")
    assert answer.status == status
    kept = (await cloud.client.get(f"{URL}/{made['uuid']}")).status
    assert kept == (200 if status == 409 else 404)
    has = (await cloud.client.get("/v1/nodes/n1")).json["allocation_uuid"]
    assert has == (made["uuid"] if status == 409 else None)


async def test_an_allocation_goes_with_its_instance(cloud, node):
    made = await ended(cloud, (await ask(cloud))["uuid"])
    assert (await cloud.patch("/v1/nodes/n1", ("remove", "/instance_uuid"))).status == 200
    assert (await cloud.client.get(f"{URL}/{made['uuid']}")).status == 404
    again = await ended(cloud, (await ask(cloud))["uuid"])
    assert again["node_uuid"] == node["uuid"]
    await cloud.put_in_state(node["uuid"], State.AVAILABLE, maintenance=True)
    assert (await cloud.client.delete("/v1/nodes/n1")).status == 204
    assert (await cloud.client.get(URL)).json == {"allocations": []}


async def test_an_allocation_is_written_down_for_a_node_in_use(cloud, node):
    instance = str(uuid.uuid4())
    await cloud.put_in_state(node["uuid"], State.ACTIVE, instance_uuid=instance)
    answer = await cloud.client.post(URL, {"node": "n1", "name": "old"})
    assert answer.status == 201, answer.content
    shown = answer.json
    assert (shown["state"], shown["node_uuid"]) == ("active", node["uuid"])
    assert (shown["uuid"], shown["resource_class"]) == (instance, "baremetal")
    assert (await cloud.client.get("/v1/nodes/n1")).json["allocation_uuid"] == instance


@pytest.mark.parametrize(
    ("state", "body", "words"),
    [
        (State.AVAILABLE, {}, "not active"),
        (State.ACTIVE, {"resource_class": "gold"}, "not gold"),
        (State.ACTIVE, {"traits": ["CUSTOM_X"]}, "CUSTOM_X"),
        (State.ACTIVE, {"uuid": str(uuid.uuid4())}, "carries instance"),
    ],
)
async def test_nodes_that_do_not_fit_are_not_written_down(cloud, node, state, body, words):
    await cloud.put_in_state(node["uuid"], state, instance_uuid=str(uuid.uuid4()))
    answer = await cloud.client.post(URL, {"node": "n1", **body})
    assert answer.status == 409
    assert words in fault(answer)
    assert (await cloud.client.get(URL)).json == {"allocations": []}


async def test_lists_filter(cloud, node):
    active = await ended(cloud, (await ask(cloud, name="a", owner=None))["uuid"])
    failed = await ended(cloud, (await ask(cloud, resource_class="gold", owner="me"))["uuid"])
    for query, found in (
        ("", [active, failed]),
        ("node=n1", [active]),
        (f"node={node['uuid']}", [active]),
        ("resource_class=gold", [failed]),
        ("state=error", [failed]),
        ("state=active", [active]),
        ("owner=me", [failed]),
        (f"marker={active['uuid']}", [failed]),
    ):
        assert (await cloud.client.get(f"{URL}?{query}")).json["allocations"] == found, query
    assert (await cloud.client.get(f"{URL}?node=none")).status == 404
    for bad in ("sort_key=traits", "sort_key=extra", "a=b", "limit=0"):
        assert (await cloud.client.get(f"{URL}?{bad}")).status == 400, bad
    chosen = (await cloud.client.get("/v1/nodes/n1/allocation?fields=state")).json
    assert set(chosen) == {"state", "links"}


@pytest.mark.parametrize(
    ("method", "url", "body", "version", "status"),
    [
        ("GET", URL, None, "1.51", 404),
        ("POST", URL, {"resource_class": "a"}, "1.51", 405),
        ("DELETE", f"{URL}/x", None, "1.51", 405),
        ("GET", "/v1/nodes/n1/allocation", None, "1.51", 404),
        ("PATCH", f"{URL}/x", [], "1.56", 405),
        ("POST", URL, {"node": "n1"}, "1.57", 400),
        ("POST", URL, {"resource_class": "a", "owner": "me"}, "1.59", 406),
        ("GET", f"{URL}?owner=me", None, "1.59", 406),
    ],
)
async def test_what_came_later_is_refused_before(cloud, node, method, url, body, version, status):
    answer = await cloud.client.request(method, url, body, headers={VERSION: version})
    assert answer.status == status
