"""Allocations in SQL, and the free nodes that each may have."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.allocation import Allocation, AllocationState
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import allocations, nodes
from bessemer.clock import now


def _made(row: Mapping[str, Any], _box: SecretBox) -> Allocation:
    return Allocation(
        **{
            **row,
            "state": AllocationState(row["state"]),
            "traits": tuple(row["traits"]),
            "candidate_nodes": tuple(row["candidate_nodes"]),
        }
    )


def _columns(values: dict[str, Any], _box: SecretBox) -> dict[str, Any]:
    lists = {name: list(values[name]) for name in ("traits", "candidate_nodes")}
    return {**values, **lists, "state": str(values["state"])}


ALLOCATIONS: Final = Records(allocations, "allocation", _made, _columns)


async def waiting(connection: AsyncConnection) -> Sequence[Allocation]:
    """Those that have no node yet, oldest first."""
    return await ALLOCATIONS.list(connection, [allocations.c.state == AllocationState.ALLOCATING])


async def settle(connection: AsyncConnection, allocation: Allocation) -> bool:
    """Keep how it ended; False when it had ended, or was deleted, meanwhile."""
    still = (allocations.c.uuid == allocation.uuid) & (
        allocations.c.state == AllocationState.ALLOCATING
    )
    statement = (
        update(allocations)
        .where(still)
        .values(
            state=str(allocation.state),
            node_uuid=allocation.node_uuid,
            last_error=allocation.last_error,
            updated_at=now(),
        )
    )
    return bool((await connection.execute(statement)).rowcount)


async def free_nodes(
    connection: AsyncConnection, wanted: Allocation
) -> list[tuple[str, str | None, frozenset[str]]]:
    """Uuid, name and traits of the nodes that are free and of the kind wanted, but for traits."""
    columns = (nodes.c.uuid, nodes.c.name, nodes.c.traits)
    rows = (await connection.execute(select(*columns).where(*_free(wanted)))).all()
    return [(row.uuid, row.name, frozenset(row.traits)) for row in rows]


async def uuids_of(connection: AsyncConnection, idents: Collection[str]) -> dict[str, str]:
    """Uuid or name -> uuid, of those nodes that there are."""
    named = or_(nodes.c.uuid.in_(idents), nodes.c.name.in_(idents))
    rows = (await connection.execute(select(nodes.c.uuid, nodes.c.name).where(named))).all()
    by_name = {row.name: row.uuid for row in rows if row.name is not None}
    return {**by_name, **{row.uuid: row.uuid for row in rows}}


def of_node(ident: str) -> ColumnElement[bool]:
    """Condition: given the node of this uuid or name."""
    named = or_(nodes.c.uuid == ident, nodes.c.name == ident)
    return allocations.c.node_uuid.in_(select(nodes.c.uuid).where(named))


def _free(wanted: Allocation) -> list[ColumnElement[bool]]:
    conditions = [
        nodes.c.provision_state == State.AVAILABLE,
        nodes.c.instance_uuid.is_(None),
        nodes.c.power_state.is_not(None),
        nodes.c.maintenance.is_(False),
        nodes.c.retired.is_(False),
        nodes.c.resource_class == wanted.resource_class,
    ]
    if wanted.candidate_nodes:
        conditions.append(nodes.c.uuid.in_(wanted.candidate_nodes))
    if wanted.owner is not None:
        conditions.append(or_(nodes.c.owner == wanted.owner, nodes.c.lessee == wanted.owner))
    return conditions
