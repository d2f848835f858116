"""`/servers`: create, list, show, rename, delete, and what hangs below one server."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bessemer.compute.api.bodies import (
    NewServer,
    NewServerBody,
    ServerChangeBody,
    flag_of,
    network_of,
    number_of,
    user_data_of,
)
from bessemer.compute.api.paging import limit_of, next_links
from bessemer.compute.api.server_views import View, addresses, body, links, summary
from bessemer.compute.domain.server import STATUS_NAMES, NetworkRequest, Server
from bessemer.compute.operations.create_server import Wish
from bessemer.compute.operations.show_timeline import show_timeline
from bessemer.compute.service import EmbeddedCompute
from bessemer.compute.store.servers import Page, ServerFilter, list_servers
from bessemer.errors import Invalid
from bessemer.web.routes import Call, Reply, Route

MAX_NAME: Final = 255
EQUAL: Final = {
    "image": "image_id",
    "reservation_id": "reservation_id",
    "uuid": "id",
    "user_id": "user_id",
    "availability_zone": "availability_zone",
    "host": "node_uuid",
    "node": "node_uuid",
    "task_state": "task_state",
    "vm_state": "vm_state",
}
"""Query parameters that compare one column."""


def view_of(call: Call) -> View:
    """How this request wants to see servers."""
    return View(call.base_url(), call.version, call.context.is_admin)


def last_part(reference: str) -> str:
    """The id in `imageRef` or `flavorRef`, which may be a whole URL."""
    return reference.rstrip("/").rpartition("/")[2]


def wish_of(new: NewServer, version: int) -> Wish:
    """The request in the room's own words. Raises Invalid for what we do not offer."""
    _refuse_unoffered(new)
    name = new.name.strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid(f"A server's name has 1 to {MAX_NAME} characters.")
    least = number_of(new.min_count, "min_count", 1)
    most = number_of(new.max_count if new.max_count is not None else least, "max_count", 1)
    return Wish(
        name=name,
        flavor_id=last_part(new.flavor),
        image_id=last_part(new.image),
        networks=_networks(new.networks, version),
        key_name=new.key_name,
        user_data=user_data_of(new.user_data),
        config_drive=flag_of(new.config_drive),
        metadata=new.metadata,
        tags=tuple(new.tags),
        availability_zone=new.availability_zone or None,
        node=new.hypervisor_hostname,
        hostname=new.hostname,
        description=new.description,
        min_count=least,
        max_count=max(least, most),
    )


def _networks(wanted: Any, version: int) -> Any:
    if wanted is None:
        if version >= 37:
            raise Invalid("From version 2.37 on, networks is required: a list, `auto` or `none`.")
        return "auto"
    if isinstance(wanted, str):
        if wanted not in ("auto", "none") or version < 37:
            raise Invalid("networks is a list; from version 2.37 on also `auto` or `none`.")
        return wanted
    requests: tuple[NetworkRequest, ...] = tuple(network_of(item) for item in wanted)
    return requests or "auto"


def _refuse_unoffered(new: NewServer) -> None:
    for device in new.block_device_mapping_v2:
        local = device.get("source_type") == "image" and device.get("destination_type") == "local"
        if not local:
            raise Invalid("Only block devices from an image to the local disk are offered.")
        new.image = new.image or str(device.get("uuid", ""))
    if any(group.get("name") != "default" for group in new.security_groups):
        raise Invalid("Security groups are not offered: bare metal ports have none.")
    if not new.image:
        raise Invalid("imageRef is required: servers start from an image.")


