"""Generated from the tables, as for whole objects: fields of what lies below a node, and of other lists."""

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from tests.api.baremetal.cloud import fault
from tests.api.baremetal.test_every_field_by_its_microversion import LISTS, SHOWS
from tests.api.baremetal.world import World
from tests.unit.baremetal.api_rows import OPERATORS

from bessemer.baremetal.api.bios import SETTING
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import Field
from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import bios_settings, firmware_components, history

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = {id(row) for row in (*SHOWS, *LISTS.values())}
READ = [row for row in OPERATORS if row.method == "GET" and row.table and id(row) not in ELSEWHERE]
BELOW = [row for row in READ if row.key]
ONES = [row for row in READ if not row.key]


@dataclass
class Furnished:
    """A world whose node has one of everything below it."""

    world: World
    event: str

    def url(self, row: Endpoint) -> str:
        return self.world.url(row).replace("none-such", self.event)

    async def shown(self, row: Endpoint, minor: int, query: str = "") -> list[dict[str, Any]]:
        answer = await self.world.get(self.url(row) + query, minor)
        assert answer.status == 200, answer.content
        return answer.json[row.key] if row.key else [answer.json]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def furnished(world: World):
    cloud, uuid = world.cloud, world.node
    chassis, group = (world.made[path]["uuid"] for path in ("/chassis", "/portgroups"))
    await patch(world, f"/nodes/{uuid}", chassis_uuid=chassis, resource_class="gold")
    await patch(world, f"/ports/{world.made['/ports']['uuid']}", portgroup_uuid=group)
    node = await cloud.put_in_state(uuid, State.ACTIVE)
    made = await world.ask("POST", "/v1/allocations", {"node": uuid, "name": "held"})
    assert made.status == 201, made.content
    async with cloud.desk.shelves.database.write() as connection:
        await bios_settings.replace_all(connection, uuid, [BiosSetting("AssetTag", "X42")])
        component = FirmwareComponent("bmc", "1.0", "1.1", vendor="Acme")
        await firmware_components.replace_all(connection, uuid, [component])
        await history.record(connection, node, "fan", event_type="power", conductor="host-1")
        (event,) = await history.of_node(connection, uuid)
    return Furnished(world, event.uuid)


async def patch(world: World, path: str, **fields: Any) -> None:
    body = [{"op": "add", "path": f"/{name}", "value": value} for name, value in fields.items()]
    answer = await world.ask("PATCH", f"/v1{path}", body)
    assert answer.status == 200, answer.content


def whole(row: Endpoint) -> tuple[str, int]:
    """The query that has every field shown, and since when there is one."""
    if not row.key or row.path.endswith("/detail") or "detail" not in row.parameters:
        return "", row.since
    return "?detail=True", max(row.since, row.parameters["detail"].since)


def cases(rows, which=lambda _row: True):
    return [
        pytest.param(row, each, max(row.since, each.since), id=f"{row.path}-{each.name}")
        for row in rows
        if which(row)
        for each in row.table
    ]


@pytest.mark.parametrize(("row", "field", "since"), cases(READ))
async def test_a_field_is_shown_from_its_version_on(
    furnished: Furnished, row: Endpoint, field: Field, since: int
):
    query, detailed = whole(row)
    shown = await furnished.shown(row, max(since, detailed), query)
    assert shown
    assert all(field.name in each for each in shown)
    if since > detailed:
        shown = await furnished.shown(row, since - 1, query)
        assert shown
        assert not any(field.name in each for each in shown)


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(READ, lambda row: "fields" in row.parameters)
)
async def test_a_field_is_asked_for_by_name_from_its_version_on(
    furnished: Furnished, row: Endpoint, field: Field, since: int
):
    naming = max(row.since, row.parameters["fields"].since)
    query = f"?fields={field.name}"
    always = {each.name for each in row.table if each.always}
    if row.path.endswith("/detail"):
        answer = await furnished.world.get(furnished.url(row) + query, max(since, naming))
        assert (answer.status, "detail" in fault(answer)) == (400, True)
        return
    shown = await furnished.shown(row, max(since, naming), query)
    assert shown
    assert all(set(each) == {field.name} | always for each in shown)
    if since > naming:
        answer = await furnished.world.get(furnished.url(row) + query, since - 1)
        assert answer.status == 406
        assert field.name in fault(answer)


@pytest.mark.parametrize(
    ("row", "field", "since"), cases(BELOW, lambda row: whole(row)[0] and row.pages)
)
async def test_a_plain_list_shows_its_summary_only(
    furnished: Furnished, row: Endpoint, field: Field, since: int
):
    shown = await furnished.shown(row, since)
    assert shown
    assert all((field.name in each) is field.summary for each in shown)


@pytest.mark.parametrize(("row", "field", "since"), cases(BELOW, lambda row: row.pages))
async def test_a_list_sorts_by_columns_from_their_version_on(
    furnished: Furnished, row: Endpoint, field: Field, since: int
):
    url = f"{furnished.url(row)}?sort_key={field.name}"
    answer = await furnished.world.get(url, since)
    assert answer.status == (400 if field.column is None else 200), answer.content
    if field.column is not None and since > row.since:
        assert (await furnished.world.get(url, since - 1)).status == 406


@pytest.mark.parametrize("field", tuple(SETTING), ids=lambda field: field.name)
async def test_one_bios_setting_shows_a_field_from_its_version_on(
    furnished: Furnished, field: Field
):
    url = f"/v1/nodes/{furnished.world.node}/bios/AssetTag"
    since = max(40, field.since)
    assert field.name in (await furnished.world.get(url, since)).json["AssetTag"]
    if since > 40:
        assert field.name not in (await furnished.world.get(url, since - 1)).json["AssetTag"]
