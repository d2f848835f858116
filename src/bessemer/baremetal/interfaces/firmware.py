"""Firmware: which versions a machine's components run, and how they get others."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Argument, Plugin, step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import BessemerError

SETTINGS = Argument(
    "settings", "A list of objects with component and url, and wait in seconds.", required=True
)


class FirmwareInterface(Plugin):
    """Versions are those that the BMC reports."""

    kind: ClassVar = InterfaceKind.FIRMWARE

    @step("deploy", "clean", "service", abortable=False, arguments=(SETTINGS,))
    @abstractmethod
    async def update(self, task: Task, settings: Sequence[Mapping[str, Any]]) -> Outcome:
        """Flash `[{component, url, wait?}]` one after the other; Done once the BMC reports them."""

    @step("verify", priority=30)
    async def read_components(self, task: Task) -> Outcome:
        """Keep them for everybody to look at; a BMC that does not tell them stops nobody."""
        try:
            await self.cache_firmware_components(task)
        except BessemerError as error:
            return Done(f"the firmware's versions are not known: {error.message}")
        return Done("the firmware's versions are known")

    @abstractmethod
    async def cache_firmware_components(self, task: Task) -> None:
        """Read every component and keep it (`Task.save_firmware_components`)."""
