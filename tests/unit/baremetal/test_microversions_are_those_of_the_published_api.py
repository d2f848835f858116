"""Every field, endpoint and filter has the microversion that the published API gave it."""

import pytest
from tests.unit.baremetal.api_rows import (
    OPERATORS,
    RAMDISK,
    ident,
    in_reference,
    introduced,
    tables,
)
from tests.unit.baremetal.reference_microversions import ENDPOINTS, FIELDS, FILTERS, OURS

FREE_BODIES = {
    "PUT /nodes/{ident}/management/inject_nmi",
    "PUT /nodes/{ident}/states/raid",
    "POST /continue_inspection",
}
"""Bodies without keys that the API knows: an empty one, a RAID configuration, an inventory."""

SHOWN = [
    (noun, field)
    for noun, table in tables().items()
    for field in table
    if field.name in FIELDS.get(noun, {})
]


@pytest.mark.parametrize(
    ("noun", "field"), SHOWN, ids=[f"{noun}-{field.name}" for noun, field in SHOWN]
)
def test_a_field_came_when_the_published_api_says(noun, field):
    first = introduced(noun)
    assert max(field.since, first) == max(FIELDS[noun][field.name], first)


@pytest.mark.parametrize("row", [*OPERATORS, *RAMDISK], ids=ident)
def test_an_endpoint_came_when_the_published_api_says(row):
    name = in_reference(row)
    if name not in OURS:
        assert row.since == ENDPOINTS[name]


@pytest.mark.parametrize(
    "row", [row for row in OPERATORS if in_reference(row) in FILTERS], ids=ident
)
def test_a_filter_came_when_the_published_api_says(row):
    published = FILTERS[in_reference(row)]
    ours = {name: max(each.since, row.since) for name, each in row.filters.items()}
    known = {name: max(since, row.since) for name, since in published.items() if name in ours}
    assert {name: ours[name] for name in known} == known


def test_every_kind_of_object_that_can_be_made_can_also_be_looked_at():
    def nouns(method: str, *, one: bool) -> set[str]:
        rows = (row for row in OPERATORS if row.method == method and row.table is not None)
        return {row.table.noun for row in rows if row.path.endswith("}") is one}

    assert nouns("POST", one=False) == nouns("PATCH", one=True)
    assert nouns("POST", one=False) <= nouns("GET", one=True) & nouns("GET", one=False)


def test_the_whole_published_api_is_served():
    assert set(ENDPOINTS) - {in_reference(row) for row in (*OPERATORS, *RAMDISK)} == set()


@pytest.mark.parametrize("noun", FIELDS)
def test_every_published_field_is_there(noun):
    assert set(FIELDS[noun]) - {field.name for field in tables()[noun]} == set()


@pytest.mark.parametrize("name", FILTERS)
def test_every_published_filter_is_there(name):
    row = next(row for row in OPERATORS if in_reference(row) == name)
    assert set(FILTERS[name]) - set(row.filters) == set()


@pytest.mark.parametrize("row", [*OPERATORS, *RAMDISK], ids=ident)
def test_every_row_says_what_it_does_and_takes(row):
    assert row.summary
    if row.body is not None and not row.any_query and ident(row) not in FREE_BODIES:
        assert row.table or row.arguments
