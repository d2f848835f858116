"""`/flavors` and their extra specs."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from bessemer.compute.api.bodies import (
    ExtraSpecs,
    ExtraSpecsBody,
    FlavorChangeBody,
    NewFlavor,
    NewFlavorBody,
    number_of,
)
from bessemer.compute.api.paging import limit_of, next_links
from bessemer.compute.api.server_views import View, links
from bessemer.compute.api.servers import view_of
from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.store import flavors as store
from bessemer.db.engine import Database
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route


def flavor_of(new: NewFlavor) -> Flavor:
    """Raises Invalid for numbers out of range. An id of `auto`, or none: a fresh one."""
    name = new.name.strip()
    if not 1 <= len(name) <= 255:
        raise Invalid("A flavor's name has 1 to 255 characters.")
    ident = None if new.id in (None, "auto") else str(new.id)
    return Flavor(
        id=ident or str(uuid4()),
        name=name,
        vcpus=number_of(new.vcpus, "vcpus", 1),
        ram=number_of(new.ram, "ram", 0),
        disk=number_of(new.disk, "disk", 0),
        ephemeral=number_of(new.ephemeral, "ephemeral", 0),
        swap=number_of(new.swap or 0, "swap", 0),
        is_public=new.is_public,
        description=new.description,
    )


def body(flavor: Flavor, view: View) -> JsonObject:
    """As in `GET /flavors/{id}`."""
    minor = view.version.minor
    shown: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "vcpus": flavor.vcpus,
        "swap": flavor.swap or ("" if minor < 75 else 0),
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "OS-FLV-DISABLED:disabled": False,
        "os-flavor-access:is_public": flavor.is_public,
        "rxtx_factor": 1.0,
        "links": links(view, f"flavors/{flavor.id}"),
    }
    if minor >= 55:
        shown["description"] = flavor.description
    return shown | ({"extra_specs": dict(flavor.extra_specs)} if minor >= 61 else {})


def summary(flavor: Flavor, view: View) -> JsonObject:
    """As in `GET /flavors`."""
    shown: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "links": links(view, f"flavors/{flavor.id}"),
    }
    return shown | ({"description": flavor.description} if view.version.minor >= 55 else {})


class FlavorsApi:
    """Handlers of `/flavors`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, call: Call) -> Reply:
        """Ids and names."""
        return await self._list(call, summary)

    async def detail(self, call: Call) -> Reply:
        """Everything."""
        return await self._list(call, body)

    async def create(self, call: Call) -> Reply:
        """200, as upstream."""
        wanted: NewFlavorBody = call.body
        flavor = flavor_of(wanted.flavor)
        async with self._database.write() as connection:
            await store.add_flavor(connection, flavor)
        return Reply({"flavor": body(flavor, view_of(call))})

    async def show(self, call: Call) -> Reply:
        """By id."""
        return Reply({"flavor": body(await self._flavor(call), view_of(call))})

    async def change(self, call: Call) -> Reply:
        """The description."""
        change: FlavorChangeBody = call.body
        async with self._database.write() as connection:
            await store.get_flavor(connection, call.path["id"])
            await store.set_description(connection, call.path["id"], change.flavor.description)
        return await self.show(call)

    async def delete(self, call: Call) -> Reply:
        """202, as upstream."""
        async with self._database.write() as connection:
            await store.remove_flavor(connection, call.path["id"])
        return Reply()

    async def specs(self, call: Call) -> Reply:
        """All extra specs."""
        return Reply({"extra_specs": dict((await self._flavor(call)).extra_specs)})

    async def add_specs(self, call: Call) -> Reply:
        """Add or replace several."""
        wanted: ExtraSpecsBody = call.body
        added = {name: str(value) for name, value in wanted.extra_specs.items()}
        await self._set_specs(call, added)
        return Reply({"extra_specs": added})

    async def show_spec(self, call: Call) -> Reply:
        """One. Raises NotFound."""
        name = call.path["key"]
        return Reply({name: _spec(await self._flavor(call), name)})

    async def set_spec(self, call: Call) -> Reply:
        """Add or replace one."""
        name = call.path["key"]
        if set(call.body) != {name}:
            raise Invalid(f"The body must hold {name} and nothing else.")
        added = {name: str(call.body[name])}
        await self._set_specs(call, added)
        return Reply(added)

    async def delete_spec(self, call: Call) -> Reply:
        """Remove one. Raises NotFound."""
        name = call.path["key"]
        async with self._database.write() as connection:
            flavor = await store.get_flavor(connection, call.path["id"])
            _spec(flavor, name)
            rest = {k: v for k, v in flavor.extra_specs.items() if k != name}
            await store.set_extra_specs(connection, flavor.id, rest)
        return Reply()

    async def _set_specs(self, call: Call, added: dict[str, str]) -> None:
        async with self._database.write() as connection:
            flavor = await store.get_flavor(connection, call.path["id"])
            specs = dict(flavor.extra_specs) | added
            await store.set_extra_specs(connection, flavor.id, specs)

    async def _flavor(self, call: Call) -> Flavor:
        async with self._database.read() as connection:
            flavor = await store.get_flavor(connection, call.path["id"])
        if not flavor.is_public and not call.context.is_admin:
            raise NotFound(f"Flavor {flavor.id} could not be found.")
        return flavor

    async def _list(self, call: Call, shape: Any) -> Reply:
        async with self._database.read() as connection:
            everything = await store.list_flavors(connection)
        limit = limit_of(call)
        flavors = _page(_wanted(everything, call), call.query.get("marker"), limit)
        view = view_of(call)
        return Reply(
            {"flavors": [shape(flavor, view) for flavor in flavors]}
            | dict(next_links(call, "flavors", flavors, limit))
        )


