"""A plain kind of object, from its table of fields: list, create, show, patch and delete."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement

from bessemer.baremetal.api import json_patch
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.etags import check_unchanged, etag_header
from bessemer.baremetal.api.fields import FieldTable
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, chosen_fields, listing, page, refuse_unknown
from bessemer.baremetal.api.values import is_uuid
from bessemer.baremetal.operations.records import RecordPage
from bessemer.baremetal.store.records import Record
from bessemer.errors import NotFound
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """One object, and where the API's links lead."""

    thing: T
    base_url: str = ""


def of(name: str) -> Callable[[Shown[Any], int], Json]:
    """Shows the attribute as it is."""
    return lambda shown, _minor: getattr(shown.thing, name)


def links_below(name: str) -> Callable[[Shown[Any], int], Json]:
    """Shows the pair of links of an object of the collection `name`."""
    return lambda shown, _minor: links(shown.base_url, f"{name}/{shown.thing.uuid}")


class Keeper(Protocol[Record]):
    """What can be done with the objects (`operations.records.Keeping` and its like)."""

    async def get(self, ident: str) -> Record: ...
    async def list(self, page: RecordPage) -> list[Record]: ...
    async def create(self, thing: Record) -> Record: ...
    async def change(self, ident: str, alter: Callable[[Record], Record]) -> Record: ...
    async def delete(self, ident: str, check: Callable[[Record], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[Record]):
    """What tells one collection from another.

    `name`: its path, and the key of its list unless `key` is. `noun`: the objects' part of policy
    rules. `made`: an object from a POST's checked values, which have a uuid. `altered`: the object
    with checked changes. `document`: every attribute that may be patched, as JSON. `conditions`:
    each filter in SQL. `narrowed`: what a project sees, where not everybody sees everything.
    `detail_path`: there is a list with every field at `<name>/detail`. `named_since`: the minor
    microversion since which names find objects.
    """

    name: str
    noun: str
    since: int
    table: FieldTable[Shown[Record]]
    made: Callable[[Mapping[str, Json]], Record]
    altered: Callable[[Record, Mapping[str, Json]], Record]
    document: Callable[[Record], dict[str, Json]]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    conditions: Mapping[str, Callable[[Any], ColumnElement[bool]]] = field(default_factory=dict)
    list_policy: str = ""
    key: str = ""
    narrowed: Callable[[str], ColumnElement[bool]] | None = None
    detail_path: bool = False
    named_since: int = 1

    @property
    def list_key(self) -> str:
        """What a list has its objects under."""
        return self.key or self.name


@dataclass(frozen=True, slots=True)
class Collection(Generic[Record]):
    """Handlers; each is one row of `endpoints`."""

    kind: Kind[Record]
    keeper: Keeper[Record]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        kind = self.kind
        path, rule = f"/{kind.name}", f"baremetal:{kind.noun}"
        every: Mapping[str, Any] = {"since": kind.since, "table": kind.table}
        listed = self.listed_row(kind.filters)
        list_rule = kind.list_policy or f"{rule}:list"
        detail = Endpoint("GET", f"{path}/detail", self.detail, list_rule, **listed)
        return (
            Endpoint("GET", path, self.index, list_rule, **listed),
            *([detail] if kind.detail_path else []),
            Endpoint("POST", path, self.create, f"{rule}:create", body=dict, status=201, **every),
            Endpoint("GET", f"{path}/{{ident}}", self.show, f"{rule}:get", **every),
            Endpoint(
                "PATCH", f"{path}/{{ident}}", self.update, f"{rule}:update", body=list, **every
            ),
            Endpoint(
                "DELETE",
                f"{path}/{{ident}}",
                self.delete,
                f"{rule}:delete",
                since=kind.since,
                status=204,
            ),
        )

    def listed_row(self, filters: Mapping[str, Filter]) -> dict[str, Any]:
        """What is said of each list of these objects in its row."""
        kind = self.kind
        return {
            "since": kind.since,
            "table": kind.table,
            "key": kind.list_key,
            "filters": filters,
            "narrows": kind.narrowed is not None,
        }

    async def index(self, call: Call) -> Reply:
        """A page of them."""
        return await self.listed(call, self.kind.filters)

    async def detail(self, call: Call) -> Reply:
        """A page of them with every field."""
        return await self.listed(call, self.kind.filters, detailed=True)

    async def listed(
        self,
        call: Call,
        filters: Mapping[str, Filter],
        within: Sequence[ColumnElement[bool]] = (),
        *,
        detailed: bool = False,
    ) -> Reply:
        """A page of those `within` these conditions, and that the call's filters let through."""
        asked = listing(call, self.kind.table, filters, detailed=detailed)
        found = await self.keeper.list(
            RecordPage(
                conditions=[*within, *await self.conditions(call, asked.filters)],
                limit=asked.limit,
                marker=asked.marker,
                sort_column=asked.sort_column,
                descending=asked.descending,
            )
        )
        items = await self.shown(call, found, asked.names)
        markers = [each.uuid for each in found]
        return Reply(page(call, self.kind.list_key, items, asked.limit, markers))

    async def create(self, call: Call) -> Reply:
        """Add one: 201, the object, and where it is."""
        refuse_unknown(call)
        values = self.kind.table.checked_body(call.body, call.version.minor)
        ident = values.get("uuid") or str(uuid.uuid4())
        made = await self.keeper_for(call).create(self.kind.made({**values, "uuid": ident}))
        location = {"Location": f"{api_url(call)}/v1/{self.kind.name}/{made.uuid}"}
        return Reply((await self.shown(call, [made]))[0], headers=location)

    async def show(self, call: Call) -> Reply:
        """One of them, by uuid or name."""
        refuse_unknown(call, ["fields"])
        names = chosen_fields(call, self.kind.table)
        found = await self.keeper.get(self.ident(call))
        return Reply((await self.shown(call, [found], names))[0], headers=etag_header(found))

    async def update(self, call: Call) -> Reply:
        """JSON patch; the whole object afterwards."""
        refuse_unknown(call)
        operations = json_patch.parse(call.body)
        self.kind.table.check_patch(operations, call.version.minor)

        def alter(thing: Record) -> Record:
            check_unchanged(call, thing)
            patched = json_patch.apply(self.kind.document(thing), operations)
            changes = self.kind.table.checked_changes(patched, operations)
            return self.kind.altered(thing, changes)

        changed = await self.keeper_for(call).change(self.ident(call), alter)
        return Reply((await self.shown(call, [changed]))[0], headers=etag_header(changed))

    async def delete(self, call: Call) -> Reply:
        """Remove one."""
        refuse_unknown(call)
        await self.keeper_for(call).delete(
            self.ident(call), lambda thing: check_unchanged(call, thing)
        )
        return Reply()

    def ident(self, call: Call) -> str:
        """The uuid or name in the path. Raises NotFound for what names nothing in that version."""
        ident = ident_of(call)
        if call.version.minor < self.kind.named_since and not is_uuid(ident):
            raise NotFound(f"{self.kind.table.noun.capitalize()} {ident} could not be found.")
        return ident

    def keeper_for(self, call: Call) -> Keeper[Record]:
        """Who changes things as this call's version has it."""
        return self.keeper

    async def shown(
        self, call: Call, things: Sequence[Record], names: Sequence[str] | None = None
    ) -> list[dict[str, Json]]:
        """The objects as JSON, as the caller may see them."""
        return [self.rendered(call, each, names) for each in things]

    def rendered(
        self, call: Call, thing: Record, names: Sequence[str] | None = None
    ) -> dict[str, Json]:
        """The object as JSON: these fields, else all of the asked version."""
        minor = call.version.minor
        chosen = self.kind.table.names(minor) if names is None else names
        return self.kind.table.render(Shown(thing, api_url(call)), minor, chosen)

    async def conditions(self, call: Call, filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        """The filters in SQL, and what of all this the caller's project may see."""
        wanted = [self.kind.conditions[name](value) for name, value in filters.items()]
        if self.kind.narrowed is not None and call.only_project is not None:
            wanted.append(self.kind.narrowed(call.only_project))
        return wanted
