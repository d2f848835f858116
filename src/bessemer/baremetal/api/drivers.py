"""`/v1/drivers` and `/v1/conductors`: which hardware can be served, and by whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import Field, FieldTable
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.queries import (
    Filter,
    chosen_fields,
    listing,
    page,
    refuse_unknown,
    truth,
    words,
)
from bessemer.baremetal.api.values import ruled
from bessemer.baremetal.conductor import membership
from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.interfaces.registry import Offer
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import conductor_interfaces
from bessemer.baremetal.store.conductors import Conductor, list_conductors
from bessemer.clock import iso8601, now
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

INTERFACES_SINCE: Final = 30
FIELDS_SINCE: Final = 77
PROPERTIES_SINCE: Final = 14
_KIND_SINCE: Final = {
    InterfaceKind.STORAGE: 33,
    InterfaceKind.RESCUE: 38,
    InterfaceKind.BIOS: 40,
    InterfaceKind.FIRMWARE: 86,
}
"""Kinds of interface that came after drivers had told of any."""


@dataclass(frozen=True, slots=True)
class DriverFacts:
    """One hardware type, and what the living conductors that serve it have registered."""

    name: str
    hosts: tuple[str, ...]
    offers: tuple[Offer, ...]
    base_url: str


@dataclass(frozen=True, slots=True)
class ConductorFacts:
    """One conductor, and whether it is alive."""

    conductor: Conductor
    alive: bool
    base_url: str


def _interfaces(kind: InterfaceKind) -> tuple[Field[DriverFacts], Field[DriverFacts]]:
    def enabled(facts: DriverFacts, _minor: int) -> Json:
        return list(
            dict.fromkeys(o.interface_name for o in facts.offers if o.interface_type == kind)
        )

    def default(facts: DriverFacts, _minor: int) -> Json:
        chosen = (o for o in facts.offers if o.interface_type == kind and o.is_default)
        return next((offer.interface_name for offer in chosen), None)

    since = max(_KIND_SINCE.get(kind, 1), INTERFACES_SINCE)
    return (
        Field(f"default_{kind}_interface", default, since),
        Field(f"enabled_{kind}_interfaces", enabled, since),
    )


def _conductor(name: str) -> Callable[[ConductorFacts, int], Json]:
    return lambda facts, _minor: getattr(facts.conductor, name)


# fmt: off
DRIVER: Final[FieldTable[DriverFacts]] = FieldTable("driver", (
    Field("name", lambda facts, _: facts.name, summary=True),
    Field("hosts", lambda facts, _: list(facts.hosts), summary=True),
    Field("type", lambda _facts, _: "dynamic", INTERFACES_SINCE, summary=True),
    Field("properties", lambda facts, _: links(facts.base_url, f"drivers/{facts.name}/properties"),
          PROPERTIES_SINCE, summary=True),
    Field("links", lambda facts, _: links(facts.base_url, f"drivers/{facts.name}"),
          summary=True, always=True),
    *(field for kind in InterfaceKind for field in _interfaces(kind)),
))

CONDUCTOR: Final[FieldTable[ConductorFacts]] = FieldTable("conductor", (
    Field("hostname", _conductor("hostname"), summary=True, column="hostname"),
    Field("conductor_group", _conductor("conductor_group"), summary=True,
          column="conductor_group"),
    Field("alive", lambda facts, _: facts.alive, summary=True),
    Field("links", lambda facts, _: links(facts.base_url, f"conductors/{facts.conductor.hostname}"),
          summary=True, always=True),
    Field("drivers", lambda facts, _: list(facts.conductor.drivers)),
    Field("created_at", lambda facts, _: iso8601(facts.conductor.created_at),
          column="created_at"),
    Field("updated_at", lambda facts, _: iso8601(facts.conductor.updated_at),
          column="updated_at"),
))
# fmt: on


@ruled({"enum": ["dynamic", "classic"]})
def _type(name: str, text: str) -> str:
    if text not in {"dynamic", "classic"}:
        raise Invalid(f"{name} must be dynamic or classic.")
    return text


DRIVER_FIELDS: Final = {"fields": Filter(words, FIELDS_SINCE)}
DRIVER_QUERY: Final = {"type": Filter(_type, 30), "detail": Filter(truth, 30), **DRIVER_FIELDS}


@dataclass(frozen=True, slots=True)
class DriversApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        conductors = "baremetal:conductor:get"
        return (
            Endpoint(
                "GET",
                "/drivers",
                self.drivers,
                "baremetal:driver:get",
                table=DRIVER,
                key="drivers",
                pages=False,
                filters=DRIVER_QUERY,
            ),
            Endpoint(
                "GET",
                "/drivers/{name}",
                self.driver,
                "baremetal:driver:get",
                table=DRIVER,
                filters=DRIVER_FIELDS,
            ),
            Endpoint(
                "GET",
                "/conductors",
                self.conductors,
                conductors,
                49,
                table=CONDUCTOR,
                key="conductors",
            ),
            Endpoint(
                "GET", "/conductors/{hostname}", self.conductor, conductors, 49, table=CONDUCTOR
            ),
        )

    async def drivers(self, call: Call) -> Reply:
        """Hardware types that a living conductor serves."""
        refuse_unknown(call, list(DRIVER_QUERY))
        minor = call.version.minor
        for name, row in DRIVER_QUERY.items():
            if name in call.query:
                require(minor, row.since, f"query parameter {name}")
                row.read(name, call.query[name])
        detailed = truth("detail", call.query.get("detail", "false"))
        names = DRIVER.names(minor) if detailed else DRIVER.summary(minor)
        if "fields" in call.query:
            if detailed:
                raise Invalid("Can't fetch a subset of fields with 'detail' set.")
            names = chosen_fields(call, DRIVER)
        classic = call.query.get("type") == "classic"
        found = {} if classic else await self._served(call)
        return Reply({"drivers": [DRIVER.render(each, minor, names) for each in found.values()]})

    async def driver(self, call: Call) -> Reply:
        """One hardware type."""
        refuse_unknown(call, ["fields"])
        if "fields" in call.query:
            require(call.version.minor, FIELDS_SINCE, "query parameter fields")
        found = (await self._served(call)).get(call.path["name"])
        if found is None:
            raise NotFound(f"No conductor alive serves the driver {call.path['name'][:80]!r}.")
        return Reply(DRIVER.render(found, call.version.minor, chosen_fields(call, DRIVER)))

    async def conductors(self, call: Call) -> Reply:
        """All conductors that were ever there, by name or by what is asked for."""
        asked = listing(call, CONDUCTOR, {})
        column = "hostname" if asked.sort_column == "id" else asked.sort_column

        def place(facts: ConductorFacts) -> tuple[Any, str]:
            return getattr(facts.conductor, column), _hostname(facts)

        found = sorted(await self._conductors(call), key=place, reverse=asked.descending)
        if asked.marker is not None:
            names = [_hostname(each) for each in found]
            if asked.marker not in names:
                raise Invalid(f"Marker {asked.marker[:80]!r} could not be found.")
            found = found[names.index(asked.marker) + 1 :]
        found = found[: asked.limit]
        items = [CONDUCTOR.render(each, call.version.minor, asked.names) for each in found]
        return Reply(page(call, "conductors", items, asked.limit, list(map(_hostname, found))))

    async def conductor(self, call: Call) -> Reply:
        """One conductor."""
        refuse_unknown(call, ["fields"])
        for each in await self._conductors(call):
            if each.conductor.hostname == call.path["hostname"]:
                names = chosen_fields(call, CONDUCTOR)
                return Reply(CONDUCTOR.render(each, call.version.minor, names))
        raise NotFound(f"Conductor {call.path['hostname'][:80]} could not be found.")

    async def _served(self, call: Call) -> Mapping[str, DriverFacts]:
        async with self.desk.reading() as connection:
            members = await membership.read(connection, self.desk.settings)
            living = [conductor.hostname for conductor in members.conductors]
            offers = await conductor_interfaces.offers_of(connection, living)
        hosts: dict[str, list[str]] = {}
        for conductor in members.conductors:
            for name in conductor.drivers:
                hosts.setdefault(name, []).append(conductor.hostname)
        return {
            name: DriverFacts(
                name,
                tuple(hosts[name]),
                tuple(offer for offer in offers if offer.hardware_type == name),
                api_url(call),
            )
            for name in sorted(hosts)
        }

    async def _conductors(self, call: Call) -> list[ConductorFacts]:
        async with self.desk.reading() as connection:
            found = await list_conductors(connection)
        moment, timeout = now(), self.desk.settings.conductor_heartbeat_timeout
        base = api_url(call)
        return [ConductorFacts(each, each.alive(moment, timeout), base) for each in found]


def _hostname(facts: ConductorFacts) -> str:
    return facts.conductor.hostname
