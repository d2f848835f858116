"""BIOS: the settings of a machine's firmware, read, changed and put back."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Argument, Plugin, step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import BessemerError

SETTINGS = Argument("settings", "A list of objects with name and value.", required=True)


class BiosInterface(Plugin):
    """Changes take effect with the machine's next start."""

    kind: ClassVar = InterfaceKind.BIOS

    @step("deploy", "clean", "service", arguments=(SETTINGS,))
    @abstractmethod
    async def apply_configuration(
        self, task: Task, settings: Sequence[Mapping[str, Any]]
    ) -> Outcome:
        """Set `[{name, value}]`; Failed for a setting that is unknown or takes no such value."""

    @step("deploy", "clean", "service")
    @abstractmethod
    async def factory_reset(self, task: Task) -> Outcome:
        """Put every setting back to what the vendor delivered."""

    @step("verify", priority=20)
    async def read_settings(self, task: Task) -> Outcome:
        """Keep them for everybody to look at; a BIOS that does not tell them stops nobody."""
        try:
            await self.cache_bios_settings(task)
        except BessemerError as error:
            return Done(f"the BIOS settings are not known: {error.message}")
        return Done("the BIOS settings are known")

    @abstractmethod
    async def cache_bios_settings(self, task: Task) -> None:
        """Read every setting and keep it (`Task.save_bios_settings`)."""
