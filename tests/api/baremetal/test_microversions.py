"""Versions: headers in every reply, bounds, and nothing newer than was asked for."""

import re

import pytest
from tests.api.baremetal.cloud import VERSION, fault, inner_error
from tests.unit.baremetal.api_rows import OPERATORS, ident


def bounds(answer):
    names = (
        f"{VERSION.removesuffix('-Version')}-{each}-Version" for each in ("Minimum", "Maximum")
    )
    return [answer.headers[name] for name in names]


async def test_without_a_header_the_oldest_version_answers(cloud):
    cloud.client.headers.clear()
    answer = await cloud.client.get("/v1/nodes")
    assert answer.headers[VERSION] == "1.1"
    assert bounds(answer) == ["1.1", "1.115"]


@pytest.mark.parametrize(
    ("asked", "served"), [("1.1", "1.1"), ("1.50", "1.50"), ("latest", "1.115"), ("1.115", "1.115")]
)
async def test_the_version_asked_for_is_the_one_served(cloud, asked, served):
    for header in ({VERSION: asked}, {"OpenStack-API-Version": f"baremetal {asked}"}):
        cloud.client.headers = header
        answer = await cloud.client.get("/v1/nodes")
        assert (answer.status, answer.headers[VERSION]) == (200, served)


@pytest.mark.parametrize(
    "asked", ["1.116", "1.0", "2.1", "0.9", "1", "one", "1.1.1", "1.٣", "-1.5"]
)
async def test_versions_that_are_not_served_get_406_with_the_bounds(cloud, asked):
    answer = await cloud.client.get(
        "/v1/nodes", X_OpenStack_Ironic_API_Version=asked.encode().decode("latin-1")
    )
    assert answer.status == 406
    assert bounds(answer) == ["1.1", "1.115"]
    assert VERSION not in answer.headers
    inner = inner_error(answer)
    assert (inner["code"], inner["title"]) == (406, "Not Acceptable")
    assert "1.1 to 1.115" in inner["description"]


@pytest.mark.parametrize(
    ("method", "path", "code", "title"),
    [
        ("GET", "/v1/nowhere", 404, "Not Found"),
        ("GET", "/baremetal/v1/nowhere", 404, "Not Found"),
        ("PUT", "/v1/nodes", 405, "Method Not Allowed"),
    ],
)
async def test_what_no_handler_serves_is_refused_in_the_frameworks_shape(
    cloud, method, path, code, title
):
    answer = await cloud.client.request(method, path)
    inner = inner_error(answer)
    assert answer.status == code
    assert (inner["code"], inner["title"]) == (code, title)
    assert inner["description"] == inner["faultstring"] == fault(answer)
    assert answer.headers["Openstack-Request-Id"] == answer.headers["X-Openstack-Request-Id"]


async def test_errors_and_missing_things_carry_the_version_too(cloud):
    for answer in (
        await cloud.client.get("/v1/nodes/none"),
        await cloud.client.post("/v1/nodes", {}),
        await cloud.client.post("/v1/nodes", b"{"),
    ):
        assert answer.headers[VERSION] == "1.115"
        assert bounds(answer) == ["1.1", "1.115"]
        assert answer.headers["Openstack-Request-Id"].startswith("req-")


async def test_fields_newer_than_asked_are_not_shown(cloud):
    await cloud.enrol(description="d", automated_clean=True)
    old = {"X_OpenStack_Ironic_API_Version": "1.46"}
    (node,) = (await cloud.client.get("/v1/nodes/detail", **old)).json["nodes"]
    assert "conductor_group" in node
    assert not {"automated_clean", "description", "traits_"} & set(node)


