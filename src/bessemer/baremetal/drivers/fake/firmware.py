"""Firmware of fake machines: versions that change when they are told to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.fake.play import played
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.firmware import SETTINGS, FirmwareInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

_MAKER: Final = "Bessemer"
AS_DELIVERED: Final = (
    FirmwareComponent("bios", "1.0.0", "1.0.0", vendor=_MAKER, model="Fake BIOS"),
    FirmwareComponent("bmc", "1.0.0", "1.0.0", vendor=_MAKER, model="Fake BMC"),
    FirmwareComponent(
        "nic:NIC1", "1.0.0", "1.0.0", vendor=_MAKER, model="Fake NIC", serial_number="FAKE-NIC-1"
    ),
)
_NAMES: Final = tuple(each.component for each in AS_DELIVERED)
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")


class FakeFirmware(FakePlugin, FirmwareInterface):
    """Named "fake". The version is the number in the image's name: `…/bmc-2.1.0.bin` is 2.1.0."""

    @step("deploy", "clean", "service", abortable=False, arguments=(SETTINGS,))
    async def update(self, task: Task, settings: Sequence[Mapping[str, Any]]) -> Outcome:
        """Nothing is fetched: only the version changes."""
        wanted = checked(settings)
        before = await played(task, "firmware.update", self._now)
        if before is not None:
            return before
        known = await self._recall(task.node, "firmware") or {}
        await self._remember(task.node, "firmware", {**known, **wanted})
        await self.cache_firmware_components(task)
        return Done(", ".join(f"{name} {version}" for name, version in sorted(wanted.items())))

    async def cache_firmware_components(self, task: Task) -> None:
        known = await self._recall(task.node, "firmware") or {}
        await task.save_firmware_components(
            [
                replace(
                    each,
                    current_version=known.get(each.component, each.current_version),
                    last_version_flashed=known.get(each.component),
                )
                for each in AS_DELIVERED
            ]
        )


def checked(settings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The version that each component is to get. Raises Invalid, naming the field."""
    if not isinstance(settings, list) or not settings:
        raise Invalid("settings must be a list of objects with component and url.")
    return dict(_checked(each) for each in settings)


def _checked(setting: Any) -> tuple[str, str]:
    if not isinstance(setting, dict) or set(setting) - {"component", "url", "wait"}:
        raise Invalid("Each of settings is an object with component, url and, if need be, wait.")
    component, url = setting.get("component"), setting.get("url")
    if component not in _NAMES:
        raise Invalid(
            f"A fake machine has no firmware component {str(component)[:80]!r}; "
            f"possible: {', '.join(_NAMES)}."
        )
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in {"http", "https", "file"} or not parts.path.strip("/"):
        raise Invalid(f"url of firmware component {component} must be an http, https or file URL.")
    name = parts.path.rpartition("/")[2]
    found = _VERSION.search(name)
    return str(component), found.group() if found else name
