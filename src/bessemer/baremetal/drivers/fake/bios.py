"""BIOS settings of fake machines: a few of every type, with their rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.fake.play import played
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.bios import SETTINGS, BiosInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

_SWITCH: Final = ("Enabled", "Disabled")

# fmt: off
AS_DELIVERED: Final = (
    BiosSetting("AssetTag", "", "String", min_length=0, max_length=32, read_only=False,
                reset_required=False, unique=True),
    BiosSetting("FanSpeedPercent", "40", "Integer", lower_bound=20, upper_bound=100,
                read_only=False, reset_required=False, unique=False),
    BiosSetting("HyperThreading", "Enabled", "Enumeration", allowable_values=_SWITCH,
                read_only=False, reset_required=True, unique=False),
    BiosSetting("SerialNumber", "FAKE-0001", "String", read_only=True, reset_required=False,
                unique=True),
    BiosSetting("SriovGlobalEnable", "Disabled", "Enumeration", allowable_values=_SWITCH,
                read_only=False, reset_required=True, unique=False),
)
# fmt: on
_DELIVERED: Final = {each.name: each for each in AS_DELIVERED}


class FakeBios(FakePlugin, BiosInterface):
    """Named "fake"."""

    @step("deploy", "clean", "service", arguments=(SETTINGS,))
    async def apply_configuration(
        self, task: Task, settings: Sequence[Mapping[str, Any]]
    ) -> Outcome:
        """All of them or, if one does not fit, none."""
        wanted = checked(settings)
        before = await played(task, "bios.apply_configuration", self._now)
        if before is not None:
            return before
        known = await self._recall(task.node, "bios") or {}
        await self._remember(task.node, "bios", {**known, **wanted})
        await self.cache_bios_settings(task)
        return Done(", ".join(f"{name}={value}" for name, value in sorted(wanted.items())))

    @step("deploy", "clean", "service")
    async def factory_reset(self, task: Task) -> Outcome:
        """Back to `AS_DELIVERED`."""
        before = await played(task, "bios.factory_reset", self._now)
        if before is not None:
            return before
        await self._remember(task.node, "bios", {})
        await self.cache_bios_settings(task)
        return Done("every BIOS setting is as delivered")

    async def cache_bios_settings(self, task: Task) -> None:
        await task.save_bios_settings(await self._settings(task.node))

    async def _settings(self, node: Node) -> list[BiosSetting]:
        known = await self._recall(node, "bios") or {}
        return [replace(each, value=known.get(each.name, each.value)) for each in AS_DELIVERED]


def checked(settings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name and value of each. Raises Invalid, naming the setting and its rule."""
    if not isinstance(settings, list) or not all(isinstance(each, dict) for each in settings):
        raise Invalid("settings must be a list of objects with name and value.")
    wanted = {}
    for each in settings:
        name, value = each.get("name"), each.get("value")
        setting = _DELIVERED.get(name) if isinstance(name, str) else None
        if setting is None:
            raise Invalid(f"There is no BIOS setting {str(name)[:80]!r} on a fake machine.")
        if (rule := _broken_rule(setting, value)) is not None:
            raise Invalid(f"BIOS setting {setting.name} {rule}.")
        wanted[setting.name] = str(value)
    return wanted


def _broken_rule(setting: BiosSetting, value: Any) -> str | None:
    if setting.read_only:
        return "is read-only"
    if value is None or isinstance(value, dict | list):
        return "needs a value"
    if setting.allowable_values is not None and value not in setting.allowable_values:
        return f"must be one of {', '.join(setting.allowable_values)}"
    low, high = setting.lower_bound, setting.upper_bound
    if low is not None and high is not None and not _between(value, low, high):
        return f"must be a whole number from {low} to {high}"
    if setting.max_length is not None and len(str(value)) > setting.max_length:
        return f"must have at most {setting.max_length} characters"
    return None


def _between(value: Any, low: int, high: int) -> bool:
    try:
        return low <= int(str(value)) <= high
    except ValueError:
        return False