@pytest.mark.parametrize(
    ("method", "path", "body", "before", "since"),
    [
        ("POST", "/v1/nodes", {"driver": "fake-hardware", "description": "x"}, 406, 51),
        ("POST", "/v1/nodes", {"driver": "fake-hardware", "network_interface": "noop"}, 406, 20),
        ("PATCH", "/v1/nodes/n1", [{"op": "add", "path": "/owner", "value": "x"}], 406, 50),
        ("GET", "/v1/nodes?fields=uuid", None, 406, 8),
        ("GET", "/v1/nodes?fields=traits", None, 406, 37),
        ("GET", "/v1/nodes?detail=true", None, 406, 43),
        ("GET", "/v1/nodes?sort_key=owner", None, 406, 50),
        ("GET", "/v1/nodes?provision_state=active", None, 406, 9),
        ("GET", "/v1/nodes?driver=x", None, 406, 16),
        ("GET", "/v1/nodes?retired=false", None, 406, 61),
        ("GET", "/v1/nodes/n1/traits", None, 404, 37),
        ("GET", "/v1/nodes/n1/vifs", None, 404, 28),
        ("GET", "/v1/nodes/n1/history", None, 404, 78),
        ("GET", "/v1/conductors", None, 404, 49),
        ("GET", "/v1/portgroups", None, 404, 23),
        ("GET", "/v1/volume/targets", None, 404, 32),
        ("GET", "/v1/allocations", None, 404, 52),
        ("GET", "/v1/drivers?detail=true", None, 406, 30),
        ("GET", "/v1/drivers?fields=name", None, 406, 77),
        ("PUT", "/v1/nodes/n1/states/provision", {"target": "manage"}, 406, 4),
        ("PUT", "/v1/nodes/n1/states/power", {"target": "soft power off"}, 406, 27),
    ],
)
async def test_what_is_newer_than_asked_is_refused(cloud, method, path, body, before, since):
    await cloud.enrol(name="n1")
    old = {VERSION: f"1.{since - 1}"}
    assert (await cloud.client.request(method, path, body, headers=old)).status == before
    new = {VERSION: f"1.{since}"}
    assert (await cloud.client.request(method, path, body, headers=new)).status < 300


@pytest.mark.parametrize(
    ("target", "since"),
    [
        ("provide", 4),
        ("inspect", 6),
        ("abort", 13),
        ("clean", 15),
        ("adopt", 17),
        ("rescue", 38),
        ("deploy", 73),
        ("undeploy", 73),
        ("unhold", 85),
        ("service", 87),
    ],
)
async def test_verbs_newer_than_asked_are_refused_as_such(cloud, target, since):
    await cloud.enrol(name="n1")
    url, body = "/v1/nodes/n1/states/provision", {"target": target}
    before = await cloud.client.put(url, body, X_OpenStack_Ironic_API_Version=f"1.{since - 1}")
    assert before.status == 406
    after = await cloud.client.put(url, body, X_OpenStack_Ironic_API_Version=f"1.{since}")
    assert after.status == 400


async def test_version_documents_need_no_version_and_name_the_newest(cloud):
    for path in ("/", "/baremetal/"):
        answer = await cloud.client.get(path)
        base = f"http://cloud.test{path}".rstrip("/")
        assert answer.json["default_version"] == answer.json["versions"][0]
        assert answer.json["default_version"] == {
            "id": "v1",
            "links": [{"href": f"{base}/v1/", "rel": "self"}],
            "status": "CURRENT",
            "min_version": "1.1",
            "version": "1.115",
        }
    for path in ("/v1", "/v1/"):
        document = (await cloud.client.get(path)).json
        assert {"id", "links", "media_types", "version", "nodes", "ports", "chassis"} <= set(
            document
        )
        old = (await cloud.client.get(path, X_OpenStack_Ironic_API_Version="1.22")).json
        assert "portgroups" in document
        assert "portgroups" not in old
    assert (await cloud.client.post("/v1", {})).status == 405


async def test_a_prefix_without_its_slash_leads_to_the_service(cloud):
    answer = await cloud.client.get("/baremetal")
    assert answer.status == 307
    assert answer.headers["Location"] == "http://cloud.test/baremetal/"


async def test_the_root_links_to_each_collection_from_its_version_on(cloud):
    since = {"deploy_templates": 55, "shards": 82, "runbooks": 92, "inspection_rules": 96}
    for name, minor in since.items():
        shown = [
            (await cloud.client.get("/v1", **{VERSION: f"1.{n}"})).json for n in (minor - 1, minor)
        ]
        assert [name in each for each in shown] == [False, True]


@pytest.mark.parametrize("row", OPERATORS, ids=ident)
async def test_a_slash_at_the_end_of_a_path_means_nothing(cloud, row):
    """Who is let through to the row is told that there is no such version."""
    path = re.sub(r"\{\w+\}", "x", row.path)
    for end in ("", "/"):
        answer = await cloud.client.request(
            row.method, f"/v1{path}{end}", headers={VERSION: "1.999"}
        )
        assert answer.status == 406
        assert "is not served" in fault(answer)
