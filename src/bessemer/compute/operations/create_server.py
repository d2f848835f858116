"""Accepting a request for servers: everything that can be checked now is, the rest is the build's."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

from bessemer.clock import now
from bessemer.compute.domain.events import Action, Event
from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.server import (
    Goal,
    KeyCopy,
    NetworkRequest,
    Server,
    TaskState,
    VmState,
    hostname_of,
)
from bessemer.compute.operations.build_steps import FIRST
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.store.events import add_action, begin_event, end_event
from bessemer.compute.store.flavors import find_flavor
from bessemer.compute.store.keypairs import find_keypair
from bessemer.compute.store.servers import add_server, put_payload
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Forbidden, Invalid, NotFound
from bessemer.image.public import ImageView

MAX_COUNT: Final = 100
"""Most servers of one request."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request as the API understood it. Idents are as the user gave them."""

    name: str
    flavor_id: str
    image_id: str
    networks: tuple[NetworkRequest, ...] | Literal["auto", "none"] = "auto"
    key_name: str | None = None
    user_data: bytes | None = None
    config_drive: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    availability_zone: str | None = None
    node: str | None = None
    hostname: str | None = None
    description: str | None = None
    min_count: int = 1
    max_count: int = 1


@dataclass(frozen=True, slots=True)
class _Checked:
    flavor: Flavor
    image: ImageView
    key: KeyCopy | None
    networks: tuple[NetworkRequest, ...]
    zone: str
    node: str | None


async def create_servers(rooms: Rooms, context: RequestContext, wish: Wish) -> list[Server]:
    """Commit the servers in BUILD. Raises Invalid, Forbidden, Conflict; nothing is kept then."""
    if not 1 <= wish.min_count <= wish.max_count <= MAX_COUNT:
        raise Invalid(f"min_count and max_count: 1 <= min_count <= max_count <= {MAX_COUNT}.")
    checked = await _check(rooms, context, wish)
    if wish.max_count > 1 and any(item.port_id for item in checked.networks):
        raise Invalid("A port belongs to one server: ask for one server, or for networks.")
    moment = now()
    reservation = f"r-{secrets.token_hex(4)}"
    servers = [
        _server(context, wish, checked, _Place(index, reservation, moment))
        for index in range(wish.max_count)
    ]
    async with rooms.database.write() as connection:
        for server in servers:
            await add_server(connection, server)
            if wish.user_data is not None:
                await put_payload(connection, server.id, "user_data", wish.user_data)
            await add_action(connection, _action(server))
            request = Event(server.id, server.request_id, "request", moment)
            await begin_event(connection, request)
            done = Event(server.id, server.request_id, "request", moment, now(), "Success")
            await end_event(connection, done)
            await begin_event(connection, Event(server.id, server.request_id, FIRST.name, now()))
    return servers


async def _check(rooms: Rooms, context: RequestContext, wish: Wish) -> _Checked:
    async with rooms.database.read() as connection:
        flavor = await find_flavor(connection, wish.flavor_id)
        key = None
        if wish.key_name is not None:
            key = await find_keypair(connection, context.user_id or "", wish.key_name)
            if key is None:
                raise Invalid("Invalid key_name provided.")
    if flavor is None:
        raise Invalid(f"Flavor {wish.flavor_id} could not be found.")
    zone, node = _place(rooms, context, wish)
    return _Checked(
        flavor,
        await _image(rooms, context, wish.image_id, flavor),
        KeyCopy(key.name, key.public_key) if key else None,
        await _networks(rooms, context, wish),
        zone,
        node,
    )


async def _image(rooms: Rooms, context: RequestContext, ident: str, flavor: Flavor) -> ImageView:
    try:
        image = await rooms.images.get_image(context, ident)
    except NotFound as error:
        raise Invalid(f"Image {ident} could not be found.") from error
    if image.status != "active":
        raise Invalid(f"Image {image.id} is not active.")
    if flavor.ram and image.min_ram > flavor.ram:
        raise Invalid(
            f"Flavor's memory is too small for requested image: {flavor.ram} MiB of "
            f"{image.min_ram} MiB."
        )
    if flavor.disk and image.min_disk > flavor.disk:
        raise Invalid(
            f"Flavor's disk is too small for requested image: {flavor.disk} GiB of "
            f"{image.min_disk} GiB."
        )
    return image


async def _networks(
    rooms: Rooms, context: RequestContext, wish: Wish
) -> tuple[NetworkRequest, ...]:
    if wish.networks == "none":
        return ()
    if wish.networks == "auto":
        default = rooms.settings.default_network
        if default is None:
            raise Invalid(
                "Name at least one network (networks: [{uuid: …}]) or `none`: no default network "
                "is configured (setting compute.default_network)."
            )
        return (NetworkRequest((await rooms.network.get_network(context, default)).id),)
    return tuple([await _network(rooms, context, item) for item in wish.networks])


async def _network(rooms: Rooms, context: RequestContext, wanted: NetworkRequest) -> NetworkRequest:
    try:
        if wanted.port_id is not None:
            port = await rooms.network.get_port(context, wanted.port_id)
            if port.device_id:
                raise Conflict(f"Port {port.id} is still in use.")
            return NetworkRequest(port.network_id, port.id, wanted.tag)
        network = await rooms.network.get_network(context, wanted.network_id)
    except NotFound as error:
        raise Invalid(error.message) from error
    return NetworkRequest(network.id, None, wanted.tag)


def _place(rooms: Rooms, context: RequestContext, wish: Wish) -> tuple[str, str | None]:
    """Zone and node. `zone:host:node` names a node (nova doc, "Availability zones"), for admins."""
    zone, _, rest = (wish.availability_zone or "").partition(":")
    node = wish.node or rest.rpartition(":")[2] or None
    if node is not None and not context.is_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host.")
    known = rooms.settings.availability_zone
    if zone not in ("", known):
        raise Invalid(f"The requested availability zone is not available: {zone}; use {known}.")
    return known, node


@dataclass(frozen=True, slots=True)
class _Place:
    """Which of the request's servers."""

    index: int
    reservation: str
    moment: datetime


def _server(context: RequestContext, wish: Wish, checked: _Checked, place: _Place) -> Server:
    server_id = str(uuid4())
    name = wish.name if wish.max_count == 1 else f"{wish.name}-{place.index + 1}"
    return Server(
        id=server_id,
        name=name,
        hostname=wish.hostname or hostname_of(name, f"server-{server_id}"),
        project_id=context.project_id or "",
        user_id=context.user_id or "",
        request_id=context.request_id,
        work_request_id=context.request_id,
        reservation_id=place.reservation,
        flavor=checked.flavor,
        image_id=checked.image.id,
        image_name=checked.image.name,
        created_at=place.moment,
        updated_at=place.moment,
        description=wish.description,
        key=checked.key,
        config_drive=wish.config_drive,
        metadata=wish.metadata,
        tags=wish.tags,
        availability_zone=checked.zone,
        zone_requested=wish.availability_zone,
        node_requested=checked.node,
        launch_index=place.index,
        networks=checked.networks,
        vm_state=VmState.BUILDING,
        task_state=TaskState.SCHEDULING,
        goal=Goal.BUILD,
        step=FIRST.name,
    )


def _action(server: Server) -> Action:
    return Action(
        server_id=server.id,
        request_id=server.request_id,
        action="create",
        user_id=server.user_id,
        project_id=server.project_id,
        started_at=server.created_at,
        updated_at=server.created_at,
    )
