"""Generated from the rows: lists come in pages, take their filters by version, refuse nonsense."""

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.api.baremetal.cloud import fault
from tests.api.baremetal.world import UUID, World, collections, creation
from tests.unit.baremetal.api_rows import OPERATORS, ident

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = [row for row in OPERATORS if row.method == "GET" and row.key]
PAGED = [row for row in LISTS if row.pages]
MINE = [row for row in collections() if "{" not in row.path]
FILTERS = [
    (row, name, each)
    for row in LISTS
    for name, each in row.filters.items()
    if name not in {"fields", "detail"}
]
SAMPLES = {"boolean": "true", "integer": "1", "string": "x"}
FORMATS = {"uuid": UUID, "mac": "52:54:00:00:00:99"}


def sample(parameter) -> str:
    schema = parameter.schema
    if "enum" in schema:
        return schema["enum"][0]
    return FORMATS.get(schema.get("format")) or SAMPLES[schema.get("type", "string")]


async def follow(world, url, key):
    pages = []
    while url:
        parts = urlsplit(url)
        body = (await world.get(f"{parts.path}?{parts.query}")).json
        pages.append(body[key])
        url = body.get("next")
    return pages


@pytest.mark.parametrize("row", MINE, ids=ident)
async def test_following_next_shows_everything_once(world: World, row):
    path = creation(row).path
    for number in range(1, 6):
        if f"{path}#{number}" not in world.made:
            world.made[f"{path}#{number}"] = await world.make(path, number)
    whole = (await world.get(world.url(row))).json[row.key]
    assert len(whole) >= 6
    pages = await follow(world, f"{world.url(row)}?limit=2", row.key)
    assert [each for page in pages for each in page] == whole
    assert {len(page) for page in pages[:-1]} == {2}
    backwards = await follow(world, f"{world.url(row)}?limit=3&sort_dir=desc", row.key)
    assert [each for page in backwards for each in page] == whole[::-1]


@pytest.mark.parametrize("row", MINE, ids=ident)
async def test_next_repeats_the_request_after_the_last_one_seen(world: World, row):
    answer = await world.get(f"{world.url(row)}?limit=1&sort_dir=desc")
    parts = urlsplit(answer.json["next"])
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "cloud.test", world.url(row))
    seen = answer.json[row.key][-1]["uuid"]
    assert parse_qs(parts.query) == {"sort_dir": ["desc"], "limit": ["1"], "marker": [seen]}


@pytest.mark.parametrize("row", PAGED, ids=ident)
@pytest.mark.parametrize("limit", ["0", "-1", "ten", "", "1e3", "9" * 30, "%00"])
async def test_a_limit_that_is_none_is_refused(world: World, row, limit):
    answer = await world.get(f"{world.url(row)}?limit={limit}")
    assert answer.status == 400
    assert "limit" in fault(answer).lower()


@pytest.mark.parametrize("row", PAGED, ids=ident)
async def test_a_limit_beyond_the_most_is_taken_as_the_most(world: World, row):
    assert (await world.get(f"{world.url(row)}?limit=99999")).status == 200


@pytest.mark.parametrize("row", PAGED, ids=ident)
@pytest.mark.parametrize("marker", [UUID, "none-such", "%00", "%ff", "x" * 4000, "'--"])
async def test_a_marker_that_nobody_was_given_is_refused(world: World, row, marker):
    answer = await world.get(f"{world.url(row)}?marker={marker}")
    assert answer.status in {400, 404}
    assert fault(answer)


@pytest.mark.parametrize("row", PAGED, ids=ident)
@pytest.mark.parametrize("sort_key", ["none-such", "%00", "extra", "uuid;drop", "x" * 4000])
async def test_a_sort_key_that_is_none_is_refused(world: World, row, sort_key):
    answer = await world.get(f"{world.url(row)}?sort_key={sort_key}")
    assert answer.status == 400
    assert "sort" in fault(answer)


@pytest.mark.parametrize("row", PAGED, ids=ident)
async def test_a_direction_is_up_or_down(world: World, row):
    answer = await world.get(f"{world.url(row)}?sort_dir=sideways")
    assert answer.status == 400
    assert "sort_dir" in fault(answer)


@pytest.mark.parametrize("row", LISTS, ids=ident)
async def test_detail_and_fields_exclude_each_other(world: World, row):
    first = next(each.name for each in row.table)
    answer = await world.get(f"{world.url(row)}?detail=True&fields={first}")
    assert answer.status == 400
    assert "detail" in fault(answer)


@pytest.mark.parametrize("row", LISTS, ids=ident)
@pytest.mark.parametrize("fields", ["none-such", "%00", "uuid,none-such", "__class__"])
async def test_fields_that_are_none_are_refused(world: World, row, fields):
    answer = await world.get(f"{world.url(row)}?fields={fields}")
    assert answer.status == 400
    assert "field" in fault(answer).lower()


@pytest.mark.parametrize(
    ("row", "name", "parameter"), FILTERS, ids=[f"{ident(row)}?{name}" for row, name, _ in FILTERS]
)
async def test_a_filter_is_taken_from_its_version_on(world: World, row, name, parameter):
    url = f"{world.url(row)}?{name}={sample(parameter)}"
    answer = await world.get(url, max(parameter.since, row.since))
    assert answer.status in {200, 404}, answer.content
    if parameter.since > row.since:
        answer = await world.get(url, parameter.since - 1)
        assert answer.status == 406
        assert name in fault(answer)
