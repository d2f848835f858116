"""Network traits as operators write them down: per trait an order and a list of actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bessemer.baremetal.domain.network_traits.expression import Expression, parse
from bessemer.baremetal.domain.nics import Nic
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.errors import Invalid

PREFIX: Final = "CUSTOM_"


class ActionKind(StrEnum):
    """What is attached. In the spelling of the file."""

    ATTACH_PORT = "attach_port"
    ATTACH_PORTGROUP = "attach_portgroup"
    GROUP_AND_ATTACH_PORTS = "group_and_attach_ports"


@dataclass(frozen=True, slots=True)
class Action:
    """Applies when at least `min_count` NICs match; a new bond gets at most `max_count` of them."""

    kind: ActionKind
    filter: Expression
    min_count: int = 1
    max_count: int | None = None

    def takes(self, nic: Nic, network: str) -> bool:
        """Whether the NIC or bond is of the right sort, and passes the filter."""
        match self.kind:
            case ActionKind.ATTACH_PORT:
                fits = isinstance(nic, Port)
            case ActionKind.ATTACH_PORTGROUP:
                fits = isinstance(nic, Portgroup)
            case ActionKind.GROUP_AND_ATTACH_PORTS:
                fits = (
                    isinstance(nic, Port)
                    and nic.portgroup_uuid is None
                    and nic.available_for_dynamic_portgroup
                )
        return fits and self.filter.matches(nic, network)


@dataclass(frozen=True, slots=True)
class NetworkTrait:
    """Of several that an instance has, the one of the lowest `order` is tried first."""

    name: str
    actions: tuple[Action, ...]
    order: int = 1


def traits_of(content: Any) -> tuple[NetworkTrait, ...]:
    """From a YAML file's content, in their order. Raises Invalid that names the trait."""
    if not isinstance(content, Mapping):
        raise Invalid("It must be a mapping from names of traits to what they are.")
    traits = [_trait(str(name), body) for name, body in content.items()]
    return tuple(sorted(traits, key=lambda trait: trait.order))


def _trait(name: str, body: Any) -> NetworkTrait:
    if not name.startswith(PREFIX):
        raise Invalid(f"The name of trait {name} must begin with {PREFIX}.")
    known = _known(name, body, ("order", "actions"))
    actions = known.get("actions")
    if not isinstance(actions, Sequence) or isinstance(actions, str) or not actions:
        raise Invalid(f"{name}: actions must be a list with at least one action.")
    order = _number(name, "order", known.get("order", 1), at_least=0)
    return NetworkTrait(name, tuple(_action(name, each) for each in actions), order)


def _action(name: str, body: Any) -> Action:
    known = _known(name, body, ("action", "filter", "min_count", "max_count"))
    try:
        kind = ActionKind(str(known.get("action")))
    except ValueError:
        raise Invalid(f"{name}: action must be one of {', '.join(ActionKind)}.") from None
    if not isinstance(known.get("filter"), str):
        raise Invalid(f"{name}: each action needs a filter.")
    try:
        expression = parse(known["filter"])
    except Invalid as error:
        raise Invalid(f"{name}: {error.message}") from error
    least = _number(name, "min_count", known.get("min_count", 1), at_least=1)
    most = known.get("max_count")
    return Action(
        kind,
        expression,
        least,
        None if most is None else _number(name, "max_count", most, at_least=least),
    )


def _known(name: str, body: Any, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(body, Mapping) or not set(body) <= set(keys):
        raise Invalid(f"{name}: expected a mapping with the keys {', '.join(keys)}.")
    return body


def _number(name: str, key: str, value: Any, *, at_least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise Invalid(f"{name}: {key} must be a whole number, {at_least} or more.")
    return value
