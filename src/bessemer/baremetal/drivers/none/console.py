"""Console interface `no-console`."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.interfaces.console import ConsoleInfo, ConsoleInterface


class NoConsole(ConsoleInterface):
    """Named "no-console". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "consoles")

    async def start_console(self, node: Node) -> None:
        raise self.unsupported(node, "consoles")

    async def stop_console(self, node: Node) -> None:
        raise self.unsupported(node, "consoles")

    async def get_console(self, node: Node) -> ConsoleInfo:
        raise self.unsupported(node, "consoles")
