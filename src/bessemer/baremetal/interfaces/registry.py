"""Which plug-ins are enabled, which hardware types they make up, and which serve a given node."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.interfaces.bios import BiosInterface
from bessemer.baremetal.interfaces.boot import BootInterface
from bessemer.baremetal.interfaces.console import ConsoleInterface
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.firmware import FirmwareInterface
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.interfaces.raid import RaidInterface
from bessemer.baremetal.interfaces.rescue import RescueInterface
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.vendor import VendorInterface
from bessemer.errors import ConfigurationError, Invalid

Names = Mapping[InterfaceKind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class HardwareType:
    """A driver by name: per kind, the interfaces it supports, the most wanted first.

    `takes_any`: it takes every other enabled interface, too (fake hardware, for tests).
    """

    name: str
    supported: Names
    takes_any: bool = False

    def offers(self, kind: InterfaceKind, enabled: Sequence[str]) -> tuple[str, ...]:
        """What it supports of the enabled ones, the most wanted first."""
        wanted = tuple(name for name in self.supported.get(kind, ()) if name in enabled)
        others = (name for name in enabled if name not in wanted)
        return (*wanted, *others) if self.takes_any else wanted


@dataclass(frozen=True, slots=True)
class NodeInterfaces:
    """The plug-ins that serve one node."""

    bios: BiosInterface
    boot: BootInterface
    console: ConsoleInterface
    deploy: DeployInterface
    firmware: FirmwareInterface
    inspect: InspectInterface
    management: ManagementInterface
    network: NetworkInterface
    power: PowerInterface
    raid: RaidInterface
    rescue: RescueInterface
    storage: StorageInterface
    vendor: VendorInterface

    def of(self, kind: str) -> Plugin:
        """By the kind's name. Raises Invalid for a name that is none."""
        plugin = getattr(self, kind, None)
        if not isinstance(plugin, Plugin):
            raise Invalid(f"There is no interface of kind {kind!r}.")
        return plugin


@dataclass(frozen=True, slots=True)
class Offer:
    """That a conductor serves a hardware type with an interface; `position` 0 is wanted most."""

    hardware_type: str
    interface_type: str
    interface_name: str
    position: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Enabled:
    """What the operator enabled: hardware types, per kind interfaces, and per kind a default."""

    hardware_types: Sequence[str]
    interfaces: Names
    defaults: Mapping[InterfaceKind, str] = field(default_factory=dict)


class Registry:
    """All hardware types and plug-ins that this conductor runs.

    Raises ConfigurationError, naming the setting, when what is enabled does not go together.
    """

    def __init__(
        self,
        hardware_types: Sequence[HardwareType],
        plugins: Mapping[InterfaceKind, Mapping[str, Plugin]],
        enabled: Enabled,
    ) -> None:
        known = {each.name: each for each in hardware_types}
        _check_known("enabled_hardware_types", enabled.hardware_types, known)
        for kind in InterfaceKind:
            _check_known(f"enabled_{kind}_interfaces", enabled.interfaces[kind], plugins[kind])
        self.hardware_types = {name: known[name] for name in enabled.hardware_types}
        self._plugins = plugins
        self._offers = {
            name: {kind: hardware.offers(kind, enabled.interfaces[kind]) for kind in InterfaceKind}
            for name, hardware in self.hardware_types.items()
        }
        self._defaults = {
            name: {kind: _default(name, kind, enabled, offers[kind]) for kind in InterfaceKind}
            for name, offers in self._offers.items()
        }

    def compose(self, driver: str, chosen: Mapping[InterfaceKind, str]) -> dict[InterfaceKind, str]:
        """The full set of interface names for a node. Raises Invalid for what does not go together."""
        self._check_driver(driver)
        names = {}
        for kind, offered in self._offers[driver].items():
            name = chosen.get(kind) or self._defaults[driver][kind]
            if name not in offered:
                raise Invalid(
                    f"Driver {driver} does not support {kind} interface {name[:80]!r}, or it is "
                    f"not enabled; possible: {', '.join(offered)}."
                )
            names[kind] = name
        return names

    def interfaces_of(self, node: Node) -> NodeInterfaces:
        """The plug-ins that serve this node. Raises Invalid when one is not enabled here."""
        names = self.compose(node.driver, node.interfaces)
        found: dict[str, Any] = {
            kind.value: self._plugins[kind][name] for kind, name in names.items()
        }
        return NodeInterfaces(**found)

    def plugins_of(self, driver: str) -> NodeInterfaces:
        """The default plug-ins of a hardware type. Raises Invalid when it is not enabled here."""
        self._check_driver(driver)
        found: dict[str, Any] = {
            kind.value: self._plugins[kind][name] for kind, name in self._defaults[driver].items()
        }
        return NodeInterfaces(**found)

    def plugins_offered(self, driver: str) -> Iterator[Plugin]:
        """Every plug-in that a node of this driver may have; the default ones come last."""
        self._check_driver(driver)
        for kind, names in self._offers[driver].items():
            default = self._defaults[driver][kind]
            for name in sorted(names, key=lambda name: name == default):
                yield self._plugins[kind][name]

    def offers(self) -> Iterator[Offer]:
        """Everything that this conductor serves, for its registration."""
        for driver, kinds in self._offers.items():
            for kind, names in kinds.items():
                default = self._defaults[driver][kind]
                for position, name in enumerate(names):
                    yield Offer(driver, kind.value, name, position, name == default)

    def _check_driver(self, driver: str) -> None:
        if driver not in self.hardware_types:
            raise Invalid(
                f"No valid host was found. Reason: no conductor supports driver {driver[:80]!r}; "
                f"enabled: {', '.join(sorted(self.hardware_types))}."
            )


def _check_known(setting: str, names: Sequence[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"baremetal.{setting} names {name!r}, which there is not; "
                f"possible: {', '.join(sorted(known))}."
            )


def _default(driver: str, kind: InterfaceKind, enabled: Enabled, offered: Sequence[str]) -> str:
    if not offered:
        raise ConfigurationError(
            f"Hardware type {driver} is enabled without any {kind} interface that it supports; "
            f"add one to baremetal.enabled_{kind}_interfaces."
        )
    wished = enabled.defaults.get(kind)
    if wished is None:
        return offered[0]
    if wished not in offered:
        raise ConfigurationError(
            f"baremetal.default_{kind}_interface is {wished!r}, which hardware type {driver} does "
            f"not offer; possible: {', '.join(offered)}."
        )
    return wished
