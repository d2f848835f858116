"""Nodes in SQL: rows become frozen `Node`s in one function, and back in another."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.lease import Lease
from bessemer.baremetal.domain.node import InterfaceKind, Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.leases import HELD, check, lost, which
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import allocations, leases, nodes, ports, work
from bessemer.clock import now
from bessemer.db import locks
from bessemer.db.constraints import duplicated
from bessemer.errors import Conflict, NotFound

_SEALED: Final = ("driver_info", "driver_internal_info", "instance_info")
_STATES: Final = frozenset(
    {
        "provision_state",
        "target_provision_state",
        "provision_updated_at",
        "inspection_started_at",
        "inspection_finished_at",
        "power_state",
        "target_power_state",
        "last_error",
        "fault",
        "maintenance",
        "maintenance_reason",
        "intent",
        "console_enabled",
        "boot_mode",
        "secure_boot",
        "health",
    }
)
"""Columns that the engine writes; a step's or user's save of the rest leaves them alone."""

_KINDS: Final[Mapping[str, InterfaceKind]] = {kind.value: kind for kind in InterfaceKind}
_READINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "provision_state": {each.value: each for each in State}.__getitem__,
    "target_provision_state": {each.value: each for each in State}.__getitem__,
    "power_state": {each.value: each for each in Power}.__getitem__,
    "target_power_state": {each.value: each for each in Power}.__getitem__,
    "traits": frozenset,
    "interfaces": lambda names: {_KINDS[kind]: name for kind, name in names.items()},
}
"""How a column becomes an attribute, where it is not one already."""
_WRITINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "traits": sorted,
    "interfaces": lambda names: {str(kind): name for kind, name in names.items()},
}
"""And the other way round."""

_FIELDS: Final = frozenset(each.name for each in fields(Node))
_ATTRIBUTES: Final = _FIELDS - {"created_at", "updated_at"}
_BY: Final = [
    locks.Keeping(select(nodes).where(column == bindparam("ident")))
    for column in (nodes.c.uuid, nodes.c.name)
]
_UNDER_LEASE: Final = nodes.join(leases, nodes.c.uuid == leases.c.node_uuid)
_HELD: Final = locks.Keeping(select(nodes).select_from(_UNDER_LEASE).where(HELD))
_IN_HAND: Final = locks.Keeping(
    select(nodes, work.c.abort, work.c.signalled)
    .select_from(_UNDER_LEASE.join(work, nodes.c.uuid == work.c.node_uuid))
    .where(HELD)
)
_ADD: Final = insert(nodes)
_UPDATE: Final = update(nodes).where(nodes.c.uuid == bindparam("of"))
_REMOVE: Final = delete(nodes).where(nodes.c.uuid == bindparam("of"))
_END_ALLOCATION: Final = delete(allocations).where(allocations.c.node_uuid == bindparam("of"))


@dataclass(frozen=True, slots=True)
class InHand:
    """A node that is worked on, and what others have written on its work meanwhile."""

    node: Node
    abort: str | None
    signalled: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What of a node decides its place on the hash ring."""

    id: int
    uuid: str
    driver: str
    conductor_group: str


