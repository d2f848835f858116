"""`POST /servers/{id}/action`, and the log of what was done: `os-instance-actions`."""

from collections.abc import Mapping
from typing import Any, Final

from bessemer.compute.api.server_views import naive
from bessemer.compute.domain.events import Action, Event
from bessemer.compute.domain.server import Server
from bessemer.compute.operations.power import REBOOT_HARD, REBOOT_SOFT, START, STOP, PowerVerb
from bessemer.compute.service import EmbeddedCompute
from bessemer.compute.store.events import list_actions, list_events
from bessemer.compute.store.servers import find_server
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

REBOOTS: Final[Mapping[str, PowerVerb]] = {"SOFT": REBOOT_SOFT, "HARD": REBOOT_HARD}


def power_verb(name: str, argument: Any) -> PowerVerb:
    """What an action's body asks for. Raises Invalid for actions that we do not offer."""
    if name == "os-stop":
        return STOP
    if name == "os-start":
        return START
    if name == "reboot":
        kind = argument.get("type") if isinstance(argument, Mapping) else None
        verb = REBOOTS.get(str(kind).upper())
        if verb is None:
            raise Invalid("reboot needs a type: SOFT or HARD.")
        return verb
    raise Invalid(f"There is no such action: {name[:40]}. Offered: os-start, os-stop, reboot.")


class ActionsApi:
    """Handlers of actions."""

    def __init__(self, compute: EmbeddedCompute) -> None:
        self._compute = compute

    async def act(self, call: Call) -> Reply:
        """202: ordered."""
        if len(call.body) != 1:
            raise Invalid("The body holds exactly one action.")
        ((name, argument),) = call.body.items()
        verb = power_verb(name, argument)
        server = await self._compute.get_server(call.context, call.path["id"])
        await self._compute.power.order(call.context, server.id, verb)
        return Reply()

    async def list(self, call: Call) -> Reply:
        """Newest first; from 2.21 on also of deleted servers."""
        server = await self._server(call)
        async with self._compute.rooms.database.read() as connection:
            found = await list_actions(connection, server.id)
        return Reply({"instanceActions": [_body(action, call) for action in found]})

    async def show(self, call: Call) -> Reply:
        """One action with its events."""
        server = await self._server(call)
        async with self._compute.rooms.database.read() as connection:
            found = await list_actions(connection, server.id)
            wanted = [a for a in found if a.request_id == call.path["request_id"]]
            events = await list_events(connection, server.id, call.path["request_id"])
        if not wanted:
            raise NotFound(f"Action for request_id {call.path['request_id']} not found")
        body = {**_body(wanted[0], call), "events": [_event(e, server, call) for e in events]}
        return Reply({"instanceAction": body})

    async def _server(self, call: Call) -> Server:
        if call.version.minor < 21:
            return await self._compute.get_server(call.context, call.path["id"])
        async with self._compute.rooms.database.read() as connection:
            server = await find_server(connection, call.path["id"])
        own = server is not None and server.project_id == call.context.project_id
        if server is None or not (own or call.context.is_admin):
            raise NotFound(f"Instance {call.path['id']} could not be found.")
        return server


def _body(action: Action, call: Call) -> JsonObject:
    body: dict[str, Any] = {
        "action": action.action,
        "instance_uuid": action.server_id,
        "request_id": action.request_id,
        "user_id": action.user_id,
        "project_id": action.project_id,
        "start_time": naive(action.started_at),
        "message": action.message,
    }
    return body | ({"updated_at": naive(action.updated_at)} if call.version.minor >= 58 else {})


def _event(event: Event, server: Server, call: Call) -> JsonObject:
    body: dict[str, Any] = {
        "event": event.name,
        "start_time": naive(event.started_at),
        "finish_time": naive(event.finished_at),
        "result": event.result,
    }
    if call.version.minor >= 51:
        body["hostId"] = ""
    if call.context.is_admin:
        body |= {"traceback": None, "host": server.node_uuid}
    return body | ({"details": event.detail or None} if call.version.minor >= 84 else {})


def action_routes(compute: EmbeddedCompute) -> tuple[Route, ...]:
    """All of them."""
    api, one = ActionsApi(compute), "/v2.1/servers/{id}"
    policy, log = "os_compute_api:servers:action", "os_compute_api:os-instance-actions"
    return (
        Route("POST", f"{one}/action", api.act, policy, body=dict[str, Any], status=202),
        Route("GET", f"{one}/os-instance-actions", api.list, f"{log}:list"),
        Route("GET", f"{one}/os-instance-actions/{{request_id}}", api.show, f"{log}:show"),
    )
