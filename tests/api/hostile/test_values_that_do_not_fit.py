"""Every writable field refuses, by its name, every value that its own schema does not take."""

from typing import Any

import jsonschema_rs
import pytest
from tests.api.baremetal.world import World
from tests.api.hostile.untouched import refused, untouched
from tests.unit.baremetal.api_rows import OPERATORS

from bessemer.baremetal.api.fields import Write

pytestmark = pytest.mark.asyncio(loop_scope="module")

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "below zero": -1,
    "a fraction": 1.5,
    "the most of 64 bits": 2**63 - 1,
    "nothing": "",
    "a word": "none such",
    "a line break": "a\nb",
    "markup": "<script>alert(1)</script>",
    "SQL": "'; DROP TABLE baremetal_nodes; --",
    "a template": "${jndi:x}{{7*7}}",
    "a long text": "x" * 70_000,
    "right to left": "\u202eabc",
    "an empty list": [],
    "an empty object": {},
    "a list of nulls": [None],
    "a list of lists": [[[]]],
    "an object": {"none such": {"a": [1, None]}},
}


def cases(method: str, where: Write) -> list[Any]:
    return [
        pytest.param(row, field, id=f"{row.table.noun}-{field.name}")
        for row in OPERATORS
        if row.method == method and row.table
        for field in row.table
        if where in field.write
    ]


def misfits(field: Any) -> dict[str, Any]:
    """The values that the field's schema does not take."""
    schema = dict(field.takes)
    return {
        name: value for name, value in VALUES.items() if not jsonschema_rs.is_valid(schema, value)
    }


@pytest.mark.parametrize(("row", "field"), cases("POST", Write.CREATE))
async def test_a_body_with_a_misfit_is_refused(world: World, row, field):
    async with untouched(world):
        for name, value in misfits(field).items():
            body = {**world.body(row.path), field.name: value}
            reason = refused(await world.ask("POST", world.url(row), body), 400)
            assert field.name in reason, (name, reason)


@pytest.mark.parametrize(("row", "field"), cases("PATCH", Write.PATCH))
async def test_a_patch_with_a_misfit_is_refused(world: World, row, field):
    async with untouched(world):
        for name, value in misfits(field).items():
            patch = [{"op": "add", "path": f"/{field.name}", "value": value}]
            reason = refused(await world.ask("PATCH", world.url(row), patch), 400)
            assert field.name in reason, (name, reason)


@pytest.mark.parametrize(("row", "field"), cases("POST", Write.CREATE))
async def test_whatever_else_is_sent_is_no_fault_of_the_server(world: World, row, field):
    bad = misfits(field)
    for name, value in VALUES.items():
        if name in bad:
            continue
        body = {**world.body(row.path), field.name: value}
        answer = await world.ask("POST", world.url(row), body)
        assert answer.status < 500, (name, answer.content)
        if answer.status == 201:
            url = f"{world.url(row)}/{answer.json['uuid']}"
            assert (await world.get(url)).status == 200
            gone = await world.ask("DELETE", url)
            assert gone.status == 204 or "power" in refused(gone, 400, 409)


@pytest.mark.parametrize(
    "row", [row for row in OPERATORS if row.method == "POST" and row.table], ids=lambda r: r.path
)
async def test_a_name_cannot_be_a_uuid_or_a_path(world: World, row):
    names = {field.name for field in row.table if Write.CREATE in field.write}
    if "name" in names:
        async with untouched(world):
            for name in (world.node, "../etc", "a/b", "a?b", "a#b", "%00"):
                answer = await world.ask(
                    "POST", world.url(row), {**world.body(row.path), "name": name}
                )
                assert "name" in refused(answer, 400)
