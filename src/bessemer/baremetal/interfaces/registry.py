"""Which plug-ins exist, which hardware types they make up, and which serve a given node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.interfaces.boot import BootInterface
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.errors import Invalid


@dataclass(frozen=True, slots=True)
class HardwareType:
    """A driver by name: per kind, the interfaces it supports, the default first."""

    name: str
    supported: Mapping[InterfaceKind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class NodeInterfaces:
    """The plug-ins that serve one node."""

    power: PowerInterface
    management: ManagementInterface
    boot: BootInterface
    network: NetworkInterface
    deploy: DeployInterface
    inspect: InspectInterface

    def of(self, kind: str) -> Plugin:
        """By the kind's name. Raises Invalid for a name that is none."""
        plugin = getattr(self, kind, None)
        if not isinstance(plugin, Plugin):
            raise Invalid(f"There is no interface of kind {kind!r}.")
        return plugin


class Registry:
    """All hardware types and plug-ins that this conductor runs."""

    def __init__(
        self,
        hardware_types: Sequence[HardwareType],
        plugins: Mapping[InterfaceKind, Mapping[str, Plugin]],
    ) -> None:
        self.hardware_types = {each.name: each for each in hardware_types}
        self._plugins = plugins

    def compose(self, driver: str, chosen: Mapping[InterfaceKind, str]) -> dict[InterfaceKind, str]:
        """The full set of interface names for a node. Raises Invalid for what does not go together."""
        hardware = self._hardware_type(driver)
        names = {}
        for kind, supported in hardware.supported.items():
            name = chosen.get(kind) or supported[0]
            if name not in supported:
                raise Invalid(
                    f"Driver {driver} does not support {kind} interface {name!r}; "
                    f"possible: {', '.join(supported)}."
                )
            names[kind] = name
        return names

    def interfaces_of(self, node: Node) -> NodeInterfaces:
        """The plug-ins that serve this node. Raises Invalid when one is not enabled here."""
        names = self.compose(node.driver, node.interfaces)
        found: dict[str, Any] = {}
        for kind, name in names.items():
            try:
                found[kind.value] = self._plugins[kind][name]
            except KeyError:
                raise Invalid(
                    f"{kind} interface {name!r} is not enabled on this conductor."
                ) from None
        return NodeInterfaces(**found)

    def _hardware_type(self, driver: str) -> HardwareType:
        try:
            return self.hardware_types[driver]
        except KeyError:
            raise Invalid(
                f"No valid host was found. Reason: no conductor supports driver {driver!r}; "
                f"enabled: {', '.join(sorted(self.hardware_types))}."
            ) from None
