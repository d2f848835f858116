"""The body of `PUT /v1/nodes/{ident}/states/provision`: verbs, what goes with each, and since when."""

from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.api.arguments import taken
from bessemer.baremetal.api.endpoints import Argument
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.steps_of_plans import (
    ARGUMENTS,
    STEP_NAME,
    StepShape,
    one_of,
    steps,
    whole,
)
from bessemer.baremetal.api.values import (
    Checker,
    boolean,
    default,
    optional,
    ruled,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.operations.config_drive import config_drive
from bessemer.baremetal.operations.provision_request import ProvisionRequest
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject

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

GOES_WITH: Final[Mapping[str, Mapping[str, int]]] = {
    "configdrive": {"active": 1, "deploy": 73, "rebuild": 35},
    "clean_steps": {"clean": 15},
    "rescue_password": {"rescue": 38},
    "deploy_steps": {"active": 69, "deploy": 73, "rebuild": 69},
    "disable_ramdisk": {"clean": 70, "service": 108},
    "service_steps": {"service": 87},
    "runbook": {"clean": 92, "service": 92},
}
"""Per argument: the targets that it goes with, and since which microversion."""

RUNBOOK_TRAITS_SINCE: Final = 112

_STEP_INTERFACES: Final = (
    "bios",
    "deploy",
    "firmware",
    "management",
    "power",
    "raid",
    "vendor",
)
_MOST_CHILDREN: Final = 1000


@ruled({"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": _MOST_CHILDREN})
def _children(name: str, value: Json) -> Json:
    """Uuids of child nodes."""
    if not isinstance(value, list) or len(value) > _MOST_CHILDREN:
        raise Invalid(f"{name} must be a list of at most {_MOST_CHILDREN} uuids.")
    return [uuid_text(f"{name}/{index}", each) for index, each in enumerate(value)]


def _ordered_steps(*interfaces: str) -> Checker:
    """Clean and service steps: they run in the order of the list, or of their `order`."""
    return steps(
        StepShape(
            {
                "interface": one_of(*interfaces),
                "step": STEP_NAME,
                "args": default({}, ARGUMENTS),
                "order": optional(whole),
                "execute_on_child_nodes": default(False, boolean),
                "limit_child_node_execution": default([], _children),
            },
            dict.fromkeys(
                ("args", "order", "execute_on_child_nodes", "limit_child_node_execution")
            ),
        )
    )


_DEPLOY_STEPS: Final = steps(
    StepShape(
        {
            "interface": one_of(*_STEP_INTERFACES),
            "step": STEP_NAME,
            "args": ARGUMENTS,
            "priority": whole,
        },
        {},
    )
)


@ruled({"type": ["string", "object", "null"]})
def _drive(name: str, value: Json) -> Json:
    """Base64 of gzip of ISO 9660, an HTTP(S) URL, or an object to build one from; built later."""
    return value


@ruled({"enum": sorted(VERB_SINCE)})
def _target(name: str, value: Json) -> Json:
    """A verb."""
    if not isinstance(value, str) or value not in VERB_SINCE:
        raise Invalid(
            f"Invalid provision target {str(value)[:40]!r}; possible: "
            f"{', '.join(sorted(VERB_SINCE))}."
        )
    return value


ARGUMENTS_OF_PROVISION: Final[Mapping[str, Argument]] = {
    "target": Argument(_target, required=True),
    "configdrive": Argument(_drive),
    "clean_steps": Argument(optional(_ordered_steps(*_STEP_INTERFACES)), 15),
    "rescue_password": Argument(optional(text(255, least=1)), 38),
    "deploy_steps": Argument(optional(_DEPLOY_STEPS), 69),
    "disable_ramdisk": Argument(optional(boolean), 70),
    "service_steps": Argument(optional(_ordered_steps(*_STEP_INTERFACES, "network")), 87),
    "runbook": Argument(optional(text(255, least=1)), 92),
}


def provision_request(body: JsonObject, minor: int) -> ProvisionRequest:
    """Raises Invalid naming field and rule; NotAcceptable for what is newer than asked for."""
    target = str(_target("target", body.get("target")))
    require(minor, VERB_SINCE[target], f"provision target {target}")
    given = {
        name: value
        for name, value in taken(body, ARGUMENTS_OF_PROVISION, minor).items()
        if value is not None and name != "target"
    }
    for name in given:
        _check_goes_with(name, target, minor)
    named = [
        given[name] for name in ("clean_steps", "service_steps", "deploy_steps") if name in given
    ]
    if named and "runbook" in given:
        raise Invalid(f"runbook and {target}_steps exclude each other: give one of them.")
    password = given.get("rescue_password")
    return ProvisionRequest(
        target=target,
        configdrive=_config_drive(given.get("configdrive"), minor),
        steps=_calls(f"{target}_steps", named[0]) if named else None,
        runbook=given.get("runbook"),
        runbook_by_traits=minor >= RUNBOOK_TRAITS_SINCE,
        disable_ramdisk=given.get("disable_ramdisk"),
        rescue_password=Secret(password) if password is not None else None,
    )


def _check_goes_with(name: str, target: str, minor: int) -> None:
    with_targets = GOES_WITH[name]
    if target not in with_targets:
        raise Invalid(
            f"{name} goes with {', '.join(sorted(with_targets))} only, not with {target}."
        )
    require(minor, with_targets[target], f"argument {name} with target {target}")


def _config_drive(given: Json, minor: int) -> str | None:
    if given is None:
        return None
    if isinstance(given, dict):
        require(minor, 56, "a configdrive given as an object")
        if "vendor_data" in given:
            require(minor, 59, "vendor_data in a configdrive")
    return config_drive(given)


def _calls(name: str, given: list[dict[str, Any]]) -> tuple[StepCall, ...]:
    orders = [each.get("order") for each in given if each.get("order") is not None]
    if orders and len(orders) < len(given):
        raise Invalid(f"{name}: either every step has an order, or none has.")
    if "priority" in given[0]:
        _check_once(name, given)
    for index, each in enumerate(given):
        if each.get("limit_child_node_execution") and not each["execute_on_child_nodes"]:
            raise Invalid(
                f"{name}/{index}/limit_child_node_execution goes with execute_on_child_nodes only."
            )
    return tuple(_call(each) for each in sorted(given, key=lambda step: step.get("order") or 0))


def _check_once(name: str, given: list[dict[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    for each in given:
        step = (each["interface"], each["step"])
        if step in seen:
            raise Invalid(f"{name}: {step[0]}.{step[1][:80]} comes twice; each step comes once.")
        seen.add(step)


def _call(given: Mapping[str, Any]) -> StepCall:
    return StepCall(
        interface=given["interface"],
        name=given["step"],
        args=given["args"],
        priority=given.get("priority") or 0,
        chosen=True,
        on_children=bool(given.get("execute_on_child_nodes")),
        children=tuple(given.get("limit_child_node_execution") or ()),
    )
