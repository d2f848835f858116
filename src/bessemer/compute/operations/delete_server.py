"""Accepting a delete: at any time, as often as one likes."""

from dataclasses import replace

from bessemer.clock import now
from bessemer.compute.domain.events import Action, Event
from bessemer.compute.domain.server import Goal, Server, TaskState
from bessemer.compute.operations.give_up import TERMINATE
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.store.events import add_action, begin_event
from bessemer.compute.store.servers import get_server, save_server
from bessemer.context import RequestContext


async def delete_server(rooms: Rooms, context: RequestContext, server_id: str) -> Server:
    """Commit the wish; a build in progress ends after the step in hand. Raises NotFound."""
    moment = now()
    async with rooms.database.write() as connection:
        server = await get_server(connection, server_id)
        if server.goal is Goal.DELETE:
            return server
        doomed = replace(
            server,
            goal=Goal.DELETE,
            step=None,
            tries=0,
            task_state=TaskState.DELETING,
            task_since=moment,
            undeploy_asked=False,
            work_request_id=context.request_id,
        )
        await add_action(connection, _action(server, context))
        event = Event(server.id, context.request_id, TERMINATE, moment)
        await begin_event(connection, event)
        return await save_server(connection, doomed, moment)


def _action(server: Server, context: RequestContext) -> Action:
    moment = now()
    return Action(
        server_id=server.id,
        request_id=context.request_id,
        action="delete",
        user_id=context.user_id or "",
        project_id=context.project_id or "",
        started_at=moment,
        updated_at=moment,
    )
