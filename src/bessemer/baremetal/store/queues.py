"""Queues in SQL: works of a flow in the order in which they may begin; who is in it comes first."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, false, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.provision.work import Flow, Signal
from bessemer.baremetal.store.tables import nodes, work
from bessemer.baremetal.store.work import Due

_WITH_NODES = work.join(nodes, work.c.node_uuid == nodes.c.uuid)
_WAITS_FOR: Final = func.coalesce(work.c.waiting["signal"].as_string(), Signal.TURN)
_QUEUES: Final = and_(
    work.c.admitted == false(),
    work.c.step_index == 0,
    _WAITS_FOR == Signal.TURN,
    work.c.failure.is_(None),
    work.c.abort.is_(None),
)
"""At its first step, with nothing else to wait for. Who has given up, or is about to, stands in
nobody's way."""

_ANY: Final = select(work.c.node_uuid).where(work.c.flow == bindparam("in_flow"), _QUEUES).limit(1)
_MINE_SINCE: Final = (
    select(nodes.c.provision_updated_at).where(nodes.c.uuid == bindparam("of")).scalar_subquery()
)
_EARLIER: Final = or_(
    nodes.c.provision_updated_at < _MINE_SINCE,
    and_(nodes.c.provision_updated_at == _MINE_SINCE, nodes.c.uuid < bindparam("of")),
)
_AHEAD: Final = (
    select(func.count())
    .select_from(_WITH_NODES)
    .where(work.c.flow == bindparam("in_flow"), work.c.node_uuid != bindparam("of"))
    .where(or_(work.c.admitted == true(), and_(_QUEUES, _EARLIER)))
)


async def has_any(connection: AsyncConnection, flow: Flow) -> bool:
    """Whether anybody waits for a turn."""
    return (await connection.execute(_ANY, {"in_flow": flow})).first() is not None


async def ahead_of(connection: AsyncConnection, node_uuid: str, flow: Flow) -> int:
    """How many nodes come before this one: admitted to the flow, or waiting for longer."""
    return (await connection.execute(_AHEAD, {"of": node_uuid, "in_flow": flow})).scalar_one()


async def places(connection: AsyncConnection, node_uuids: Sequence[str]) -> Mapping[str, int]:
    """Of these nodes, those that queue: how many come before each."""
    in_order = (work.c.admitted.desc(), nodes.c.provision_updated_at, nodes.c.uuid)
    place = func.row_number().over(partition_by=work.c.flow, order_by=in_order) - 1
    queues = (
        select(work.c.node_uuid, work.c.admitted, place.label("ahead"))
        .select_from(_WITH_NODES)
        .where((work.c.admitted == true()) | _QUEUES)
        .subquery()
    )
    query = select(queues.c.node_uuid, queues.c.ahead).where(
        queues.c.node_uuid.in_(node_uuids), queues.c.admitted == false()
    )
    return {row.node_uuid: row.ahead for row in await connection.execute(query)}


async def call(connection: AsyncConnection, flow: Flow, limit: int) -> Sequence[Due]:
    """Mark those for whom there is room now as signalled, the longest waiting first."""
    admitted = select(func.count()).where(work.c.flow == flow, work.c.admitted == true())
    room = limit - (await connection.execute(admitted)).scalar_one()
    if room <= 0:
        return ()
    query = (
        select(nodes.c.uuid, nodes.c.driver, nodes.c.conductor_group)
        .select_from(_WITH_NODES)
        .where(work.c.flow == flow, _QUEUES)
        .order_by(nodes.c.provision_updated_at, nodes.c.uuid)
        .limit(room)
    )
    called = [Due(*row) for row in (await connection.execute(query)).all()]
    these = work.c.node_uuid.in_([each.node_uuid for each in called])
    await connection.execute(update(work).where(these).values(signalled=True))
    return called
