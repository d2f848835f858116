"""`/v1/nodes/{ident}/bios` and `/firmware`: what was last read from a machine's own software."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import Field, FieldTable
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, refuse_unknown, truth, words
from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import bios_settings, firmware_components
from bessemer.clock import iso8601
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

BIOS_SINCE: Final = 40
REGISTRY_SINCE: Final = 74
FIRMWARE_SINCE: Final = 86
IDENTITY_SINCE: Final = 114


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting, and the address of its node's settings."""

    setting: BiosSetting
    base_url: str
    path: str


def _moment(name: str) -> Callable[[Any, int], Json]:
    return lambda thing, _minor: iso8601(getattr(_inner(thing), name))


def _of(name: str) -> Callable[[Any, int], Json]:
    return lambda thing, _minor: getattr(_inner(thing), name)


def _inner(thing: ShownSetting | FirmwareComponent) -> BiosSetting | FirmwareComponent:
    return thing.setting if isinstance(thing, ShownSetting) else thing


def _links(thing: ShownSetting, _minor: int) -> Json:
    return links(thing.base_url, f"{thing.path}/{thing.setting.name}")


def _allowed(thing: ShownSetting, _minor: int) -> Json:
    allowed = thing.setting.allowable_values
    return None if allowed is None else list(allowed)


# fmt: off
SETTING: Final[FieldTable[ShownSetting]] = FieldTable("BIOS setting", (
    Field("name", _of("name"), summary=True),
    Field("value", _of("value"), summary=True),
    Field("attribute_type", _of("attribute_type"), REGISTRY_SINCE),
    Field("allowable_values", _allowed, REGISTRY_SINCE),
    *(Field(name, _of(name), REGISTRY_SINCE) for name in (
        "lower_bound", "upper_bound", "min_length", "max_length", "read_only", "reset_required",
        "unique",
    )),
    Field("created_at", _moment("created_at"), summary=True, always=True),
    Field("updated_at", _moment("updated_at"), summary=True, always=True),
    Field("links", _links, summary=True, always=True),
))

COMPONENT: Final[FieldTable[FirmwareComponent]] = FieldTable("firmware component", (
    Field("component", _of("component"), summary=True),
    Field("initial_version", _of("initial_version"), summary=True),
    Field("current_version", _of("current_version"), summary=True),
    Field("last_version_flashed", _of("last_version_flashed"), summary=True),
    *(Field(name, _of(name), IDENTITY_SINCE) for name in ("vendor", "model", "serial_number")),
    Field("created_at", _moment("created_at"), summary=True),
    Field("updated_at", _moment("updated_at"), summary=True),
))
# fmt: on

QUERY: Final = {
    "fields": Filter(words, REGISTRY_SINCE),
    "detail": Filter(truth, REGISTRY_SINCE),
}


@dataclass(frozen=True, slots=True)
class BiosApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        bios, get = "/nodes/{ident}/bios", "baremetal:node:bios:get"
        return (
            Endpoint(
                "GET",
                bios,
                self.settings,
                get,
                BIOS_SINCE,
                table=SETTING,
                key="bios",
                pages=False,
                filters=QUERY,
            ),
            Endpoint("GET", f"{bios}/{{setting}}", self.setting, get, BIOS_SINCE),
            Endpoint(
                "GET",
                "/nodes/{ident}/firmware",
                self.firmware,
                "baremetal:node:firmware:get",
                FIRMWARE_SINCE,
                table=COMPONENT,
                key="firmware",
                pages=False,
            ),
        )

    async def settings(self, call: Call) -> Reply:
        """Every BIOS setting by name, as it was last read; `detail` adds what the registry says."""
        refuse_unknown(call, list(QUERY))
        names, minor = _names(call), call.version.minor
        shown = [SETTING.render(each, minor, names) for each in await self._settings(call)]
        return Reply({"bios": shown})

    async def setting(self, call: Call) -> Reply:
        """One BIOS setting, under its own name."""
        refuse_unknown(call)
        wanted, minor = call.path["setting"], call.version.minor
        for each in await self._settings(call):
            if each.setting.name == wanted:
                return Reply({wanted: SETTING.render(each, minor, SETTING.names(minor))})
        raise NotFound(
            f"Node {call.path['ident']} has no BIOS setting {wanted[:80]!r} that was ever read."
        )

    async def firmware(self, call: Call) -> Reply:
        """Every firmware component by name, with the versions that it has had."""
        refuse_unknown(call)
        minor = call.version.minor
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, ident_of(call))
            found = await firmware_components.of_node(connection, node.uuid)
        names = COMPONENT.names(minor)
        return Reply({"firmware": [COMPONENT.render(each, minor, names) for each in found]})

    async def _settings(self, call: Call) -> list[ShownSetting]:
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, ident_of(call))
            found = await bios_settings.of_node(connection, node.uuid)
        return [ShownSetting(each, api_url(call), f"nodes/{node.uuid}/bios") for each in found]


def _names(call: Call) -> tuple[str, ...]:
    minor = call.version.minor
    for name, row in QUERY.items():
        if name in call.query:
            require(minor, row.since, f"query parameter {name}")
    detailed = truth("detail", call.query.get("detail", "false"))
    asked = [each for each in call.query.get("fields", "").split(",") if each]
    if asked and detailed:
        raise Invalid("Can't fetch a subset of fields with 'detail' set.")
    if asked:
        return SETTING.chosen(asked, minor)
    return SETTING.names(minor) if detailed else SETTING.summary(minor)
