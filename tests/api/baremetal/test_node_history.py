"""`/v1/nodes/{ident}/history`: pages, order, and the fields of each microversion."""

from dataclasses import replace

import pytest
from tests.api.baremetal.cloud import VERSION

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import history
from bessemer.baremetal.store.history import Cause
from bessemer.clock import now

URL = "/v1/nodes/n1/history"


@pytest.fixture
async def words(cloud):
    """Four events of a node, as they were written down."""
    node = await cloud.enrol(name="n1")
    said = ["b", "c", "a", "d" * 300]
    async with cloud.desk.shelves.database.write() as connection:
        known = await cloud.desk.shelves.nodes.get(connection, node["uuid"])
        failed = replace(known, provision_state=State.CLEAN_FAILED)
        cause = Cause("ann", "p1", now())
        for text in said:
            await history.record(
                connection, failed, text, event_type="cleaning", conductor="host-1", cause=cause
            )
    return said


async def events(cloud, query=""):
    answer = await cloud.client.get(f"{URL}{query}")
    assert answer.status == 200, answer.content
    return [each["event"] for each in answer.json["history"]]


async def test_long_events_are_cut_in_lists(cloud, words):
    assert (await events(cloud))[-1] == "d" * 251 + "..."
    assert await events(cloud, "?detail=true") == words


async def test_it_comes_in_pages_in_any_order(cloud, words):
    seen, url = [], f"{URL}?limit=2&detail=true"
    while url:
        answer = (await cloud.client.get(url)).json
        seen += [each["event"] for each in answer["history"]]
        url = answer.get("next", "").removeprefix("http://cloud.test")
    assert seen == words
    assert await events(cloud, "?sort_key=event&sort_dir=desc&limit=2&detail=true") == [
        words[3],
        words[1],
    ]


@pytest.mark.parametrize("query", ["limit=0", "marker=x", "sort_key=links", "sort_dir=up", "a=1"])
async def test_what_makes_no_page_is_refused(cloud, words, query):
    assert (await cloud.client.get(f"{URL}?{query}")).status == 400


@pytest.mark.parametrize(
    ("minor", "added"),
    [
        (112, set()),
        (113, {"project"}),
        (115, {"project", "state", "target_provision_state", "duration_seconds"}),
    ],
)
async def test_fields_come_with_their_microversion(cloud, words, minor, added):
    cloud.client.headers[VERSION] = f"1.{minor}"
    short = {"uuid", "created_at", "severity", "event", "links"}
    (first, *_) = (await cloud.client.get(URL)).json["history"]
    assert set(first) == short
    whole = (await cloud.client.get(f"{URL}/{first['uuid']}")).json
    assert set(whole) == short | {"event_type", "conductor", "user"} | added
    known = {
        "user": "ann",
        "project": "p1",
        "state": "clean failed",
        "duration_seconds": pytest.approx(0, abs=60),
    }
    assert {name: whole[name] for name in known if name in whole} == {
        name: value for name, value in known.items() if name in whole
    }
