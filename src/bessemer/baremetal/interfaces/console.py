"""Console: a machine's screen or serial line, from afar."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.interfaces.plugin import Plugin


@dataclass(frozen=True, slots=True)
class ConsoleInfo:
    """Where an operator finds it. `type`: shellinabox, socat, vnc …"""

    type: str
    url: str


class ConsoleInterface(Plugin):
    """All three may be called again at any time. They may raise Transient or HardwareFailure."""

    kind: ClassVar = InterfaceKind.CONSOLE

    @abstractmethod
    async def start_console(self, node: Node) -> None:
        """Return once it can be reached; nothing happens when it runs already."""

    @abstractmethod
    async def stop_console(self, node: Node) -> None:
        """Return once nobody can reach it any more; nothing happens when it does not run."""

    @abstractmethod
    async def get_console(self, node: Node) -> ConsoleInfo:
        """Where it is. Raises Conflict while it does not run."""
