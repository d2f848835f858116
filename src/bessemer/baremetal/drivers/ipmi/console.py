"""Serial consoles of IPMI machines: a TCP port of ours in front of Serial over LAN."""

import socket
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.ipmi.access import BmcAccess, access_of
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES
from bessemer.baremetal.drivers.ipmi.shared_console import SharedConsole
from bessemer.baremetal.drivers.ipmi.sol_line import SolLine
from bessemer.baremetal.interfaces.console import ConsoleInfo, ConsoleInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid

TYPE: Final = "socat"
"""What Ironic calls a plain TCP connection to a serial line."""
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class _Running:
    access: BmcAccess
    port: int
    console: SharedConsole


class IpmitoolConsole(ConsoleInterface):
    """Named "ipmitool-socat". Consoles live as long as this process; their wish is in the node."""

    def __init__(self, ipmitool: Ipmitool, settings: BareMetalSettings) -> None:
        self._ipmitool = ipmitool
        self._settings = settings
        self._running: dict[str, _Running] = {}

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        if access_of(node).protocol != "2.0":
            raise Invalid(
                "driver_info.ipmi_protocol_version must be 2.0 for a console: IPMI 1.5 has none."
            )

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    async def start_console(self, node: Node) -> None:
        """Listens; the BMC is spoken to when somebody connects. Raises Conflict without a port."""
        access = access_of(node)
        present = self._running.get(node.uuid)
        if present is not None and present.access == access:
            return
        await self.stop_console(node)
        self._running[node.uuid] = await self._listening(node, access)

    async def stop_console(self, node: Node) -> None:
        """Everybody connected is cut off."""
        present = self._running.pop(node.uuid, None)
        if present is not None:
            await present.console.close()

    async def get_console(self, node: Node) -> ConsoleInfo:
        present = self._running.get(node.uuid)
        if present is None:
            raise Conflict(f"The console of node {node.uuid} does not run; enable it first.")
        address = self._settings.console_address
        host = socket.gethostname() if address in _EVERYWHERE else address
        shown = f"[{host}]" if ":" in host else host
        return ConsoleInfo(TYPE, f"tcp://{shown}:{present.port}")

    async def _listening(self, node: Node, access: BmcAccess) -> _Running:
        async def line() -> SolLine:
            return await SolLine.open(self._ipmitool, access)

        console, problem = SharedConsole(line), ""
        for port in self._ports(node, access):
            try:
                await console.listen(self._settings.console_address, port)
            except OSError as error:
                problem = error.strerror or str(error)
                continue
            return _Running(access, port, console)
        where = (
            f"port {access.terminal_port} (driver_info.ipmi_terminal_port)"
            if access.terminal_port
            else f"any port of baremetal.console_port_range {self._settings.console_port_range}"
        )
        raise Conflict(
            f"The console of node {node.uuid} cannot listen on {where} of "
            f"{self._settings.console_address}: {problem or 'all are taken'}. Free it, or name "
            "another."
        )

    def _ports(self, node: Node, access: BmcAccess) -> Iterator[int]:
        """The node's own, else those of the range from a place that is the node's at each start."""
        if access.terminal_port is not None:
            yield access.terminal_port
            return
        every, taken = self._settings.console_ports, {each.port for each in self._running.values()}
        first = zlib.crc32(node.uuid.encode()) % len(every)
        for step in range(len(every)):
            port = every[(first + step) % len(every)]
            if port not in taken:
                yield port
