"""`/v1/nodes/{ident}/management/indicators`: a machine's lights, as `<id>@<component>`."""

from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.arguments import one_of, taken
from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.domain.management import Indicator, IndicatorComponent, IndicatorState
from bessemer.baremetal.operations import indicators
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Call, Reply

SINCE: Final = 63
STATE: Final = {"state": Argument(one_of(IndicatorState), required=True)}
_WORD: Final = {"type": "string"}
ONE_SHOWN: Final[JsonObject] = {"type": "object", "properties": {"state": _WORD}}
ALL_SHOWN: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "indicators": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": _WORD,
                    "component": _WORD,
                    "readonly": {"type": "boolean"},
                    "states": {"type": "array", "items": _WORD},
                    "links": {"type": "array"},
                },
            },
        }
    },
}


@dataclass(frozen=True, slots=True)
class IndicatorsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        every = "/nodes/{ident}/management/indicators"
        one = f"{every}/{{indicator}}"
        get, change = "baremetal:node:get_indicator_state", "baremetal:node:set_indicator_state"
        return (
            Endpoint("GET", every, self.index, get, SINCE, reply=ALL_SHOWN),
            Endpoint("GET", one, self.show, get, SINCE, reply=ONE_SHOWN),
            Endpoint("PUT", one, self.switch, change, SINCE, dict, 204, arguments=STATE),
        )

    async def index(self, call: Call) -> Reply:
        """All lights, and what each can do."""
        refuse_unknown(call)
        uuid, found = await indicators.list_indicators(self.desk, ident_of(call))
        base = f"nodes/{uuid}/management/indicators"
        shown = [
            _shown(call, base, f"{ident}@{component}", light)
            for component, lights in found.items()
            for ident, light in lights.items()
        ]
        return Reply({"indicators": shown})

    async def show(self, call: Call) -> Reply:
        """What one light does."""
        refuse_unknown(call)
        state = await indicators.read(self.desk, ident_of(call), _name(call))
        return Reply({"state": state})

    async def switch(self, call: Call) -> Reply:
        """Let one light do something."""
        refuse_unknown(call)
        state = IndicatorState(taken(call.body, STATE, call.version.minor)["state"])
        await indicators.switch(as_seen(self.desk, call), ident_of(call), _name(call), state)
        return Reply()


def _shown(call: Call, base: str, name: str, light: Indicator) -> dict[str, Json]:
    return {
        "name": name,
        "component": name.partition("@")[2],
        "readonly": light.readonly,
        "states": list(light.states),
        "links": links(api_url(call), f"{base}/{name}"),
    }


def _name(call: Call) -> indicators.Name:
    ident, at, component = call.path["indicator"].rpartition("@")
    if not at or not ident or component not in set(IndicatorComponent):
        raise Invalid(
            "An indicator is named <id>@<component>; possible components: "
            f"{', '.join(IndicatorComponent)}."
        )
    return IndicatorComponent(component), ident
