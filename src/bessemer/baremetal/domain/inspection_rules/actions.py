"""Actions of inspection rules: one row per operator, each from one case to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.domain.deploy_template import trait
from bessemer.baremetal.domain.inspection_rules.attributes import (
    NODE,
    PORT,
    Attribute,
    with_change,
    with_removal,
)
from bessemer.baremetal.domain.inspection_rules.budget import RuleFailed
from bessemer.baremetal.domain.inspection_rules.paths import changed, extended, parts, without
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.errors import Invalid

MOST_TRAITS: Final = 50
LEVELS: Final = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Line:
    """What a rule wants to have logged."""

    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Call:
    """A URL that a rule wants to have got. `timeout_s`: for each try; `retries`: after the first."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float
    retries: int
    backoff_s: float


@dataclass(frozen=True, slots=True)
class Case:
    """What was found, and what has become of it so far."""

    node: Node
    ports: tuple[Port, ...]
    inventory: Mapping[str, Any]
    plugin_data: Mapping[str, Any]
    lines: tuple[Line, ...] = ()
    calls: tuple[Call, ...] = ()


Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """An operator: the names of its arguments, and what it makes of a case."""

    required: tuple[str, ...]
    apply: Callable[[Case, Arguments], Case]
    optional: tuple[str, ...] = ()
    changes: Mapping[str, Attribute] | None = None
    """What its `path` leads into, when that is an attribute of a node or port."""


def _fail(_case: Case, arguments: Arguments) -> Case:
    raise RuleFailed(str(arguments["msg"])[:1000])


def _log(case: Case, arguments: Arguments) -> Case:
    level = str(arguments.get("level") or "info").lower()
    if level not in LEVELS:
        raise RuleFailed(f"log: level must be one of {', '.join(LEVELS)}")
    return replace(case, lines=(*case.lines, Line(level, str(arguments["msg"]))))


def _set(case: Case, arguments: Arguments) -> Case:
    value = arguments["value"]
    return replace(case, node=with_change(case.node, NODE, arguments["path"], lambda _: value))


def _extend(case: Case, arguments: Arguments) -> Case:
    return replace(case, node=with_change(case.node, NODE, arguments["path"], _append(arguments)))


def _delete(case: Case, arguments: Arguments) -> Case:
    return replace(case, node=with_removal(case.node, NODE, arguments["path"]))


def _set_port(case: Case, arguments: Arguments) -> Case:
    value, path = arguments["value"], arguments["path"]
    return _with_port(case, arguments, lambda port: with_change(port, PORT, path, lambda _: value))


def _extend_port(case: Case, arguments: Arguments) -> Case:
    change, path = _append(arguments), arguments["path"]
    return _with_port(case, arguments, lambda port: with_change(port, PORT, path, change))


def _delete_port(case: Case, arguments: Arguments) -> Case:
    path = arguments["path"]
    return _with_port(case, arguments, lambda port: with_removal(port, PORT, path))


def _with_port(case: Case, arguments: Arguments, change: Callable[[Port], Port]) -> Case:
    wanted = str(arguments["port_id"]).lower().replace("-", ":")
    for index, port in enumerate(case.ports):
        if wanted in {port.address, port.uuid.replace("-", ":")}:
            after = (*case.ports[:index], change(port), *case.ports[index + 1 :])
            return replace(case, ports=after)
    raise RuleFailed(f"the node has no port {str(arguments['port_id'])[:80]!r} (a MAC or a uuid)")


def _set_data(case: Case, arguments: Arguments) -> Case:
    value = arguments["value"]
    return _with_data(case, changed(case.plugin_data, parts(arguments["path"]), lambda _: value))


def _extend_data(case: Case, arguments: Arguments) -> Case:
    path = parts(arguments["path"])
    return _with_data(case, changed(case.plugin_data, path, _append(arguments)))


def _unset_data(case: Case, arguments: Arguments) -> Case:
    return _with_data(case, without(case.plugin_data, parts(arguments["path"])))


def _with_data(case: Case, data: Mapping[str, Any]) -> Case:
    return replace(case, plugin_data=data)


