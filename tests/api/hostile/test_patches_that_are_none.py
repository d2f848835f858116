"""JSON patches of every hostile form, on every kind of object: refused in words, nothing changed."""

from typing import Any

import pytest
from tests.api.baremetal.world import World
from tests.api.hostile.untouched import refused, untouched
from tests.unit.baremetal.api_rows import OPERATORS, ident

from bessemer.baremetal.api.fields import Write

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROWS = [row for row in OPERATORS if row.method == "PATCH" and row.table]
DUMB: dict[str, Any] = {
    "no object": ["add"],
    "a null": [None],
    "nothing in it": [{}],
    "no path": [{"op": "add", "value": 1}],
    "no op": [{"path": "/extra", "value": {}}],
    "no value": [{"op": "add", "path": "/extra"}],
    "a strange key": [{"op": "remove", "path": "/extra", "from": "/uuid"}],
    "a number for a path": [{"op": "add", "path": 7, "value": 1}],
    "a list for an op": [{"op": ["add"], "path": "/extra", "value": {}}],
    "a capital op": [{"op": "ADD", "path": "/extra", "value": {}}],
    "move of the root": [{"op": "move", "path": "/extra", "from": "/uuid"}],
    "copy": [{"op": "copy", "path": "/extra", "from": "/uuid"}],
    "test": [{"op": "test", "path": "/uuid", "value": 1}],
    "the whole document": [{"op": "replace", "path": "", "value": {}}],
    "removal of all": [{"op": "remove", "path": ""}],
    "the root": [{"op": "remove", "path": "/"}],
    "an empty name": [{"op": "add", "path": "/extra//a", "value": 1}],
    "two slashes": [{"op": "add", "path": "//extra", "value": 1}],
    "no slash": [{"op": "add", "path": "extra", "value": 1}],
    "an escaped slash": [{"op": "add", "path": "/extra/a~1b", "value": 1}],
    "an escaped tilde": [{"op": "add", "path": "/extra/a~0b", "value": 1}],
    "a bad escape": [{"op": "add", "path": "/extra/~2", "value": 1}],
    "a space": [{"op": "add", "path": "/extra/a b", "value": 1}],
    "a line break": [{"op": "add", "path": "/extra/a\n", "value": 1}],
    "a null byte": [{"op": "add", "path": "/extra/\x00", "value": 1}],
    "an attribute of Python": [{"op": "add", "path": "/__class__", "value": 1}],
    "nothing of the object's": [{"op": "add", "path": "/none_such", "value": 1}],
    "no number": [{"op": "add", "path": "/none_such/0", "value": 1}],
    "a long path": [{"op": "add", "path": "/extra" + "/a" * 5000, "value": 1}],
    "a long name": [{"op": "add", "path": "/" + "a" * 50_000, "value": 1}],
}
FIXED = ("uuid", "id", "links", "created_at", "updated_at")


@pytest.mark.parametrize("row", ROWS, ids=ident)
async def test_what_is_no_patch_is_refused(world: World, row):
    async with untouched(world):
        for name, patch in DUMB.items():
            for minor in (115, max(row.since, 98), row.since):
                answer = await world.ask("PATCH", world.url(row), patch, minor=minor)
                assert refused(answer, 400), name


@pytest.mark.parametrize("row", ROWS, ids=ident)
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
async def test_what_the_server_keeps_is_not_patched(world: World, row, op):
    async with untouched(world):
        for name in FIXED:
            for path in (f"/{name}", f"/{name}/0"):
                patch = [{"op": op, "path": path, "value": "x"}]
                assert name in refused(await world.ask("PATCH", world.url(row), patch), 400)


@pytest.mark.parametrize("row", ROWS, ids=ident)
async def test_one_bad_operation_undoes_the_good_ones(world: World, row):
    roots = {field.name for field in row.table if Write.PATCH in field.write}
    root = next(name for name in ("extra", "description") if name in roots)
    good = {"op": "add", "path": f"/{root}", "value": {"a": 1} if root == "extra" else "seen"}
    async with untouched(world):
        for bad in DUMB.values():
            refused(await world.ask("PATCH", world.url(row), [good, *bad, good]), 400)


@pytest.mark.parametrize("row", ROWS, ids=ident)
async def test_what_is_not_there_is_not_replaced_or_removed(world: World, row):
    if "extra" not in {field.name for field in row.table if Write.PATCH in field.write}:
        return
    async with untouched(world):
        for op in ("replace", "remove"):
            for path in ("/extra/none", "/extra/none/deeper", "/extra/0"):
                patch = [{"op": op, "path": path, "value": 1}]
                assert "extra" in refused(await world.ask("PATCH", world.url(row), patch), 400)
