"""Which NIC, bond, or new bond an instance's network traits choose for a network port. Pure."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from bessemer.baremetal.domain.network_traits.trait import Action, ActionKind, NetworkTrait
from bessemer.baremetal.domain.nics import Nic, Nics, best
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port


@dataclass(frozen=True, slots=True)
class ToBond:
    """NICs that are to become a bond; all are on one physical network."""

    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A network port's network: its name, and where it is (empty: anywhere)."""

    name: str
    physical_networks: Set[str]


def traits_for(node: Node, traits: Sequence[NetworkTrait]) -> tuple[NetworkTrait, ...]:
    """Those that the node's instance asks for, in their order."""
    asked = node.instance_info.get("traits")
    names = set(asked) if isinstance(asked, list | tuple) else set()
    return tuple(trait for trait in traits if trait.name in names)


def choose(
    traits: Sequence[NetworkTrait], candidates: Sequence[Nic], nics: Nics, network: Wanted
) -> Nic | ToBond | None:
    """By the first action that enough of the candidates match; None when none does."""
    for action in (action for trait in traits for action in trait.actions):
        matching = [nic for nic in candidates if action.takes(nic, network.name)]
        if len(matching) < action.min_count:
            continue
        if action.kind is not ActionKind.GROUP_AND_ATTACH_PORTS:
            return best(matching, nics, network.physical_networks)
        bond = _bond(action, [nic for nic in matching if isinstance(nic, Port)])
        if bond is not None:
            return bond
    return None


def _bond(action: Action, ports: Sequence[Port]) -> ToBond | None:
    """As many as can be bonded: of one physical network, those that boot first."""
    by_network: dict[str | None, list[Port]] = {}
    for port in sorted(ports, key=lambda port: not port.pxe_enabled):
        by_network.setdefault(port.physical_network, []).append(port)
    most = max(by_network.values(), key=len, default=[])
    return ToBond(tuple(most[: action.max_count])) if len(most) >= action.min_count else None
