"""`/v1/nodes/{ident}/states/console`: a machine's screen or serial line, on and off, and where."""

from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.arguments import taken
from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.api.values import boolean
from bessemer.baremetal.operations import console
from bessemer.baremetal.operations.desk import Desk
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply

CONSOLE: Final = {"enabled": Argument(boolean, required=True)}
_WORD: Final = {"type": "string"}
SHOWN: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "console_enabled": {"type": "boolean"},
        "console_info": {
            "type": ["object", "null"],
            "properties": {"type": _WORD, "url": _WORD},
        },
    },
}


@dataclass(frozen=True, slots=True)
class ConsoleApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path, change = "/nodes/{ident}/states/console", "baremetal:node:set_console_state"
        return (
            Endpoint("GET", path, self.show, "baremetal:node:get_console", reply=SHOWN),
            Endpoint("PUT", path, self.switch, change, 1, dict, 202, arguments=CONSOLE),
        )

    async def show(self, call: Call) -> Reply:
        """Whether it is on, and where to find it."""
        refuse_unknown(call)
        info = await console.find(self.desk, ident_of(call))
        shown = None if info is None else {"type": info.type, "url": info.url}
        return Reply({"console_enabled": info is not None, "console_info": shown})

    async def switch(self, call: Call) -> Reply:
        """On or off."""
        refuse_unknown(call)
        on = bool(taken(call.body, CONSOLE, call.version.minor)["enabled"])
        ident = ident_of(call)
        await console.switch(as_seen(self.desk, call), ident, on=on)
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/states/console"})
