"""Collections of what belongs to nodes: as a whole, found by their node, and below each node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement

from bessemer.baremetal.api.collection import Collection, Keeper
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import words
from bessemer.baremetal.operations.belongings import Thing
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Call, Reply

STRICT_INSPECTING_SINCE: Final = 39


def listed_names(name: str, text: str) -> list[str]:
    """Names between commas."""
    return [each for each in words(name, text).split(",") if each]


def listed_groups(name: str, text: str) -> list[str]:
    """Names of conductor groups between commas; the empty one is a group, too."""
    return [each.strip().lower() for each in words(name, text).split(",")]


@dataclass(frozen=True)
class OfNodes(Collection[Thing]):
    """`node_column` holds the uuid of the node that a thing belongs to.

    `below_since`: the microversion of the lists below a node. `lenient`: the keeper for versions
    that know no state `inspect wait`.
    """

    desk: Desk
    node_column: ColumnElement[Any]
    below_since: int
    lenient: Keeper[Thing] | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        kind = self.kind
        below, rule = f"/nodes/{{ident}}/{kind.name}", f"baremetal:{kind.noun}:get"
        row = {**self.listed_row({}), "since": self.below_since, "narrows": False}
        detail = Endpoint("GET", f"{below}/detail", self.of_node_in_detail, rule, **row)
        return (
            *Collection.endpoints(self),
            Endpoint("GET", below, self.of_node, rule, **row),
            *([detail] if kind.detail_path else []),
        )

    async def of_node(self, call: Call) -> Reply:
        """Those of one node."""
        return await self.listed(call, {}, [await self.at_node(ident_of(call))])

    async def of_node_in_detail(self, call: Call) -> Reply:
        """Those of one node with every field."""
        return await self.listed(call, {}, [await self.at_node(ident_of(call))], detailed=True)

    async def at_node(self, ident: str) -> ColumnElement[bool]:
        """The condition for one node's things. Raises NotFound."""
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, ident)
        return self.node_column == node.uuid

    async def conditions(self, call: Call, filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        by_node = [filters[name] for name in ("node", "node_uuid") if name in filters]
        rest = {name: filters[name] for name in filters if name in self.kind.conditions}
        return [
            *[await self.at_node(ident) for ident in by_node],
            *await Collection.conditions(self, call, rest),
        ]

    def keeper_for(self, call: Call) -> Keeper[Thing]:
        if self.lenient is not None and call.version.minor < STRICT_INSPECTING_SINCE:
            return self.lenient
        return self.keeper
