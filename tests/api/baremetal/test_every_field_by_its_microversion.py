"""Generated from the tables: a field is hidden and refused below its microversion, shown from it."""

import pytest
from tests.api.baremetal.cloud import fault
from tests.api.baremetal.world import World
from tests.unit.baremetal.api_rows import OPERATORS

from bessemer.baremetal.api.fields import Field, Write
from bessemer.baremetal.api.queries import DETAIL_SINCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWS = [
    row
    for row in OPERATORS
    if row.method == "GET" and row.table and not row.key
    if row.path.count("{") == 1 and row.path.endswith("}")
]
LISTS = {
    id(row.table): row
    for row in OPERATORS
    if row.method == "GET" and row.table and row.key and row.pages and "{" not in row.path
    if not row.path.endswith("/detail")
}


def cases(rows, which=lambda _field: True):
    """(row, field, the version from which it can be seen there)."""
    return [
        pytest.param(row, each, max(row.since, each.since), id=f"{row.table.noun}-{each.name}")
        for row in rows
        for each in row.table
        if which(each)
    ]


@pytest.mark.parametrize(("row", "field", "since"), cases(SHOWS))
async def test_one_object_shows_a_field_from_its_version_on(world: World, row, field: Field, since):
    assert field.name in (await world.get(world.url(row), since)).json
    if since > row.since:
        assert field.name not in (await world.get(world.url(row), since - 1)).json


@pytest.mark.parametrize(("row", "field", "since"), cases(SHOWS))
async def test_a_field_can_be_asked_for_by_name_from_its_version_on(
    world: World, row, field: Field, since
):
    naming = row.parameters["fields"].since
    url = f"{world.url(row)}?fields={field.name}"
    answer = await world.get(url, max(since, naming))
    always = {each.name for each in row.table if each.always}
    assert set(answer.json) == {field.name} | always
    if since > max(naming, row.since):
        answer = await world.get(url, since - 1)
        assert answer.status == 406
        assert field.name in fault(answer)


@pytest.mark.parametrize(("row", "field", "since"), cases(LISTS.values()))
async def test_a_detailed_list_shows_a_field_from_its_version_on(
    world: World, row, field: Field, since
):
    asked = f"{world.url(row)}?detail=True"
    shown = (await world.get(asked, max(since, DETAIL_SINCE))).json[row.key]
    assert shown
    assert all(field.name in each for each in shown)
    if since > max(DETAIL_SINCE, row.since):
        shown = (await world.get(asked, since - 1)).json[row.key]
        assert shown
        assert not any(field.name in each for each in shown)


@pytest.mark.parametrize(("row", "field", "since"), cases(LISTS.values()))
async def test_a_plain_list_shows_its_summary_only(world: World, row, field: Field, since):
    shown = (await world.get(world.url(row), since)).json[row.key]
    assert shown
    assert all((field.name in each) is field.summary for each in shown)


CREATED = [row for row in OPERATORS if row.method == "POST" and row.table]
PATCHED = [row for row in OPERATORS if row.method == "PATCH" and row.table]


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(CREATED, lambda each: Write.CREATE in each.write)
)
async def test_a_body_may_not_name_a_field_before_its_version(
    world: World, row, field: Field, since
):
    if since > row.since:
        body = {**world.body(row.path), field.name: 1}
        answer = await world.ask("POST", world.url(row), body, minor=since - 1)
        assert answer.status == 406
        assert field.name in fault(answer)
    answer = await world.ask("POST", world.url(row), {field.name: None}, minor=since)
    assert answer.status in {400, 201}, "null is no whole object, but its field is known"


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(CREATED, lambda each: Write.CREATE not in each.write)
)
async def test_a_body_may_not_name_a_field_that_is_not_for_bodies(
    world: World, row, field: Field, since
):
    body = {**world.body(row.path), field.name: None}
    answer = await world.ask("POST", world.url(row), body)
    assert answer.status == 400
    assert field.name in fault(answer)


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(PATCHED, lambda each: Write.PATCH in each.write)
)
async def test_a_patch_may_not_name_a_field_before_its_version(
    world: World, row, field: Field, since
):
    if since > row.since:
        patch = [{"op": "add", "path": f"/{field.name}", "value": None}]
        answer = await world.ask("PATCH", world.url(row), patch, minor=since - 1)
        assert answer.status == 406
        assert field.name in fault(answer)
    patch = [{"op": "replace", "path": f"/{field.name}/none/such", "value": 1}]
    answer = await world.ask("PATCH", world.url(row), patch, minor=since)
    assert answer.status in {400, 409}


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(PATCHED, lambda each: Write.PATCH not in each.write)
)
async def test_a_patch_may_not_touch_a_field_that_is_not_for_it(
    world: World, row, field: Field, since
):
    for op in ("add", "replace", "remove"):
        patch = [{"op": op, "path": f"/{field.name}", "value": None}]
        answer = await world.ask("PATCH", world.url(row), patch)
        assert answer.status == 400
        assert field.name in fault(answer)


@pytest.mark.parametrize(("row", "field", "since"), cases(LISTS.values()))
async def test_a_list_sorts_by_columns_from_their_version_on(
    world: World, row, field: Field, since
):
    url = f"{world.url(row)}?sort_key={field.name}"
    answer = await world.get(url, since)
    assert answer.status == (400 if field.column is None else 200), answer.content
    if field.column is not None and since > row.since:
        assert (await world.get(url, since - 1)).status == 406
