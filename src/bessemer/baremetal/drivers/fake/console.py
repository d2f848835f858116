"""Console of fake machines: an address at which nobody answers."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.console import ConsoleInfo, ConsoleInterface
from bessemer.errors import Conflict


class FakeConsole(FakePlugin, ConsoleInterface):
    """Named "fake"."""

    async def start_console(self, node: Node) -> None:
        await self._remember(node, "console", True)

    async def stop_console(self, node: Node) -> None:
        await self._remember(node, "console", False)

    async def get_console(self, node: Node) -> ConsoleInfo:
        if not await self._recall(node, "console"):
            raise Conflict(f"The console of node {node.uuid} is not enabled; enable it first.")
        return ConsoleInfo("fake", f"fake://console/{node.uuid}")
