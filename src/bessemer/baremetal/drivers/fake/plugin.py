"""What all fake plug-ins share: they follow a script, and remember what they were told."""

from collections.abc import Mapping
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.fake.machine import Machines, Memory
from bessemer.baremetal.drivers.fake.play import PROPERTIES, Now, ask_bmc, script_of
from bessemer.baremetal.interfaces.plugin import Plugin


class FakePlugin(Plugin):
    """Mixed into a kind of interface, before it."""

    def __init__(self, machines: Machines, now: Now = clock.now) -> None:
        self._machines = machines
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    async def _recall(self, node: Node, key: str) -> Any:
        """What the machine remembers under this key. Raises what the script wants of its BMC."""
        ask_bmc(node)
        return (await self._machines.read(node.uuid)).get(key)

    async def _remember(self, node: Node, key: str, value: Any) -> None:
        """Let the machine remember. Raises what the script wants of its BMC."""
        ask_bmc(node)

        def keep(memory: Memory) -> Memory:
            return {**memory, key: value}

        await self._machines.change(node.uuid, keep)
