"""Bodies that no honest client sends: each gets its 4xx, and the service goes on."""

import json
import time

import pytest
from tests.api.baremetal.cloud import fault


def nested(levels):
    return b'{"driver":"fake-hardware","extra":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


HOSTILE = [
    ("nothing", b"", 400),
    ("half an object", b'{"driver":', 400),
    ("two objects", b"{}{}", 400),
    ("a list", b"[]", 400),
    ("null", b"null", 400),
    ("a number", b"1e5", 400),
    ("NaN", b'{"driver":"fake-hardware","extra":{"a":NaN}}', 400),
    ("Infinity", b'{"driver":"fake-hardware","extra":{"a":-Infinity}}', 400),
    ("a number beyond all", b'{"driver":"fake-hardware","extra":{"a":1e999}}', 400),
    ("half a surrogate", b'{"driver":"fake-hardware","extra":{"a":"\\ud800"}}', 400),
    ("invalid UTF-8", b'{"driver":"fake-hardware","name":"\xff\xfe"}', 400),
    ("UTF-16", '{"driver":"fake-hardware"}'.encode("utf-16"), 400),
    ("null byte in a name", b'{"driver":"fake-hardware","name":"a\\u0000b"}', 400),
    ("raw null byte", b'{"driver":"fake-hardware","name":"a\x00b"}', 400),
    ("24 levels", nested(23), 201),
    ("too many levels", nested(30), 400),
    ("absurdly many levels", nested(100_000), 400),
    ("absurdly many lists", b"[" * 500_000, 400),
    ("1 MiB and more", b'{"driver":"' + b"x" * (1024 * 1024) + b'"}', 413),
    ("a key twice", b'{"driver":"none","driver":"fake-hardware"}', 400),
    ("a huge integer", b'{"driver":"fake-hardware","extra":{"a":' + b"9" * 200 + b"}}", None),
]


@pytest.mark.parametrize(
    ("body", "status"), [row[1:] for row in HOSTILE], ids=[r[0] for r in HOSTILE]
)
async def test_hostile_bodies(cloud, body, status):
    answer = await cloud.client.post("/v1/nodes", body)
    assert answer.status in ({status} if status else {201, 400})
    if answer.status >= 400:
        assert fault(answer)
        assert len(answer.content) < 2000
    listed = await cloud.client.get("/v1/nodes/detail")
    assert listed.status == 200
    assert len(listed.json["nodes"]) == (1 if answer.status == 201 else 0)


async def test_patches_cannot_dig_deeper_than_bodies_may(cloud):
    await cloud.enrol(name="n1")
    level = {"op": "add", "path": "/extra" + "/a" * 24, "value": {"a": {}}}
    steps = [{"op": "add", "path": "/extra" + "/a" * n, "value": {}} for n in range(1, 24)]
    answer = await cloud.client.patch("/v1/nodes/n1", [*steps, level])
    assert answer.status == 400
    assert "nests deeper" in fault(answer)


async def test_a_long_patch_is_refused_by_its_size(cloud):
    await cloud.enrol(name="n1")
    step = {"op": "add", "path": "/extra/a", "value": "x" * 100}
    answer = await cloud.client.patch("/v1/nodes/n1", [step] * 9000)
    assert answer.status == 413


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nodes/%00",
        "/v1/nodes/%ff%fe",
        "/v1/nodes/..%2f..%2fetc",
        "/v1/nodes/" + "a" * 5000,
        "/v1/nodes/n1' OR '1'='1",
        "/v1/ports/%00",
        "/v1/drivers/%00",
        "/v1/conductors/%00",
    ],
)
async def test_hostile_paths_lead_nowhere(cloud, path):
    await cloud.enrol(name="n1")
    assert (await cloud.client.get(path.replace(" ", "%20"))).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "owner=%00",
        "marker=%00",
        "description_contains=%00",
        "fields=%00",
        "sort_key=%00",
        "limit=%00",
    ],
)
async def test_hostile_queries_are_refused(cloud, query):
    assert (await cloud.client.get(f"/v1/nodes?{query}")).status == 400


async def test_the_error_body_is_json_in_json_for_every_family(cloud):
    await cloud.enrol(name="n1")
    for answer, status in (
        (await cloud.client.get("/v1/nodes/none"), 404),
        (await cloud.client.post("/v1/nodes", {"driver": "fake-hardware", "name": "n1"}), 409),
        (await cloud.client.get("/v1/nodes", X_OpenStack_Ironic_API_Version="9.9"), 406),
    ):
        assert answer.status == status
        inner = json.loads(answer.json["error_message"])
        assert inner["faultcode"] == "Client"
        assert inner["faultstring"] == fault(answer)
        assert inner["debuginfo"] is None


async def test_millions_of_tiny_values_are_refused_before_they_are_made(cloud):
    body = b'{"inventory":[' + b"[]," * 4_000_000 + b"1]}"
    started = time.process_time()
    answer = await cloud.ramdisk.post("/v1/continue_inspection", body)
    assert answer.status == 413
    assert "more than 500000 values" in fault(answer)
    assert time.process_time() - started < 1


async def test_a_client_that_leaves_in_the_middle_is_no_fault_of_the_server(cloud):
    messages = [{"type": "http.request", "body": b'{"driver":', "more_body": True}]
    sent = []

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"cloud.test"), (b"content-length", b"500")]
    scope = {"type": "http", "method": "POST", "path": "/v1/nodes", "query_string": b""}
    await cloud.client._app({**scope, "root_path": "", "headers": headers}, receive, send)
    assert sent[0]["status"] == 400
