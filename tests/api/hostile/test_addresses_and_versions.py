"""Paths, queries and versions that nobody honest sends: refused on every row, nothing changed."""

from urllib.parse import quote

import pytest
from tests.api.baremetal.cloud import VERSION
from tests.api.baremetal.world import World
from tests.api.hostile.untouched import refused, untouched
from tests.unit.baremetal.api_rows import OPERATORS, ident

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRANGE = (
    "%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "a" * 5000,
    quote("n1' OR '1'='1"),
    quote("${7*7}{{7*7}}"),
    quote("\u202eabc"),
    "0",
    "-1",
    "null",
    "none.json",
)
VERSIONS = (
    "1.999",
    "0.9",
    "2.1",
    "1",
    "1.",
    ".1",
    "1.-1",
    "1.1.1",
    "x",
    "1.1e1",
    "newest",
    "1.\uff11",
)
BODIES = {dict: {}, list: []}
NAMED = [row for row in OPERATORS if "{" in row.path]
FILTERED = [row for row in OPERATORS if row.method == "GET" and row.filters]


def strange(row, word: str) -> str:
    """The row's address with this word for its first parameter."""
    head, _, tail = f"/v1{row.path}".partition("{")
    rest = tail.partition("}")[2]
    return head + word + "".join(part if "{" not in part else "/x" for part in _parts(rest))


def _parts(path: str) -> list[str]:
    return [f"/{each}" for each in path.split("/")[1:]]


@pytest.mark.parametrize("row", NAMED, ids=ident)
async def test_what_nobody_named_is_not_found(world: World, row):
    async with untouched(world):
        for word in STRANGE:
            answer = await world.ask(row.method, strange(row, word), BODIES.get(row.body))
            assert answer.status in {400, 404, 405, 406}, (word, answer.content)


@pytest.mark.parametrize("version", VERSIONS)
async def test_versions_that_are_none_are_refused_with_the_bounds(world: World, version):
    async with untouched(world):
        for row in OPERATORS:
            sent = version.encode().decode("latin-1")
            answer = await world.cloud.client.request(
                row.method, world.url(row), BODIES.get(row.body), headers={VERSION: sent}
            )
            refused(answer, 406)
            assert answer.headers["X-OpenStack-Ironic-API-Minimum-Version"] == "1.1"
            assert answer.headers["X-OpenStack-Ironic-API-Maximum-Version"] == "1.115"


@pytest.mark.parametrize("row", FILTERED, ids=ident)
async def test_filters_that_make_no_sense_find_nothing_or_say_so(world: World, row):
    async with untouched(world):
        for name in row.filters:
            for word in STRANGE:
                answer = await world.get(f"{world.url(row)}?{name}={word}")
                assert answer.status in {200, 400, 404}, (name, word, answer.content)


MACS = {
    "capitals": ("52:54:00:AB:CD:01", "52:54:00:ab:cd:01"),
    "dashes": ("52-54-00-ab-cd-02", "52:54:00:ab:cd:02"),
    "no marks": ("525400abcd03", "52:54:00:ab:cd:03"),
    "dots": ("5254.00ab.cd04", "52:54:00:ab:cd:04"),
    "mixed capitals and dashes": ("52-54-00-AB-cd-05", "52:54:00:ab:cd:05"),
    "as it is kept": ("52:54:00:ab:cd:06", "52:54:00:ab:cd:06"),
}
NO_MACS = {
    "multicast": "01:00:5e:00:00:01",
    "broadcast": "ff:ff:ff:ff:ff:ff",
    "zero": "00:00:00:00:00:00",
    "InfiniBand": "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:97:86:b1",
    "five bytes": "52:54:00:00:01",
    "seven bytes": "52:54:00:00:00:01:02",
    "no hex": "52:54:00:00:00:0g",
    "spaces": "52 54 00 00 00 01",
    "wide digits": "\uff152:54:00:00:00:01",
}


@pytest.mark.parametrize(("sent", "kept"), MACS.values(), ids=MACS)
async def test_a_mac_in_any_spelling_is_one_mac(world: World, sent, kept):
    body = {"node_uuid": world.node, "address": sent}
    made = await world.ask("POST", "/v1/ports", body)
    assert made.json["address"] == kept
    again = await world.ask("POST", "/v1/ports", {**body, "address": kept})
    assert kept in refused(again, 409)
    assert (await world.ask("DELETE", f"/v1/ports/{made.json['uuid']}")).status == 204


@pytest.mark.parametrize("address", NO_MACS.values(), ids=NO_MACS)
async def test_what_is_no_mac_is_refused(world: World, address):
    async with untouched(world):
        body = {"node_uuid": world.node, "address": address}
        reason = refused(await world.ask("POST", "/v1/ports", body), 400)
        assert "MAC" in reason or "address" in reason
