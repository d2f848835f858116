"""SQL for actions and their events."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.compute.domain.events import Action, Event
from bessemer.compute.store.tables import actions, events


async def add_action(connection: AsyncConnection, action: Action) -> None:
    """Keep it; a second one of the same request and name changes nothing."""
    here = (
        actions.c.server_id == action.server_id,
        actions.c.request_id == action.request_id,
        actions.c.action == action.action,
    )
    if (await connection.execute(select(actions.c.action).where(*here))).first() is None:
        await connection.execute(insert(actions).values(**asdict(action)))


async def list_actions(connection: AsyncConnection, server_id: str) -> list[Action]:
    """Newest first."""
    rows = await connection.execute(
        select(actions)
        .where(actions.c.server_id == server_id)
        .order_by(actions.c.started_at.desc())
    )
    return [Action(**row) for row in rows.mappings()]


async def list_events(connection: AsyncConnection, server_id: str, request_id: str) -> list[Event]:
    """Of one action, oldest first."""
    rows = await connection.execute(
        select(events)
        .where(events.c.server_id == server_id, events.c.request_id == request_id)
        .order_by(events.c.started_at)
    )
    return [Event(**row) for row in rows.mappings()]


async def begin_event(connection: AsyncConnection, event: Event) -> None:
    """Note the beginning; begun again (after a crash) it keeps its first moment."""
    here = _event(event.server_id, event.request_id, event.name)
    if (await connection.execute(select(events.c.name).where(*here))).first() is None:
        await connection.execute(insert(events).values(**asdict(event)))
    else:
        await connection.execute(update(events).where(*here).values(finished_at=None, result=None))


async def end_event(connection: AsyncConnection, event: Event) -> None:
    """Note how it ended. `event.finished_at` is the moment."""
    here = _event(event.server_id, event.request_id, event.name)
    await connection.execute(
        update(events)
        .where(*here)
        .values(finished_at=event.finished_at, result=event.result, detail=event.detail)
    )


async def detail_event(
    connection: AsyncConnection, server_id: str, request_id: str, name: str, detail: str
) -> None:
    """Say something about an event in hand."""
    await connection.execute(
        update(events).where(*_event(server_id, request_id, name)).values(detail=detail)
    )


async def touch_action(
    connection: AsyncConnection,
    server_id: str,
    request_id: str,
    moment: datetime,
    message: str | None = None,
) -> None:
    """The action went on; `message` when it failed."""
    values = {"updated_at": moment} | ({} if message is None else {"message": message})
    await connection.execute(
        update(actions)
        .where(actions.c.server_id == server_id, actions.c.request_id == request_id)
        .values(**values)
    )


def _event(server_id: str, request_id: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        events.c.server_id == server_id,
        events.c.request_id == request_id,
        events.c.name == name,
    )
