"""SQL for servers: rows become Server values here, and back; late writers are refused."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.compute.domain.server import POWER_TASKS, Server, VmState
from bessemer.compute.store.tables import payloads, servers
from bessemer.db.locks import kept
from bessemer.errors import Conflict, Invalid, NotFound

_NAMES: Final = tuple(item.name for item in fields(Server))
_COLUMNS: Final = tuple(servers.c[name] for name in _NAMES)

_MOMENTS: Final = ("created_at", "updated_at", "launched_at", "terminated_at", "task_since")


class StaleServer(Conflict):
    """Somebody else has written this server since it was read; read it again."""


@dataclass(frozen=True, slots=True)
class ServerFilter:
    """Which servers a list holds. `vm_states` None: all that are not deleted."""

    project_id: str | None = None
    vm_states: tuple[VmState, ...] | None = None
    name: str | None = None
    """Part of the name; `^…$` anchors it."""
    equal: Mapping[str, str] | None = None
    """Column name -> value."""
    changes_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list begins and how long it is. Newest first."""

    limit: int = 1000
    marker: str | None = None


def _server(row: RowMapping) -> Server:
    return msgspec.convert({name: row[name] for name in _NAMES}, Server)


def _values(server: Server) -> dict[str, Any]:
    plain = msgspec.to_builtins(server)
    return {name: plain[name] for name in _NAMES} | {
        name: getattr(server, name) for name in _MOMENTS
    }


async def add_server(connection: AsyncConnection, server: Server) -> None:
    """Keep a new server."""
    await connection.execute(insert(servers).values(**_values(server)))


async def find_server(connection: AsyncConnection, server_id: str) -> Server | None:
    """By id; deleted ones too."""
    query = kept(connection, select(*_COLUMNS).where(servers.c.id == server_id))
    rows = await connection.execute(query)
    row = rows.mappings().first()
    return None if row is None else _server(row)


async def get_server(connection: AsyncConnection, server_id: str) -> Server:
    """Raises NotFound for an unknown or deleted one."""
    server = await find_server(connection, server_id)
    if server is None or server.vm_state is VmState.DELETED:
        raise NotFound(f"Instance {server_id} could not be found.")
    return server


async def save_server(connection: AsyncConnection, server: Server, moment: datetime) -> Server:
    """Write the whole row if nobody has since it was read. Raises StaleServer. Returns it as kept."""
    saved = replace(server, version=server.version + 1, updated_at=moment)
    done = await connection.execute(
        update(servers)
        .where(servers.c.id == server.id, servers.c.version == server.version)
        .values(**_values(saved))
    )
    if not done.rowcount:
        raise StaleServer(f"Instance {server.id} was changed by another request; try again.")
    return saved


async def take_server(
    connection: AsyncConnection, server_id: str, worker: str, moment: datetime, lease: timedelta
) -> Server | None:
    """Become the one who works on it until the lease ends. None: it has no goal, or a worker."""
    done = await connection.execute(
        update(servers)
        .where(
            servers.c.id == server_id,
            servers.c.goal.is_not(None),
            or_(
                servers.c.worker.is_(None),
                servers.c.worker == worker,
                servers.c.worker_until < moment,
            ),
        )
        .values(worker=worker, worker_until=moment + lease)
    )
    return await find_server(connection, server_id) if done.rowcount else None


async def leave_server(connection: AsyncConnection, server_id: str, worker: str) -> None:
    """Stop being the one who works on it."""
    await connection.execute(
        update(servers)
        .where(servers.c.id == server_id, servers.c.worker == worker)
        .values(worker=None, worker_until=None)
    )


async def ids_with_work(connection: AsyncConnection) -> list[str]:
    """Servers with a goal, oldest first."""
    rows = await connection.execute(
        select(servers.c.id).where(servers.c.goal.is_not(None)).order_by(servers.c.created_at)
    )
    return list(rows.scalars())


