"""A plain kind of object, from its table of fields: list, create, show, patch and delete."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol

from sqlalchemy import ColumnElement

from bessemer.baremetal.api import json_patch
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import FieldTable
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, chosen_fields, listing, page, refuse_unknown
from bessemer.baremetal.operations.records import RecordPage
from bessemer.baremetal.store.records import Record
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply


@dataclass(frozen=True, slots=True)
class Shown(Generic[Record]):
    """One object, and where the API's links lead."""

    thing: Record
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
    async def delete(self, ident: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[Record]):
    """What tells one collection from another.

    `name`: its path, and the key of its list. `noun`: the objects' part of policy rules.
    `made`: an object from a POST's checked values, which have a uuid. `altered`: the object with
    checked changes. `document`: every attribute that may be patched, as JSON.
    `conditions`: each filter in SQL.
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
        listed: Mapping[str, Any] = {**every, "key": kind.name, "filters": kind.filters}
        return (
            Endpoint("GET", path, self.index, kind.list_policy or f"{rule}:list", **listed),
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

    async def index(self, call: Call) -> Reply:
        """A page of them."""
        asked = listing(call, self.kind.table, self.kind.filters)
        found = await self.keeper.list(
            RecordPage(
                conditions=self._conditions(asked.filters),
                limit=asked.limit,
                marker=asked.marker,
                sort_column=asked.sort_column,
                descending=asked.descending,
            )
        )
        items = [self.rendered(call, thing, asked.names) for thing in found]
        return Reply(page(call, self.kind.name, items, asked.limit, [each.uuid for each in found]))

    async def create(self, call: Call) -> Reply:
        """Add one: 201, the object, and where it is."""
        refuse_unknown(call)
        values = self.kind.table.checked_body(call.body, call.version.minor)
        ident = values.get("uuid") or str(uuid.uuid4())
        made = await self.keeper.create(self.kind.made({**values, "uuid": ident}))
        location = {"Location": f"{api_url(call)}/v1/{self.kind.name}/{made.uuid}"}
        return Reply(self.rendered(call, made), headers=location)

    async def show(self, call: Call) -> Reply:
        """One of them, by uuid or name."""
        refuse_unknown(call, ["fields"])
        names = chosen_fields(call, self.kind.table)
        return Reply(self.rendered(call, await self.keeper.get(ident_of(call)), names))

    async def update(self, call: Call) -> Reply:
        """JSON patch; the whole object afterwards."""
        refuse_unknown(call)
        operations = json_patch.parse(call.body)
        self.kind.table.check_patch(operations, call.version.minor)

        def alter(thing: Record) -> Record:
            patched = json_patch.apply(self.kind.document(thing), operations)
            changes = self.kind.table.checked_changes(patched, operations)
            return self.kind.altered(thing, changes)

        return Reply(self.rendered(call, await self.keeper.change(ident_of(call), alter)))

    async def delete(self, call: Call) -> Reply:
        """Remove one."""
        refuse_unknown(call)
        await self.keeper.delete(ident_of(call))
        return Reply()

    def rendered(
        self, call: Call, thing: Record, names: Sequence[str] | None = None
    ) -> dict[str, Json]:
        """The object as JSON: these fields, else all of the asked version."""
        minor = call.version.minor
        chosen = self.kind.table.names(minor) if names is None else names
        return self.kind.table.render(Shown(thing, api_url(call)), minor, chosen)

    def _conditions(self, filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        return [self.kind.conditions[name](value) for name, value in filters.items()]