class NodeStore:
    """Reads and writes nodes on a connection that the caller opened."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    @property
    def box(self) -> SecretBox:
        """What seals the secrets of nodes and of whatever belongs to them."""
        return self._box

    async def add(self, connection: AsyncConnection, node: Node) -> Node:
        """Insert. Raises Conflict when uuid, name or instance_uuid is taken."""
        moment = now()
        try:
            await connection.execute(_ADD, {"created_at": moment, **self._columns(node)})
        except IntegrityError as error:
            raise _duplicate(error) from error
        return replace(node, created_at=moment, updated_at=None)

    async def add_all(self, connection: AsyncConnection, many: Sequence[Node]) -> None:
        """Insert many at once, ready for leases. Raises Conflict when a uuid or name is taken."""
        moment = now()
        rows = [{"created_at": moment, **self._columns(node)} for node in many]
        try:
            await connection.execute(_ADD, rows)
        except IntegrityError as error:
            raise _duplicate(error) from error
        held = [{"node_uuid": node.uuid, "epoch": 0} for node in many]
        await connection.execute(insert(leases), held)

    async def get(self, connection: AsyncConnection, ident: str) -> Node:
        """By uuid, else by name. Raises NotFound."""
        for query in _BY:
            row = (await connection.execute(query.on(connection), {"ident": ident})).first()
            if row is not None:
                return self._node(row)
        raise NotFound(f"Node {ident} could not be found.")

    async def held(self, connection: AsyncConnection, lease: Lease) -> Node:
        """The node of a lease; instead of `leases.check`. Raises LeaseLost."""
        row = (await connection.execute(_HELD.on(connection), which(lease))).first()
        if row is None:
            raise lost(lease)
        return self._node(row)

    async def in_hand(self, connection: AsyncConnection, lease: Lease) -> InHand | None:
        """Likewise, with its work; None when there is none any more. Raises LeaseLost."""
        query = _IN_HAND.on(connection)
        row = (await connection.execute(query, which(lease))).first()
        if row is None:
            await check(connection, lease)
            return None
        return InHand(self._node(row), row.abort, row.signalled)

    async def hold(self, connection: AsyncConnection, *idents: str) -> None:
        """Lock several nodes, by uuid or name, in the one order that everybody keeps."""
        named = or_(nodes.c.uuid.in_(idents), nodes.c.name.in_(idents))
        await locks.keep(connection, select(nodes.c.id).where(named).order_by(nodes.c.uuid))

    async def find_by_instance(self, connection: AsyncConnection, instance: str) -> Node | None:
        """The node that carries an instance."""
        query = select(nodes).where(nodes.c.instance_uuid == instance)
        row = (await connection.execute(query)).first()
        return self._node(row) if row is not None else None

    async def find_by_macs(
        self, connection: AsyncConnection, addresses: Sequence[str]
    ) -> Node | None:
        """The one node that has any of these NICs; None when there is none or more than one."""
        owners = select(ports.c.node_uuid).where(ports.c.address.in_(addresses)).distinct()
        query = select(nodes).where(nodes.c.uuid.in_(owners)).order_by(nodes.c.uuid)
        rows = (await connection.execute(locks.kept(connection, query))).all()
        return self._node(rows[0]) if len(rows) == 1 else None

    async def knows_bmc(self, connection: AsyncConnection, addresses: frozenset[str]) -> bool:
        """Whether any node's BMC is at one of these: `driver_info.*_address`, a host or a URL."""
        rows = (await connection.execute(select(nodes.c.driver_info))).scalars()
        return any(not addresses.isdisjoint(_bmc_hosts(info)) for info in rows)

    async def count(self, connection: AsyncConnection, driver: str, state: State) -> int:
        """How many nodes of a driver are in a state."""
        condition = (nodes.c.driver == driver) & (nodes.c.provision_state == state)
        query = select(func.count()).select_from(nodes).where(condition)
        return (await connection.execute(query)).scalar_one()

    async def list(
        self,
        connection: AsyncConnection,
        conditions: Sequence[ColumnElement[bool]] = (),
        *,
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        descending: bool = False,
    ) -> list[Node]:
        """A page in `sort_key` order, after the node `marker`. Raises Invalid for an unknown one."""
        query = select(nodes).where(*conditions)
        query = await Order(nodes, sort_key, descending, marker).of(connection, query)
        rows = (await connection.execute(query.limit(limit))).all()
        return [self._node(row) for row in rows]

    async def places(
        self, connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], order: Order
    ) -> Sequence[Place]:
        """Where the nodes that meet the conditions stand on the hash ring, in this order."""
        columns = (nodes.c.id, nodes.c.uuid, nodes.c.driver, nodes.c.conductor_group)
        query = await order.of(connection, select(*columns).where(*conditions))
        return [Place(*row) for row in (await connection.execute(query)).all()]

    async def children(self, connection: AsyncConnection, uuid: str) -> Sequence[str]:
        """Uuids of the nodes whose parent this is."""
        query = select(nodes.c.uuid).where(nodes.c.parent_node == uuid).order_by(nodes.c.id)
        return (await connection.execute(query)).scalars().all()

    async def shards(self, connection: AsyncConnection) -> Mapping[str | None, int]:
        """How many nodes each shard has, the biggest first; None for nodes in no shard."""
        count = func.count()
        query = select(nodes.c.shard, count).group_by(nodes.c.shard).order_by(count.desc())
        return {row.shard: row[1] for row in (await connection.execute(query)).all()}

    async def save(
        self, connection: AsyncConnection, node: Node, before: Node | None = None
    ) -> None:
        """Write everything but the states, which belong to the engine. Raises NotFound, Conflict.

        `before`: how the node is kept now, where that is known; then only what differs is written.
        """
        names = _ATTRIBUTES if before is None else _differences(before, node)
        columns = self._columns(node, names - _STATES)
        if node.allocation_uuid is not None and node.instance_uuid is None:
            await self._end_allocation(connection, node.uuid)
            columns["allocation_uuid"] = None
        await self._update(connection, node.uuid, columns)

    async def update(self, connection: AsyncConnection, before: Node, after: Node) -> Node:
        """Write what differs, states and all; the node as it is then. Raises NotFound, Conflict."""
        if after.allocation_uuid is not None and after.instance_uuid is None:
            await self._end_allocation(connection, before.uuid)
            after = replace(after, allocation_uuid=None)
        moment = now()
        columns = self._columns(after, _differences(before, after))
        await self._update(connection, before.uuid, columns, moment)
        return replace(after, updated_at=moment)

    async def save_states(self, connection: AsyncConnection, node: Node) -> None:
        """Write the states only."""
        columns = self._columns(node, _STATES)
        await self._update(connection, node.uuid, columns)

    async def claim(self, connection: AsyncConnection, uuid: str, instance_uuid: str) -> bool:
        """Give a free, available node to an instance, atomically; False when it is not free.

        Raises Conflict when another node has the instance.
        """
        condition = (
            (nodes.c.uuid == uuid)
            & (nodes.c.instance_uuid.is_(None) | (nodes.c.instance_uuid == instance_uuid))
            & (nodes.c.provision_state == State.AVAILABLE)
            & nodes.c.maintenance.is_(False)
        )
        statement = update(nodes).where(condition).values(instance_uuid=instance_uuid)
        try:
            return bool((await connection.execute(statement)).rowcount)
        except IntegrityError as error:
            raise _duplicate(error) from error

    async def remove(self, connection: AsyncConnection, uuid: str) -> None:
        """Delete; ports, work and the rest go with it."""
        await self._end_allocation(connection, uuid)
        await connection.execute(_REMOVE, {"of": uuid})

    async def _end_allocation(self, connection: AsyncConnection, uuid: str) -> None:
        """An allocation lasts as long as its node's instance."""
        await connection.execute(_END_ALLOCATION, {"of": uuid})

    async def _update(
        self,
        connection: AsyncConnection,
        uuid: str,
        columns: Mapping[str, Any],
        moment: datetime | None = None,
    ) -> None:
        values = {"of": uuid, "updated_at": moment or now(), **columns}
        try:
            result = await connection.execute(_UPDATE, values)
        except IntegrityError as error:
            raise _duplicate(error) from error
        if not result.rowcount:
            raise NotFound(f"Node {uuid} could not be found.")

    def made(self, values: Mapping[str, Any]) -> Node:
        """The node of these columns; what is not among them stays at its default."""
        read = dict(values)
        for name, reading in _READINGS.items():
            if (value := read.get(name)) is not None:
                read[name] = reading(value)
        for name in _SEALED:
            if name in read:
                read[name] = self._box.open(read[name])
        return Node(**read)

    def _columns(self, node: Node, names: Collection[str] = _ATTRIBUTES) -> dict[str, Any]:
        writings = {**_WRITINGS, **dict.fromkeys(_SEALED, self._box.seal)}
        values = {name: getattr(node, name) for name in names}
        return {
            name: writings[name](value) if name in writings else value
            for name, value in values.items()
        }

    def _node(self, row: Row[Any]) -> Node:
        found = row._mapping.items()
        return self.made({name: value for name, value in found if name in _FIELDS})


def _bmc_hosts(driver_info: Mapping[str, Any]) -> Iterator[str]:
    for key, value in driver_info.items():
        if key.endswith("_address") and isinstance(value, str):
            place = value if "//" in value else f"//{value}"
            with suppress(ValueError):  # nobody's address, whatever it is meant to be
                yield urlsplit(place).hostname or ""


def _differences(one: Node, other: Node) -> frozenset[str]:
    return frozenset(each for each in _ATTRIBUTES if getattr(one, each) != getattr(other, each))


def _duplicate(error: IntegrityError) -> Conflict:
    for column in duplicated(error):
        return Conflict(f"A node with the same {column} already exists.")
    return Conflict(f"The node clashes with another one: {error.orig}.")
