"""Conditions on what belongs to nodes, by what its node is: whose, in which shard, in which group."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from bessemer.baremetal.store.tables import nodes

Condition = Callable[[Any], ColumnElement[bool]]


def of_project(column: ColumnElement[Any]) -> Condition:
    """Things of nodes that a project owns or rents. `column` holds the node's uuid."""

    def condition(project: str) -> ColumnElement[bool]:
        mine = or_(nodes.c.owner == project, nodes.c.lessee == project)
        return column.in_(select(nodes.c.uuid).where(mine))

    return condition


def in_shards(column: ColumnElement[Any]) -> Condition:
    """Things of nodes in one of these shards."""

    def condition(shards: Sequence[str]) -> ColumnElement[bool]:
        return column.in_(select(nodes.c.uuid).where(nodes.c.shard.in_(shards)))

    return condition


def in_conductor_groups(column: ColumnElement[Any]) -> Condition:
    """Things of nodes in one of these conductor groups (their names in lower case)."""

    def condition(groups: Sequence[str]) -> ColumnElement[bool]:
        return column.in_(select(nodes.c.uuid).where(nodes.c.conductor_group.in_(groups)))

    return condition
