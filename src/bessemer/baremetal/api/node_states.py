"""`/v1/nodes/{ident}/states` and what else sets a node in motion: provision, power, maintenance."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bessemer.baremetal.api import queries, values
from bessemer.baremetal.api.arguments import one_of, taken
from bessemer.baremetal.api.endpoints import Argument, BodySize, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.node_fields import NODE
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.policies import hidden_from
from bessemer.baremetal.api.provision_arguments import (
    ABORT_SINCE,
    ARGUMENTS_OF_PROVISION,
    provision_request,
)
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.domain.node import PowerTarget
from bessemer.baremetal.operations import nodes as node_operations
from bessemer.baremetal.operations import set_power
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.provision import provision, validate
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.body import has_body, read_json
from bessemer.web.routes import Call, Raw, Reply

MAINTENANCE_BODY_LIMIT: Final = 64 * 1024

_SOFT: Final = frozenset({PowerTarget.SOFT_OFF, PowerTarget.SOFT_REBOOT})
LONGEST_POWER_TIMEOUT_S: Final = 24 * 3600


@values.ruled({"type": ["integer", "null"], "minimum": 1, "maximum": LONGEST_POWER_TIMEOUT_S})
def _timeout(name: str, value: Json) -> Json:
    """Seconds."""
    if value is None:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 1 <= value <= LONGEST_POWER_TIMEOUT_S:
        raise Invalid(f"{name} must be a whole number of seconds, 1 to {LONGEST_POWER_TIMEOUT_S}.")
    return value


POWER: Final = {
    "target": Argument(one_of(PowerTarget), required=True),
    "timeout": Argument(_timeout, 27),
}
_STATES_SHOWN: Final = (
    "power_state",
    "target_power_state",
    "provision_state",
    "target_provision_state",
    "provision_updated_at",
    "last_error",
    "console_enabled",
    "raid_config",
    "target_raid_config",
    "boot_mode",
    "secure_boot",
)

MAINTENANCE: Final = {"reason": Argument(values.optional(values.text(4096)))}
_NAMED_IN_QUERY: Final = {
    "node": queries.Filter(queries.words),
    "node_uuid": queries.Filter(queries.uuid_word),
}


@dataclass(frozen=True, slots=True)
class NodeStatesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table; the fixed path goes before `/nodes/{ident}`."""
        return (
            Endpoint(
                "GET",
                "/nodes/validate",
                self.legacy_validate,
                "baremetal:node:validate",
                filters=_NAMED_IN_QUERY,
            ),
            Endpoint("GET", "/nodes/{ident}/validate", self.validate, "baremetal:node:validate"),
            Endpoint("GET", "/nodes/{ident}/states", self.show, "baremetal:node:get_states"),
            Endpoint(
                "PUT",
                "/nodes/{ident}/states/provision",
                self.provision,
                "baremetal:node:set_provision_state",
                body=dict,
                status=202,
                body_limit=BodySize.PROVISION,
                arguments=ARGUMENTS_OF_PROVISION,
            ),
            Endpoint(
                "PUT",
                "/nodes/{ident}/states/power",
                self.power,
                "baremetal:node:set_power_state",
                body=dict,
                status=202,
                arguments=POWER,
            ),
            Endpoint(
                "PUT",
                "/nodes/{ident}/maintenance",
                self.set_maintenance,
                "baremetal:node:set_maintenance",
                body=Raw.STREAM,
                status=202,
                arguments=MAINTENANCE,
            ),
            Endpoint(
                "DELETE",
                "/nodes/{ident}/maintenance",
                self.clear_maintenance,
                "baremetal:node:clear_maintenance",
                status=202,
            ),
        )

    async def show(self, call: Call) -> Reply:
        """All states at once."""
        refuse_unknown(call)
        minor = call.version.minor
        facts = await show_node(self.desk, ident_of(call))
        hidden = hidden_from(call, facts.node.owner, facts.node.lessee)
        facts = replace(facts, hidden=hidden)
        present = set(NODE.names(minor))
        return Reply(NODE.render(facts, minor, [n for n in _STATES_SHOWN if n in present]))

    async def provision(self, call: Call) -> Reply:
        """Begin (or abort) work by a verb: 202 once it is committed."""
        refuse_unknown(call)
        request = provision_request(call.body, call.version.minor)
        ident = ident_of(call)
        await self._check_abort(call, ident, request.target)
        await provision(as_seen(self.desk, call), call.context, ident, request)
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/states"})

    async def power(self, call: Call) -> Reply:
        """Switch: 202 once it is committed; the BMC is told in the background."""
        refuse_unknown(call)
        ident, (target, timeout) = ident_of(call), _power_wish(call.body, call.version.minor)
        await set_power.order(as_seen(self.desk, call), ident, target, timeout)
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/states"})

    async def set_maintenance(self, call: Call) -> Reply:
        """Into maintenance; the body with its reason may be left out."""
        refuse_unknown(call)
        reason = None
        if has_body(call.request):
            body = await read_json(call.request, dict, MAINTENANCE_BODY_LIMIT)
            reason = taken(body, MAINTENANCE, call.version.minor).get("reason")
        await node_operations.set_maintenance(
            as_seen(self.desk, call), ident_of(call), on=True, reason=reason
        )
        return Reply()

    async def clear_maintenance(self, call: Call) -> Reply:
        """Out of maintenance."""
        refuse_unknown(call)
        await node_operations.set_maintenance(as_seen(self.desk, call), ident_of(call), on=False)
        return Reply()

    async def validate(self, call: Call) -> Reply:
        """Per interface, whether it has what it needs."""
        refuse_unknown(call)
        return await self._validation(ident_of(call))

    async def legacy_validate(self, call: Call) -> Reply:
        """Per interface of the node in the query, whether it has what it needs."""
        ident = call.query.get("node_uuid") or call.query.get("node")
        if not ident:
            raise Invalid("Name the node: /v1/nodes/validate?node=…")
        return await self._validation(ident)

    async def _validation(self, ident: str) -> Reply:
        found = await validate(self.desk, ident)
        judged: dict[str, Json] = {
            kind: {"result": verdict.result, "reason": verdict.reason}
            for kind, verdict in found.items()
        }
        return Reply(judged)

    async def _check_abort(self, call: Call, ident: str, target: str) -> None:
        if target == "abort":
            state = (await show_node(self.desk, ident)).node.provision_state
            require(call.version.minor, ABORT_SINCE.get(state, 1), f"abort in state {state}")


def _power_wish(body: JsonObject, minor: int) -> tuple[PowerTarget, timedelta | None]:
    given = taken(body, POWER, minor)
    target, seconds = PowerTarget(given["target"]), given.get("timeout")
    if target in _SOFT:
        require(minor, 27, f"power target {target}")
    return target, None if seconds is None else timedelta(seconds=seconds)
