"""Pages: following `next` shows everything exactly once, in order, whatever happens in between."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.store import leases
from bessemer.clock import now


async def follow(cloud, url, key):
    pages = []
    while url:
        parts = urlsplit(url)
        body = (await cloud.client.get(f"{parts.path}?{parts.query}")).json
        pages.append(body[key])
        url = body.get("next")
    return pages


async def ten_nodes(cloud):
    """Names a0..a9; resource classes repeat and some are missing."""
    for number in range(10):
        kind = [None, "big", "small"][number % 3]
        await cloud.enrol(name=f"a{number}", resource_class=kind)


@pytest.mark.parametrize("sort_key", ["id", "name", "resource_class", "uuid", "created_at"])
@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
async def test_every_node_comes_exactly_once_in_the_order_of_the_whole_list(
    cloud, sort_key, sort_dir
):
    await ten_nodes(cloud)
    query = f"sort_key={sort_key}&sort_dir={sort_dir}"
    whole = (await cloud.client.get(f"/v1/nodes?{query}")).json["nodes"]
    pages = await follow(cloud, f"http://cloud.test/v1/nodes?limit=3&{query}", "nodes")
    assert [node for page in pages for node in page] == whole
    assert [len(page) for page in pages] == [3, 3, 3, 1]


async def test_next_repeats_the_request_with_the_last_uuid_as_marker(cloud):
    await ten_nodes(cloud)
    first = await cloud.client.get(
        "/v1/nodes?fields=uuid,name&limit=2&maintenance=False&sort_key=name"
    )
    parts = urlsplit(first.json["next"])
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "cloud.test", "/v1/nodes")
    assert parse_qs(parts.query) == {
        "fields": ["uuid,name"],
        "maintenance": ["False"],
        "sort_key": ["name"],
        "limit": ["2"],
        "marker": [first.json["nodes"][-1]["uuid"]],
    }


async def test_the_last_page_has_no_next(cloud):
    await ten_nodes(cloud)
    assert "next" not in (await cloud.client.get("/v1/nodes")).json
    assert "next" not in (await cloud.client.get("/v1/nodes?limit=11")).json
    assert "next" in (await cloud.client.get("/v1/nodes?limit=10")).json


async def test_there_is_no_next_when_one_instance_is_asked_for(cloud):
    instance = "5a4fd2a4-1f9c-4b4c-b1a5-7a5cfb04a1ab"
    await cloud.enrol(instance_uuid=instance)
    answer = await cloud.client.get(f"/v1/nodes?limit=1&instance_uuid={instance}")
    assert len(answer.json["nodes"]) == 1
    assert "next" not in answer.json


async def test_nodes_added_and_removed_meanwhile_neither_repeat_nor_hide_others(cloud):
    await ten_nodes(cloud)
    first = (await cloud.client.get("/v1/nodes?limit=4&sort_key=name")).json
    await cloud.enrol(name="a00")
    await cloud.client.delete("/v1/nodes/a1")
    await cloud.client.delete("/v1/nodes/a5")
    rest = await follow(cloud, first["next"], "nodes")
    seen = [node["name"] for page in [first["nodes"], *rest] for node in page]
    assert seen == ["a0", "a1", "a2", "a3", "a4", "a6", "a7", "a8", "a9"]


async def test_ports_page_alike(cloud):
    node = await cloud.enrol(name="n1")
    for number in range(5):
        await cloud.add_port(node["uuid"], f"52:54:00:00:00:0{number}")
    for path in ("/v1/ports", "/v1/nodes/n1/ports", "/v1/ports/detail"):
        url = f"http://cloud.test{path}?limit=2&sort_key=address&sort_dir=desc"
        pages = await follow(cloud, url, "ports")
        seen = [port["address"][-1] for page in pages for port in page]
        assert seen == ["4", "3", "2", "1", "0"]
        assert [len(page) for page in pages] == [2, 2, 1]


async def test_conductors_page_by_host_name(cloud):
    answer = await cloud.client.get("/v1/conductors?limit=1")
    assert parse_qs(urlsplit(answer.json["next"]).query)["marker"] == ["host-1"]
    assert (await cloud.client.get("/v1/conductors?marker=host-1")).json == {"conductors": []}
    assert (await cloud.client.get("/v1/conductors?marker=host-9")).status == 400


@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
async def test_nodes_are_sorted_by_what_serves_them(cloud, sort_dir):
    for number in range(6):
        await cloud.enrol(name=f"n{number}", inspect_interface=["no-inspect", "fake"][number % 2])
    query = f"sort_key=inspect_interface&sort_dir={sort_dir}&fields=name,inspect_interface"
    pages = await follow(cloud, f"http://cloud.test/v1/nodes?limit=2&{query}", "nodes")
    shown = [node["inspect_interface"] for page in pages for node in page]
    assert shown == sorted(["fake", "no-inspect"] * 3, reverse=sort_dir == "desc")


@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
async def test_nodes_are_sorted_by_who_holds_them(cloud, sort_dir):
    for number in range(6):
        node = await cloud.enrol(name=f"n{number}")
        if number % 2:
            async with cloud.desk.shelves.database.write() as connection:
                span = Span(now(), timedelta(minutes=1))
                holder = f"host-{9 - number}:x"
                await leases.acquire(connection, node["uuid"], holder, "erasing", span)
    query = f"sort_key=reservation&sort_dir={sort_dir}&fields=name,reservation"
    pages = await follow(cloud, f"http://cloud.test/v1/nodes?limit=2&{query}", "nodes")
    shown = [node["reservation"] for page in pages for node in page]
    rising = [None, None, None, "host-4", "host-6", "host-8"]
    assert shown == (rising if sort_dir == "asc" else rising[::-1])