class ServersApi:
    """Handlers of `/servers`."""

    def __init__(self, compute: EmbeddedCompute) -> None:
        self._compute = compute

    async def create(self, call: Call) -> Reply:
        """202: accepted; `GET` shows how it goes on."""
        wanted: NewServerBody = call.body
        wish = wish_of(wanted.server, call.version.minor)
        servers = await self._compute.create_servers(call.context, wish)
        first = servers[0]
        if wanted.server.return_reservation_id:
            return Reply({"reservation_id": first.reservation_id})
        reply = {
            "id": first.id,
            "links": links(view_of(call), f"servers/{first.id}"),
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
        }
        location = f"{call.base_url()}/compute/v2.1/servers/{first.id}"
        return Reply({"server": reply}, headers={"Location": location})

    async def list(self, call: Call) -> Reply:
        """Ids and names."""
        return await self._list(call, summary)

    async def detail(self, call: Call) -> Reply:
        """Everything."""
        return await self._list(call, body)

    async def show(self, call: Call) -> Reply:
        """One server."""
        server = await self._server(call)
        return Reply({"server": body(server, view_of(call))})

    async def change(self, call: Call) -> Reply:
        """Name, description, host name."""
        wanted: ServerChangeBody = call.body
        change = wanted.server
        pairs = {
            "name": change.name,
            "description": change.description,
            "hostname": change.hostname,
        }
        given = {k: v for k, v in pairs.items() if v is not msgspec.UNSET}
        if "name" in given and not 1 <= len(str(given["name"]).strip()) <= MAX_NAME:
            raise Invalid(f"A server's name has 1 to {MAX_NAME} characters.")
        server = await self._compute.change_server(call.context, call.path["id"], **given)
        return Reply({"server": body(server, view_of(call))})

    async def delete(self, call: Call) -> Reply:
        """204: accepted; the server is 404 once its node is being cleaned."""
        await self._compute.delete_server(call.context, call.path["id"])
        return Reply()

    async def timeline(self, call: Call) -> Reply:
        """`GET /servers/{id}/timeline`: the sixteen steps of the build. An addition of ours."""
        server = await self._server(call)
        rows = await show_timeline(self._compute.rooms, server)
        return Reply({"timeline": [msgspec.to_builtins(row) for row in rows]})

    async def ips(self, call: Call) -> Reply:
        """`GET /servers/{id}/ips`."""
        return Reply({"addresses": addresses(await self._server(call))})

    async def metadata(self, call: Call) -> Reply:
        """`GET /servers/{id}/metadata`."""
        return Reply({"metadata": dict((await self._server(call)).metadata)})

    async def interfaces(self, call: Call) -> Reply:
        """`GET /servers/{id}/os-interface`."""
        server = await self._server(call)
        attachments = [
            {
                "port_id": vif.port_id,
                "net_id": vif.network_id,
                "mac_addr": vif.mac_address,
                "port_state": "ACTIVE" if server.status == "ACTIVE" else "DOWN",
                "fixed_ips": [{"ip_address": address} for address in vif.addresses],
            }
            for vif in server.vifs
        ]
        return Reply({"interfaceAttachments": attachments})

    async def volumes(self, call: Call) -> Reply:
        """`GET /servers/{id}/os-volume_attachments`: none."""
        await self._server(call)
        return Reply({"volumeAttachments": []})

    async def _server(self, call: Call) -> Server:
        return await self._compute.get_server(call.context, call.path["id"])

    async def _list(self, call: Call, shape: Any) -> Reply:
        wanted, limit = filter_of(call), limit_of(call)
        if wanted is None or limit == 0:
            return Reply({"servers": []})
        async with self._compute.rooms.database.read() as connection:
            servers = await list_servers(connection, wanted, Page(limit, call.query.get("marker")))
        view = view_of(call)
        return Reply(
            {"servers": [shape(server, view) for server in servers]}
            | dict(next_links(call, "servers", servers, limit))
        )


def filter_of(call: Call) -> ServerFilter | None:
    """From the query; None when nothing can match. Raises Invalid."""
    query, admin = call.query, call.context.is_admin
    everywhere = admin and query.get("all_tenants", "0").lower() not in ("0", "false")
    project = query.get("project_id") or query.get("tenant_id") if everywhere else None
    states = None
    if statuses := query.getlist("status"):
        states = tuple(s for name in statuses for s in STATUS_NAMES.get(name.upper(), ()))
        if not states:
            return None
    elif admin and query.get("deleted", "false").lower() in ("true", "1"):
        states = STATUS_NAMES["DELETED"]
    return ServerFilter(
        project_id=project if everywhere else call.context.project_id,
        vm_states=states,
        name=query.get("name"),
        equal={EQUAL[k]: last_part(v) for k, v in query.items() if k in EQUAL},
        changes_since=_moment(query.get("changes-since")),
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"changes-since is no ISO 8601 time: {text[:40]!r}.") from error


def server_routes(compute: EmbeddedCompute) -> tuple[Route, ...]:
    """All of them."""
    api, one, policy = ServersApi(compute), "/v2.1/servers/{id}", "os_compute_api:servers"
    return (
        Route("GET", "/v2.1/servers", api.list, f"{policy}:index"),
        Route(
            "POST", "/v2.1/servers", api.create, f"{policy}:create", body=NewServerBody, status=202
        ),
        Route("GET", "/v2.1/servers/detail", api.detail, f"{policy}:detail"),
        Route("GET", one, api.show, f"{policy}:show"),
        Route("PUT", one, api.change, f"{policy}:update", body=ServerChangeBody),
        Route("DELETE", one, api.delete, f"{policy}:delete", status=204),
        Route("GET", f"{one}/timeline", api.timeline, f"{policy}:timeline"),
        Route("GET", f"{one}/ips", api.ips, "os_compute_api:ips:index"),
        Route("GET", f"{one}/metadata", api.metadata, "os_compute_api:server-metadata:index"),
        Route("GET", f"{one}/os-interface", api.interfaces, "os_compute_api:os-attach-interfaces"),
        Route(
            "GET",
            f"{one}/os-volume_attachments",
            api.volumes,
            "os_compute_api:os-volumes-attachments:index",
        ),
    )
