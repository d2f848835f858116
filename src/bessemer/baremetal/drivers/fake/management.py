"""Management of fake machines: they do as they are told, and tell it when asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bessemer.baremetal.domain.management import (
    BootMode,
    Health,
    Indicator,
    IndicatorComponent,
    Indicators,
    IndicatorState,
    MediaDevice,
    VirtualMedium,
)
from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.drivers.fake.play import PROPERTIES, ask_bmc
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.errors import Invalid, NotFound

_LIGHT: Final = Indicator(False, (IndicatorState.ON, IndicatorState.OFF, IndicatorState.BLINKING))
_LAMP: Final = Indicator(True, (IndicatorState.ON, IndicatorState.OFF))
INDICATORS: Final[Indicators] = {
    IndicatorComponent.CHASSIS: {"led": _LIGHT},
    IndicatorComponent.SYSTEM: {"led": _LIGHT},
    IndicatorComponent.POWER: {"supply-1": _LAMP},
}
"""The lights of a fake machine. All are off until they are switched; lamps are always on."""

SENSORS: Final = {
    "Temperature": {
        "Inlet (0x01)": {"Sensor ID": "Inlet (0x01)", "Sensor Reading": "21 degrees C"}
    },
    "Fan": {"Fan 1 (0x10)": {"Sensor ID": "Fan 1 (0x10)", "Sensor Reading": "4800 RPM"}},
}


class FakeManagement(FakePlugin, ManagementInterface):
    """Named "fake"."""

    def properties(self) -> Mapping[str, str]:
        return {
            **PROPERTIES,
            "fake_mac_addresses": "MACs that the fake BMC reports: a list. Default: none.",
            "fake_health": "Health that the fake BMC reports: OK, Warning or Critical.",
        }

    async def set_boot_device(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        if device not in self.supported_boot_devices(node):
            raise Invalid(f"A fake machine cannot boot from {device}.")
        await self._remember(node, "boot_device", [device, persistent])

    async def get_boot_device(self, node: Node) -> tuple[BootDevice | None, bool | None]:
        known = await self._recall(node, "boot_device")
        return (BootDevice(known[0]), bool(known[1])) if known else (None, None)

    def supported_boot_devices(self, node: Node) -> tuple[BootDevice, ...]:
        return tuple(BootDevice)

    def supported_boot_modes(self, node: Node) -> tuple[BootMode, ...]:
        return tuple(BootMode)

    async def get_boot_mode(self, node: Node) -> BootMode:
        """As set; else as capabilities want it; else `bios`."""
        return BootMode(
            await self._recall(node, "boot_mode") or node.wanted_boot_mode or BootMode.BIOS
        )

    async def set_boot_mode(self, node: Node, mode: BootMode) -> None:
        await self._remember(node, "boot_mode", mode)

    async def get_secure_boot(self, node: Node) -> bool:
        return bool(await self._recall(node, "secure_boot"))

    async def set_secure_boot(self, node: Node, on: bool) -> None:
        if on and await self.get_boot_mode(node) is not BootMode.UEFI:
            raise Invalid(
                f"Secure boot needs boot mode uefi; node {node.uuid} starts in bios mode."
            )
        await self._remember(node, "secure_boot", on)

    async def get_sensors_data(self, node: Node) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        ask_bmc(node)
        return SENSORS

    async def inject_nmi(self, node: Node) -> None:
        """Counted: `nmis` in the machine's memory."""
        count = await self._recall(node, "nmis") or 0
        await self._remember(node, "nmis", count + 1)

    async def get_supported_indicators(self, node: Node) -> Indicators:
        ask_bmc(node)
        return INDICATORS

    async def get_indicator_state(
        self, node: Node, component: IndicatorComponent, ident: str
    ) -> IndicatorState:
        light = _light(node, component, ident)
        known = await self._recall(node, "indicators") or {}
        standing = IndicatorState.ON if light.readonly else IndicatorState.OFF
        return IndicatorState(known.get(f"{ident}@{component}", standing))

    async def set_indicator_state(
        self, node: Node, component: IndicatorComponent, ident: str, state: IndicatorState
    ) -> None:
        light = _light(node, component, ident)
        if light.readonly or state not in light.states:
            possible = "none" if light.readonly else ", ".join(light.states)
            raise Invalid(
                f"Indicator {ident}@{component} of node {node.uuid} cannot be set to {state}; "
                f"possible: {possible}."
            )
        known = await self._recall(node, "indicators") or {}
        await self._remember(node, "indicators", {**known, f"{ident}@{component}": state})

    async def detect_vendor(self, node: Node) -> str:
        ask_bmc(node)
        return "Bessemer fake hardware"

    async def get_mac_addresses(self, node: Node) -> tuple[str, ...]:
        ask_bmc(node)
        given = node.driver_info.get("fake_mac_addresses") or []
        if not isinstance(given, list):
            raise Invalid("driver_info.fake_mac_addresses must be a list.")
        return tuple(str(mac).lower() for mac in given)

    async def get_node_health(self, node: Node) -> Health:
        ask_bmc(node)
        given = node.driver_info.get("fake_health", Health.OK)
        if given not in set(Health):
            raise Invalid(f"driver_info.fake_health must be one of {', '.join(Health)}.")
        return Health(given)

    async def get_virtual_media(self, node: Node) -> Sequence[VirtualMedium]:
        known = await self._recall(node, "media") or {}
        return [VirtualMedium(each, known.get(each), each in known) for each in MediaDevice]

    async def attach_virtual_media(self, node: Node, device: MediaDevice, image_url: str) -> None:
        known = await self._recall(node, "media") or {}
        await self._remember(node, "media", {**known, device: image_url})

    async def detach_virtual_media(self, node: Node, devices: Sequence[MediaDevice]) -> None:
        known = await self._recall(node, "media") or {}
        emptied = set(devices or MediaDevice)
        await self._remember(node, "media", {k: v for k, v in known.items() if k not in emptied})


def _light(node: Node, component: IndicatorComponent, ident: str) -> Indicator:
    try:
        return INDICATORS[component][ident]
    except KeyError:
        raise NotFound(f"Node {node.uuid} has no indicator {ident[:80]}@{component}.") from None