def _append(arguments: Arguments) -> Callable[[Any], Any]:
    return extended(arguments["value"], unique=str(arguments.get("unique")).lower() == "true")


def _set_capability(case: Case, arguments: Arguments) -> Case:
    name, value = str(arguments["name"]), str(arguments["value"])
    if not name or set(":,") & set(name) or "," in value:
        raise RuleFailed("the names of capabilities hold no ':' or ',', their values no ','")
    return _with_capabilities(case, {**case.node.capabilities, name: value})


def _unset_capability(case: Case, arguments: Arguments) -> Case:
    left = {k: v for k, v in case.node.capabilities.items() if k != str(arguments["name"])}
    return _with_capabilities(case, left)


def _with_capabilities(case: Case, capabilities: Mapping[str, str]) -> Case:
    text = ",".join(f"{name}:{value}" for name, value in capabilities.items())
    properties = {**case.node.properties, "capabilities": text}
    return replace(case, node=replace(case.node, properties=properties))


def _add_trait(case: Case, arguments: Arguments) -> Case:
    try:
        added = case.node.traits | {trait("name", str(arguments["name"]))}
    except Invalid as error:
        raise RuleFailed(error.message) from None
    if len(added) > MOST_TRAITS:
        raise RuleFailed(f"a node has at most {MOST_TRAITS} traits")
    return replace(case, node=replace(case.node, traits=added))


def _remove_trait(case: Case, arguments: Arguments) -> Case:
    left = case.node.traits - {str(arguments["name"])}
    return replace(case, node=replace(case.node, traits=left))


def _api_call(case: Case, arguments: Arguments) -> Case:
    url, headers = str(arguments["url"]), arguments.get("headers") or {}
    if not url.startswith(("http://", "https://")) or not isinstance(headers, Mapping):
        raise RuleFailed("api-call: url is http:// or https://, headers is an object")
    if arguments.get("proxies"):
        raise RuleFailed("api-call: proxies are not supported; leave them out")
    call = Call(
        url=url,
        headers={str(name): str(value) for name, value in headers.items()},
        timeout_s=_bounded(arguments, "timeout", 5, 60),
        retries=int(_bounded(arguments, "retries", 3, 10)),
        backoff_s=_bounded(arguments, "backoff_factor", 0.3, 10),
    )
    return replace(case, calls=(*case.calls, call))


def _bounded(arguments: Arguments, name: str, standard: float, most: float) -> float:
    value = arguments.get(name)
    try:
        number = standard if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= most:
        raise RuleFailed(f"api-call: {name} must be a number from 0 to {most:g}")
    return number


_PORT_PATH: Final = ("port_id", "path")
_CALL_OPTIONS: Final = ("headers", "proxies", "timeout", "retries", "backoff_factor")

# fmt: off
ACTIONS: Final[Mapping[str, Action]] = {
    "fail":                  Action(("msg",), _fail),
    "log":                   Action(("msg",), _log, ("level",)),
    "set-attribute":         Action(("path", "value"), _set, changes=NODE),
    "extend-attribute":      Action(("path", "value"), _extend, ("unique",), NODE),
    "del-attribute":         Action(("path",), _delete, changes=NODE),
    "set-capability":        Action(("name", "value"), _set_capability),
    "unset-capability":      Action(("name",), _unset_capability),
    "add-trait":             Action(("name",), _add_trait),
    "remove-trait":          Action(("name",), _remove_trait),
    "set-plugin-data":       Action(("path", "value"), _set_data),
    "extend-plugin-data":    Action(("path", "value"), _extend_data, ("unique",)),
    "unset-plugin-data":     Action(("path",), _unset_data),
    "set-port-attribute":    Action((*_PORT_PATH, "value"), _set_port, changes=PORT),
    "extend-port-attribute": Action((*_PORT_PATH, "value"), _extend_port, ("unique",), PORT),
    "del-port-attribute":    Action(_PORT_PATH, _delete_port, changes=PORT),
    "api-call":              Action(("url",), _api_call, _CALL_OPTIONS),
}
"""Operator -> what it does."""
# fmt: on
