"""Every row that takes a body refuses what is no JSON, or the wrong kind of it, and changes nothing."""

import pytest
from tests.api.baremetal.world import World
from tests.api.hostile.untouched import refused, untouched
from tests.unit.baremetal.api_rows import OPERATORS, RAMDISK, ident

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEEP = 10_000
BROKEN = {
    "nothing": b"",
    "half an object": b'{"a":',
    "half a list": b'[{"op"',
    "two objects": b"{}{}",
    "no JSON": b"<xml/>",
    "null": b"null",
    "a word": b'"a"',
    "a number": b"1e5",
    "true": b"true",
    "NaN": b'{"a":NaN}',
    "minus infinity": b'[{"a":-Infinity}]',
    "beyond all numbers": b'{"a":1e999}',
    "a huge number": b'{"a":' + b"9" * 5000 + b"}",
    "more than 64 bits": b'{"a":[-18446744073709551616]}',
    "half a surrogate": b'{"a":"\\ud800"}',
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "invalid UTF-8 in a key": b'{"\xff":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a raw null byte": b'{"a":"b\x00c"}',
    "a null character": b'{"a":["b\\u0000c"]}',
    "a null character in a key": b'{"a\\u0000b":1}',
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep and broken off": b"[" * DEEP,
    "just too deep": b'{"a":' * 27 + b"1" + b"}" * 27,
}
ROWS = [row for row in OPERATORS if row.body in {dict, list}]


@pytest.mark.parametrize("row", ROWS, ids=ident)
async def test_what_is_no_json_is_refused(world: World, row):
    async with untouched(world):
        for name, body in BROKEN.items():
            reason = refused(await world.ask(row.method, world.url(row), body), 400)
            assert "body" in reason, name


@pytest.mark.parametrize("row", ROWS, ids=ident)
async def test_the_wrong_kind_of_json_is_refused(world: World, row):
    other = b"[]" if row.body is dict else b"{}"
    async with untouched(world):
        assert "body" in refused(await world.ask(row.method, world.url(row), other), 400)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.body is dict and (row.table or row.arguments)], ids=ident
)
async def test_keys_that_mean_nothing_are_refused_in_words(world: World, row):
    named = ["none-such", "nothing else", *row.arguments]
    whole = world.body(row.path) if row.table else {}
    async with untouched(world):
        for value in (1, None):
            body = {**whole, "none-such": value}
            reason = refused(await world.ask(row.method, world.url(row), body), 400)
            assert any(word in reason for word in named), reason
        twice = b'{"none-such":1,"none-such":2}'
        assert refused(await world.ask(row.method, world.url(row), twice), 400)


@pytest.mark.parametrize("row", [row for row in RAMDISK if row.body is dict], ids=ident)
async def test_a_ramdisk_is_no_better(world: World, row):
    async with untouched(world):
        for body in [*BROKEN.values(), b"[]"]:
            answer = await world.cloud.ramdisk.request(row.method, world.url(row), body)
            assert "body" in refused(answer, 400)
