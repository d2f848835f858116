"""Power by the agent: a machine that runs the deploy ramdisk starts again when it is told to."""

from datetime import timedelta
from typing import Final

from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.settings import BareMetalSettings

_REBOOTS: Final = (PowerTarget.REBOOT, PowerTarget.SOFT_REBOOT)


class AgentPower(PowerInterface):
    """Named "agent". It cannot switch anything off, since nobody could switch it on again."""

    def __init__(self, agents: AgentClient, settings: BareMetalSettings) -> None:
        self._agents = agents
        self._settings = settings

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed: whether an agent runs shows when it is called."""

    def supported_power_states(self, node: Node) -> tuple[PowerTarget, ...]:
        return _REBOOTS

    def supports_power_sync(self, node: Node) -> bool:
        return False

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        """On, always: nobody else could tell."""
        return Power.ON

    async def switch(self, node: Node, target: PowerTarget) -> None:
        """Raises AgentUnreachable while the machine does not run the deploy ramdisk."""
        match target:
            case PowerTarget.REBOOT | PowerTarget.SOFT_REBOOT:
                await self._agents.start(node, "standby.reboot", {})
            case PowerTarget.ON:
                return
            case PowerTarget.OFF | PowerTarget.SOFT_OFF:
                raise self.unsupported(node, f"{target}: nobody could switch it on again")
