"""Below `/v1/nodes/{ident}/history`: every error that the node had, in words."""

from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.api.collection import Shown, of
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import Field, FieldTable
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import chosen_fields, listing, page, refuse_unknown
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.baremetal.store import history
from bessemer.baremetal.store.history import HistoryEntry
from bessemer.baremetal.store.paging import Order
from bessemer.clock import iso8601
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

SINCE: Final = 78
POLICY: Final = "baremetal:node:history:get"
SHORT_EVENT: Final = 251
CUT: Final = "..."


def _links(shown: Shown[HistoryEntry], _minor: int) -> Json:
    entry = shown.thing
    return links(shown.base_url, f"nodes/{entry.node_uuid}/history/{entry.uuid}")


# fmt: off
HISTORY: Final[FieldTable[Shown[HistoryEntry]]] = FieldTable("node history event", (
    Field("uuid", of("uuid"), SINCE, column="uuid", summary=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), SINCE,
          column="created_at", summary=True),
    Field("severity", of("severity"), SINCE, column="severity", summary=True),
    Field("event", of("event"), SINCE, column="event", summary=True),
    Field("links", _links, SINCE, summary=True, always=True),
    Field("event_type", of("event_type"), SINCE, column="event_type"),
    Field("conductor", of("conductor"), SINCE, column="conductor"),
    Field("user", of("user"), SINCE, column="user"),
    Field("project", of("project"), 113, column="project"),
    Field("state", of("state"), 115, column="state"),
    Field("target_provision_state", of("target_provision_state"), 115,
          column="target_provision_state"),
    Field("duration_seconds", of("duration_seconds"), 115, column="duration_seconds"),
))
# fmt: on


@dataclass(frozen=True, slots=True)
class NodeHistoryApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path = "/nodes/{ident}/history"
        one = f"{path}/{{event}}"
        return (
            Endpoint("GET", path, self.events, POLICY, SINCE, table=HISTORY, key="history"),
            Endpoint("GET", one, self.event, POLICY, SINCE, table=HISTORY),
        )

    async def events(self, call: Call) -> Reply:
        """A page of what went wrong, oldest first; long events cut unless in detail."""
        asked = listing(call, HISTORY, {})
        order = Order(history.TABLE, asked.sort_column, asked.descending, asked.marker)
        facts = await show_node(self.desk, ident_of(call))
        async with self.desk.reading() as connection:
            found = await history.of_node(connection, facts.node.uuid, order, asked.limit)
        shown = [_rendered(call, each, asked.names) for each in found]
        if asked.names == HISTORY.summary(call.version.minor):
            shown = [{**each, "event": _short(str(each["event"]))} for each in shown]
        return Reply(page(call, "history", shown, asked.limit, [each.uuid for each in found]))

    async def event(self, call: Call) -> Reply:
        """One event, whole."""
        refuse_unknown(call, ["fields"])
        names = chosen_fields(call, HISTORY)
        facts = await show_node(self.desk, ident_of(call))
        async with self.desk.reading() as connection:
            entry = await history.get(connection, facts.node.uuid, call.path["event"])
        return Reply(_rendered(call, entry, names))


def _rendered(call: Call, entry: HistoryEntry, names: tuple[str, ...]) -> dict[str, Any]:
    return HISTORY.render(Shown(entry, api_url(call)), call.version.minor, names)


def _short(event: str) -> str:
    return event if len(event) <= SHORT_EVENT + len(CUT) else event[:SHORT_EVENT] + CUT
