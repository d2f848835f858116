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
