"""Kinds of object that this server keeps none of yet: clients that look find an empty list."""

from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.web.routes import Call, Handler, Reply

EMPTY: Final = (
    ("/chassis", "chassis", 1),
    ("/chassis/detail", "chassis", 1),
    ("/portgroups", "portgroups", 23),
    ("/portgroups/detail", "portgroups", 23),
    ("/volume/connectors", "connectors", 32),
    ("/volume/targets", "targets", 32),
    ("/nodes/{ident}/portgroups", "portgroups", 24),
    ("/nodes/{ident}/portgroups/detail", "portgroups", 24),
    ("/nodes/{ident}/volume/connectors", "connectors", 32),
    ("/nodes/{ident}/volume/targets", "targets", 32),
)
"""Path, key of the list, microversion."""


@dataclass(frozen=True, slots=True)
class EmptyListsApi:
    """Handlers made from EMPTY."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        return tuple(
            Endpoint(
                "GET", path, self._nothing(key), f"baremetal:{key}:list", since, any_query=True
            )
            for path, key, since in EMPTY
        )

    def _nothing(self, key: str) -> Handler:
        async def handler(call: Call) -> Reply:
            """None at all."""
            if "ident" in call.path:
                await show_node(self.desk, ident_of(call))
            return Reply({key: []})

        return handler