async def nodes_in_hand(connection: AsyncConnection, but: str) -> set[str]:
    """Nodes that were chosen for servers at work, other than this one."""
    rows = await connection.execute(
        select(servers.c.node_uuid).where(
            servers.c.goal.is_not(None), servers.c.node_uuid.is_not(None), servers.c.id != but
        )
    )
    return set(rows.scalars())


async def list_on_nodes(connection: AsyncConnection, node_uuids: Collection[str]) -> list[Server]:
    """Servers that these nodes carry or carried and that are not deleted."""
    rows = await connection.execute(
        select(*_COLUMNS).where(
            servers.c.node_uuid.in_(node_uuids), servers.c.vm_state != VmState.DELETED
        )
    )
    return [_server(row) for row in rows.mappings()]


async def list_with_power_task(connection: AsyncConnection) -> list[Server]:
    """Servers that are being switched on or off."""
    rows = await connection.execute(
        select(*_COLUMNS).where(
            servers.c.task_state.in_(sorted(POWER_TASKS)), servers.c.vm_state != VmState.DELETED
        )
    )
    return [_server(row) for row in rows.mappings()]


async def list_servers(
    connection: AsyncConnection, wanted: ServerFilter, page: Page
) -> list[Server]:
    """One page, newest first. Raises Invalid for an unknown marker."""
    query = _filtered(select(*_COLUMNS), wanted)
    if page.marker is not None:
        query = query.where(await _after(connection, page.marker))
    query = query.order_by(servers.c.created_at.desc(), servers.c.id.desc()).limit(page.limit)
    return [_server(row) for row in (await connection.execute(query)).mappings()]


def _filtered(query: Select[Any], wanted: ServerFilter) -> Select[Any]:
    if wanted.vm_states is None:
        query = query.where(servers.c.vm_state != VmState.DELETED)
    else:
        query = query.where(servers.c.vm_state.in_(wanted.vm_states))
    if wanted.project_id is not None:
        query = query.where(servers.c.project_id == wanted.project_id)
    if wanted.name is not None:
        query = query.where(servers.c.name.ilike(_pattern(wanted.name), escape="\\"))
    for name, value in (wanted.equal or {}).items():
        query = query.where(servers.c[name] == value)
    if wanted.changes_since is not None:
        query = query.where(servers.c.updated_at >= wanted.changes_since)
    return query


async def _after(connection: AsyncConnection, marker: str) -> Any:
    rows = await connection.execute(select(servers.c.created_at).where(servers.c.id == marker))
    moment = rows.scalar()
    if moment is None:
        raise Invalid(f"marker [{marker}] not found")
    return or_(
        servers.c.created_at < moment,
        and_(servers.c.created_at == moment, servers.c.id < marker),
    )


def _pattern(name: str) -> str:
    core = name.removeprefix("^").removesuffix("$")
    escaped = core.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    head = "" if name.startswith("^") else "%"
    tail = "" if name.endswith("$") else "%"
    return f"{head}{escaped}{tail}"


async def put_payload(
    connection: AsyncConnection, server_id: str, kind: str, content: bytes
) -> None:
    """Keep a big value beside the row, in place of an older one."""
    await drop_payloads(connection, server_id, (kind,))
    await connection.execute(
        insert(payloads).values(server_id=server_id, kind=kind, content=content)
    )


async def find_payload(connection: AsyncConnection, server_id: str, kind: str) -> bytes | None:
    """A big value, or None."""
    rows = await connection.execute(
        select(payloads.c.content).where(payloads.c.server_id == server_id, payloads.c.kind == kind)
    )
    content: bytes | None = rows.scalar()
    return content


async def drop_payloads(connection: AsyncConnection, server_id: str, kinds: Sequence[str]) -> None:
    """Forget big values; idempotent."""
    await connection.execute(
        delete(payloads).where(payloads.c.server_id == server_id, payloads.c.kind.in_(kinds))
    )
