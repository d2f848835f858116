"""`ETag` and `If-Match`: an update by somebody who has not seen the latest is refused, if they ask."""

import asyncio

import pytest
from sqlalchemy import update
from tests.api.baremetal.cloud import fault
from tests.api.security.personas import ROWS
from tests.unit.baremetal.api_rows import OPERATORS

from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.clock import now

KINDS = ("nodes", "ports", "portgroups", "volume/connectors", "runbooks")


def path_of(tenancy, kind: str) -> str:
    return f"/v1/{kind}/{tenancy.things.get(f'/{kind}', tenancy.node)}"


@pytest.fixture(autouse=True)
async def switched_off(tenancy):
    """Volumes of a running machine are not to be changed."""
    await tenancy.cloud.put_in_state(tenancy.node, State.ENROLL, power_state=Power.OFF)


def change(n: int):
    return [{"op": "add", "path": "/extra/a", "value": n}]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_second_writer_is_told(tenancy, kind):
    api, path = tenancy.by("system admin"), path_of(tenancy, kind)
    seen = (await api.get(path)).headers["ETag"]
    assert (await api.get(f"{path}?fields=uuid")).headers["ETag"] == seen
    first = await api.patch(path, change(1), If_Match=seen)
    assert first.status == 200
    assert first.headers["ETag"] != seen
    second = await api.patch(path, change(2), If_Match=seen)
    assert second.status == 412
    assert first.headers["ETag"] in fault(second)
    assert (await api.delete(path, If_Match=seen)).status == 412
    shown = await api.get(path)
    assert shown.json["extra"] == {"a": 1}
    assert shown.headers["ETag"] == first.headers["ETag"]
    assert (await api.patch(path, change(3), If_Match=shown.headers["ETag"])).status == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [("*", 200), ('"0", {}', 200), ('"0"', 412), ("W/{}", 412), ("", 412), ("{}x", 412)],
)
async def test_how_the_header_is_read(tenancy, header, status):
    api, path = tenancy.by("system admin"), path_of(tenancy, "nodes")
    seen = (await api.get(path)).headers["ETag"]
    answer = await api.patch(path, change(1), If_Match=header.format(seen))
    assert answer.status == status


@pytest.mark.parametrize("kind", KINDS)
async def test_without_the_header_the_last_writer_wins(tenancy, kind):
    api, path = tenancy.by("system admin"), path_of(tenancy, kind)
    assert (await api.patch(path, change(1))).status == 200
    assert (await api.patch(path, change(2))).status == 200
    assert (await api.get(path)).json["extra"] == {"a": 2}


async def test_of_many_at_once_one_wins(tenancy):
    api, path = tenancy.by("system admin"), path_of(tenancy, "nodes")
    seen = (await api.get(path)).headers["ETag"]
    answers = await asyncio.gather(*(api.patch(path, change(n), If_Match=seen) for n in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 7


@pytest.mark.parametrize(("path", "table"), [(path, table) for path, table, _ in ROWS])
async def test_what_is_changed_at_the_last_moment_is_not_removed(tenancy, path, table):
    """The change is under way when the request comes, and is written before it can be."""
    api, ident = tenancy.by("system admin"), tenancy.things[path]
    where = f"/v1{path}/{ident}"
    seen = (await api.get(where)).headers["ETag"]
    async with tenancy.cloud.desk.shelves.database.write() as connection:
        removal = asyncio.create_task(api.delete(where, If_Match=seen))
        async with asyncio.timeout(30):
            for _ in range(10):  # the request reads all that it can read by now
                await api.get(where)
        changed = update(table).where(table.c.uuid == ident).values(updated_at=now())
        await connection.execute(changed)
    assert (await removal).status == 412
    assert (await api.get(where)).status == 200


WRITES = {
    "PUT /states/provision": {"target": "manage"},
    "PUT /states/power": {"target": "power on"},
    "PUT /maintenance": {"reason": "a fan"},
    "DELETE /maintenance": None,
    "PUT /traits": {"traits": ["CUSTOM_A"]},
    "DELETE /traits": None,
    "PUT /traits/{trait}": None,
    "DELETE /traits/{trait}": None,
    "POST /vifs": {"id": "a-port"},
    "DELETE /vifs/{vif}": None,
    "PUT /management/boot_device": {"boot_device": "pxe"},
    "PUT /states/boot_mode": {"target": "uefi"},
    "PUT /states/secure_boot": {"target": True},
    "PUT /management/inject_nmi": {},
    "PUT /states/raid": {"logical_disks": [{"size_gb": 10, "raid_level": "1"}]},
    "PUT /states/console": {"enabled": True},
    "PUT /management/indicators/{indicator}": {"state": "on"},
    "POST /vmedia": {"device_type": "cdrom", "image_url": "http://10.0.0.1/a.iso"},
    "DELETE /vmedia": None,
    "POST /vendor_passthru/{method}": {"bar": "a"},
}
"""What is done to a node besides changing its fields, with a body that is in order."""

NAMED = {
    "{trait}": "CUSTOM_A",
    "{vif}": "a-port",
    "{indicator}": "led@chassis",
    "{method}": "first_method",
}


def test_everything_done_to_a_node_is_in_the_table():
    rows = [row for row in OPERATORS if row.path.startswith("/nodes/{ident}/")]
    done = {f"{row.method} {row.path.removeprefix('/nodes/{ident}')}" for row in rows}
    others = {each for each in done if not each.startswith("GET") and "_passthru" not in each}
    assert others - {"DELETE /allocation"} == {each for each in WRITES if "_passthru" not in each}


@pytest.mark.parametrize("write", WRITES)
async def test_nothing_is_done_to_a_node_that_changed_meanwhile(tenancy, write):
    api, base = tenancy.by("system admin"), f"/v1/nodes/{tenancy.node}"
    method, _, tail = write.partition(" ")
    for name, value in NAMED.items():
        tail = tail.replace(name, value)
    seen = (await api.get(base)).headers["ETag"]
    assert (await api.patch(base, change(1))).status == 200
    before = await tenancy.cloud.stored(tenancy.node)
    refused = await api.request(method, f"{base}{tail}", WRITES[write], headers={"If-Match": seen})
    assert refused.status == 412, refused.content
    assert "was changed since you read it" in fault(refused)
    assert await tenancy.cloud.stored(tenancy.node) == before


async def test_what_is_done_to_a_node_as_it_was_seen_is_done(tenancy):
    api, base = tenancy.by("system admin"), f"/v1/nodes/{tenancy.node}"
    for path, body in (("maintenance", None), ("states/power", {"target": "power on"})):
        seen = (await api.get(base)).headers["ETag"]
        answer = await api.put(f"{base}/{path}", body, If_Match=seen)
        assert answer.status == 202, answer.content


async def test_a_node_is_removed_as_it_was_seen(tenancy):
    api = tenancy.by("system admin")
    seen = (await api.get("/v1/nodes/foreign")).headers["ETag"]
    assert (await api.delete("/v1/nodes/foreign", If_Match=seen)).status == 204