def _spec(flavor: Flavor, name: str) -> str:
    if name not in flavor.extra_specs:
        raise NotFound(f"Flavor {flavor.id} has no extra specs with key {name}.")
    return flavor.extra_specs[name]


def _wanted(flavors: Sequence[Flavor], call: Call) -> list[Flavor]:
    public = call.query.get("is_public", "true").lower()
    wanted = {"none": (True, False), "false": (False,), "0": (False,)}.get(public, (True,))
    if not call.context.is_admin:
        wanted = (True,)
    ram = number_of(call.query.get("minRam", "0"), "minRam", 0)
    disk = number_of(call.query.get("minDisk", "0"), "minDisk", 0)
    return [f for f in flavors if f.is_public in wanted and f.ram >= ram and f.disk >= disk]


def _page(flavors: list[Flavor], marker: str | None, limit: int) -> list[Flavor]:
    if marker is None:
        return flavors[:limit]
    ids = [flavor.id for flavor in flavors]
    if marker not in ids:
        raise Invalid(f"marker [{marker}] not found")
    start = ids.index(marker) + 1
    return flavors[start : start + limit]


def flavor_routes(database: Database) -> tuple[Route, ...]:
    """All of them."""
    api, one = FlavorsApi(database), "/v2.1/flavors/{id}"
    specs = f"{one}/os-extra_specs"
    manage, extra = "os_compute_api:os-flavor-manage", "os_compute_api:os-flavor-extra-specs"
    return (
        Route("GET", "/v2.1/flavors", api.list, "os_compute_api:flavors"),
        Route("POST", "/v2.1/flavors", api.create, f"{manage}:create", body=NewFlavorBody),
        Route("GET", "/v2.1/flavors/detail", api.detail, "os_compute_api:flavors"),
        Route("GET", one, api.show, "os_compute_api:flavors"),
        Route("PUT", one, api.change, f"{manage}:update", body=FlavorChangeBody),
        Route("DELETE", one, api.delete, f"{manage}:delete", status=202),
        Route("GET", specs, api.specs, f"{extra}:index"),
        Route("POST", specs, api.add_specs, f"{extra}:create", body=ExtraSpecsBody),
        Route("GET", f"{specs}/{{key}}", api.show_spec, f"{extra}:show"),
        Route("PUT", f"{specs}/{{key}}", api.set_spec, f"{extra}:update", body=ExtraSpecs),
        Route("DELETE", f"{specs}/{{key}}", api.delete_spec, f"{extra}:delete"),
    )
