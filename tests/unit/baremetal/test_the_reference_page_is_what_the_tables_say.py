"""The committed reference page and the OpenAPI document are what the tables say, and are sound."""

from pathlib import Path

import pytest
from tests.unit.baremetal.api_rows import OPERATORS, RAMDISK, ident

from bessemer.baremetal.api.openapi.document import document
from bessemer.baremetal.api.openapi.reference_page import reference_page
from bessemer.baremetal.api.versions import OPERATORS as RESOURCES
from bessemer.baremetal.api.versions import version_routes

PAGE = Path(__file__).parents[3] / "docs/reference/api.md"
DOCUMENT = document(OPERATORS, RAMDISK, version_routes(RESOURCES))


def test_the_committed_page_is_the_one_that_make_docs_writes():
    assert PAGE.read_text() == reference_page(OPERATORS, RAMDISK), "run `make docs`"


@pytest.mark.parametrize("row", [*OPERATORS, *RAMDISK], ids=ident)
def test_every_row_is_an_operation_of_the_document(row):
    operation = DOCUMENT["paths"][f"/v1{row.path}"][row.method.lower()]
    assert operation["x-policy"] == row.policy
    assert operation["summary"]
    assert str(row.status) in operation["responses"]
    named = {each["name"] for each in operation["parameters"] if each.get("in") == "query"}
    assert named == set(row.parameters)
    assert ("requestBody" in operation) is (row.body is not None)


def test_operations_have_names_of_their_own():
    names = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len(set(names)) == len(names)


def test_the_document_refers_to_nothing_that_it_lacks():
    def references(part):
        if isinstance(part, dict):
            yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            part = part.values()
        if not isinstance(part, str | int | float | bool | None):
            for each in part:
                yield from references(each)

    for reference in set(references(DOCUMENT)):
        found = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]


def test_fields_carry_their_microversion_and_who_may_write_them():
    node = DOCUMENT["components"]["schemas"]["Node"]["properties"]
    assert node["traits"]["x-since"] == "1.37"
    assert "x-since" not in node["uuid"]
    assert node["power_state"]["readOnly"]
    assert node["name"]["x-sortable"]
    creation = DOCUMENT["components"]["schemas"]["NodeCreation"]
    assert creation["required"] == ["driver"]
    assert "power_state" not in creation["properties"]
