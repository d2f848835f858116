"""`/v1/nodes/{ident}/states` and what else sets a node in motion: provision, power, maintenance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api import values
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.node_fields import NODE
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.policies import hidden_from
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.domain.node import PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations import nodes as node_operations
from bessemer.baremetal.operations import set_power
from bessemer.baremetal.operations.config_drive import config_drive
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.provision import ProvisionRequest, provision, validate
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.body import read_json
from bessemer.web.routes import Call, Raw, Reply

PowerLater = Callable[[str, PowerTarget], None]
"""Carries an accepted power request out in the background: (uuid of the node, target)."""

PROVISION_BODY_LIMIT: Final = 65536 * 1024
MAINTENANCE_BODY_LIMIT: Final = 64 * 1024

VERB_SINCE: Final[Mapping[str, int]] = {
    "active": 1,
    "rebuild": 1,
    "deleted": 1,
    "manage": 4,
    "provide": 4,
    "inspect": 6,
    "abort": 13,
    "clean": 15,
    "adopt": 17,
    "rescue": 38,
    "unrescue": 38,
    "deploy": 73,
    "undeploy": 73,
    "unhold": 85,
    "service": 87,
}
"""Targets of `states/provision`."""

ABORT_SINCE: Final = {State.INSPECT_WAIT: 41, State.DEPLOY_WAIT: 110}

_ARGUMENT_SINCE: Final = {
    "configdrive": 1,
    "clean_steps": 15,
    "rescue_password": 38,
    "deploy_steps": 69,
    "disable_ramdisk": 70,
    "service_steps": 87,
    "runbook": 92,
}
_WITH_CONFIG_DRIVE: Final = frozenset({"active", "deploy", "rebuild"})
_SOFT: Final = frozenset({PowerTarget.SOFT_OFF, PowerTarget.SOFT_REBOOT})
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


@dataclass(frozen=True, slots=True)
class NodeStatesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk
    power_later: PowerLater

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table; the fixed path goes before `/nodes/{ident}`."""
        return (
            Endpoint("GET", "/nodes/validate", self.legacy_validate, "baremetal:node:validate"),
            Endpoint("GET", "/nodes/{ident}/validate", self.validate, "baremetal:node:validate"),
            Endpoint("GET", "/nodes/{ident}/states", self.show, "baremetal:node:get_states"),
            Endpoint(
                "PUT",
                "/nodes/{ident}/states/provision",
                self.provision,
                "baremetal:node:set_provision_state",
                body=dict,
                status=202,
                body_limit=PROVISION_BODY_LIMIT,
            ),
            Endpoint(
                "PUT",
                "/nodes/{ident}/states/power",
                self.power,
                "baremetal:node:set_power_state",
                body=dict,
                status=202,
            ),
            Endpoint(
                "PUT",
                "/nodes/{ident}/maintenance",
                self.set_maintenance,
                "baremetal:node:set_maintenance",
                body=Raw.STREAM,
                status=202,
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
        hidden = hidden_from(call.context, facts.node.owner, facts.node.lessee)
        facts = replace(facts, hidden=hidden)
        present = set(NODE.names(minor))
        return Reply(NODE.render(facts, minor, [n for n in _STATES_SHOWN if n in present]))

    async def provision(self, call: Call) -> Reply:
        """Begin (or abort) work by a verb: 202 once it is committed."""
        refuse_unknown(call)
        target = self._target(call)
        ident = ident_of(call)
        await self._check_abort(call, ident, target)
        drive = _config_drive(call.body.get("configdrive"), target, call.version.minor)
        await provision(self.desk, call.context, ident, ProvisionRequest(target, drive))
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/states"})

    async def power(self, call: Call) -> Reply:
        """Switch: 202 once it is committed; the BMC is told in the background."""
        refuse_unknown(call)
        ident, target = ident_of(call), _power_target(call.body, call.version.minor)
        node = await set_power.accept(self.desk, ident, target)
        self.power_later(node.uuid, target)
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/states"})

    async def set_maintenance(self, call: Call) -> Reply:
        """Into maintenance; the body with its reason may be left out."""
        refuse_unknown(call)
        reason = None
        if call.headers.get("content-length", "0") != "0":
            body = await read_json(call.request, dict, MAINTENANCE_BODY_LIMIT)
            _refuse_keys(body, {"reason"})
            reason = values.optional(values.text(4096))("reason", body.get("reason"))
        await node_operations.set_maintenance(self.desk, ident_of(call), on=True, reason=reason)
        return Reply()

    async def clear_maintenance(self, call: Call) -> Reply:
        """Out of maintenance."""
        refuse_unknown(call)
        await node_operations.set_maintenance(self.desk, ident_of(call), on=False)
        return Reply()

    async def validate(self, call: Call) -> Reply:
        """Per interface, whether it has what it needs."""
        refuse_unknown(call)
        return await self._validation(ident_of(call))

    async def legacy_validate(self, call: Call) -> Reply:
        """The same, with the node in the query."""
        refuse_unknown(call, ["node", "node_uuid"])
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

    def _target(self, call: Call) -> str:
        body, minor = call.body, call.version.minor
        _refuse_keys(body, {"target", *_ARGUMENT_SINCE})
        target = body.get("target")
        if not isinstance(target, str) or target not in VERB_SINCE:
            raise Invalid(
                f"Invalid provision target {str(target)[:40]!r}; possible: "
                f"{', '.join(sorted(VERB_SINCE))}."
            )
        require(minor, VERB_SINCE[target], f"provision target {target}")
        for name in set(body) - {"target"}:
            require(minor, _ARGUMENT_SINCE[name], f"argument {name}")
            if name != "configdrive" and body[name] is not None:
                raise Invalid(f"This server does not take {name} yet; leave it out.")
        return target

    async def _check_abort(self, call: Call, ident: str, target: str) -> None:
        if target == "abort":
            state = (await show_node(self.desk, ident)).node.provision_state
            require(call.version.minor, ABORT_SINCE.get(state, 1), f"abort in state {state}")


def _config_drive(given: Json, target: str, minor: int) -> str | None:
    if given is None:
        return None
    if target not in _WITH_CONFIG_DRIVE:
        raise Invalid(f"configdrive goes with {', '.join(sorted(_WITH_CONFIG_DRIVE))} only.")
    if target == "rebuild":
        require(minor, 35, "a configdrive on rebuild")
    if isinstance(given, dict):
        require(minor, 56, "a configdrive given as an object")
        if "vendor_data" in given:
            require(minor, 59, "vendor_data in a configdrive")
    return config_drive(given)


def _power_target(body: JsonObject, minor: int) -> PowerTarget:
    _refuse_keys(body, {"target", "timeout"})
    try:
        target = PowerTarget(str(body.get("target")))
    except ValueError:
        raise Invalid(
            f"Invalid power target {str(body.get('target'))[:40]!r}; possible: "
            f"{', '.join(PowerTarget)}."
        ) from None
    if target in _SOFT:
        require(minor, 27, f"power target {target}")
    if body.get("timeout") is not None:
        require(minor, 27, "argument timeout")
        raise Invalid(
            "This server does not take a timeout here yet; the limit is the setting "
            "baremetal.power_state_change_timeout."
        )
    return target


def _refuse_keys(body: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(body) - known)
    if unknown:
        raise Invalid(f"Unexpected arguments: {', '.join(name[:80] for name in unknown)}.")
