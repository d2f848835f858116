"""Network: which VLAN each NIC is in, at every point of a node's life."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish
from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node, Power
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.work import Done, Outcome, StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.interfaces.task import Task
from bessemer.context import RequestContext


@dataclass(frozen=True, slots=True)
class Attached:
    """The changed NIC or bond, not saved yet, and the MAC that its network port has now."""

    nic: Nic
    mac_address: str
    members: tuple[Port, ...] = ()
    """The NICs of a bond that was made for the network port, not saved yet either."""


class NetworkInterface(Plugin):
    """Plugs and unplugs. A step is Done only when the switch reads back what was asked."""

    kind: ClassVar = InterfaceKind.NETWORK

    makes_ports: ClassVar[bool] = True
    """Whether it makes network ports for ramdisks; else somebody else's DHCP serves them."""

    boots_over_tenants: ClassVar[bool] = False
    """Whether ramdisks without network ports of their own boot over the tenant's."""

    def needs_power(self, ports: tuple[Port, ...]) -> bool:
        """Whether these NICs can be put on a network only while their machine is on."""
        return False

    async def run_step(self, name: str, task: Task, args: Mapping[str, Any]) -> Outcome:
        return await under_power(task, self) or await super().run_step(name, task, args)

    def validate_power(self, node: Node, power: PowerInterface) -> None:
        """Raises Invalid when it does not move machines that are switched as this one is."""

    @step("deploy", "clean")
    @abstractmethod
    async def add_network(self, task: Task, purpose: str) -> Outcome:
        """Put the boot NICs on the network for `purpose` (a `boot.Purpose`)."""

    @step("deploy", "clean")
    @abstractmethod
    async def remove_network(self, task: Task, purpose: str) -> Outcome:
        """Take the node off that network."""

    @step("deploy")
    @abstractmethod
    async def configure_tenant_networks(self, task: Task) -> Outcome:
        """Plug every NIC that has a tenant's network port into the tenant's network."""

    @step("deploy")
    @abstractmethod
    async def unconfigure_tenant_networks(self, task: Task) -> Outcome:
        """Unplug them; the attachments stay."""

    @step()
    async def detach_vifs(self, task: Task) -> Outcome:
        """Let go of every tenant's network port: the NICs are free for the next instance."""
        attached = self.vif_list(await nics_of(task))
        for vif_id in attached:
            nics = await nics_of(task)
            await keep(task, await self.vif_detach(task.context, task.node, nics, vif_id))
        return Done(f"{len(attached)} network ports detached")

    @abstractmethod
    async def vif_attach(
        self, context: RequestContext, node: Node, nics: Nics, wish: VifWish
    ) -> Attached:
        """Choose a NIC or bond for a tenant's network port and give that its MAC, if it has one.

        Raises Conflict (already attached), Invalid (no free NIC), NetworkError.
        """

    @abstractmethod
    async def vif_detach(self, context: RequestContext, node: Node, nics: Nics, vif_id: str) -> Nic:
        """Undo `vif_attach`; the changed NIC. Raises Invalid when it is not attached."""

    def vif_list(self, nics: Nics) -> list[str]:
        """Ids of the tenant's network ports attached to the node."""
        return [nic.tenant_vif for nic in nics.attached if nic.tenant_vif]


async def under_power(task: Task, network: "NetworkInterface") -> Done | None:
    """For steps that put NICs on networks: None when they can, now.

    Else Done with the step in hand as `then`, between switching the machine on, into its firmware, and
    off again: a Smart NIC's own system, which carries its switch, has no power while the machine is off.
    """
    work, plugins = task.work, task.interfaces
    call = work.step
    was_tried = work.index > 0 and str(work.steps[work.index - 1]) == "power.power_on"
    if call is None or was_tried or not network.needs_power(task.ports):
        return None
    if await plugins.power.get_power_state(task.node) is not Power.OFF:
        return None
    await plugins.management.order_boot_device(task, BootDevice.BIOS, persistent=False)
    on, off = StepCall("power", "power_on"), StepCall("power", "power_off")
    return Done("Smart NICs need power first", then=(on, call, off))


async def nics_of(task: Task) -> Nics:
    """The task's NICs and bonds, as last saved."""
    return Nics(task.ports, await task.portgroups())


async def booting(task: Task, purpose: str) -> dict[str, str]:
    """By id, the network ports that a ramdisk for `purpose` boots over, and the MACs that do.

    Those made for it, or else the tenant's where ramdisks may use them.
    """
    key = f"{Purpose(purpose)}_vif_port_id"
    own = {
        str(port.internal_info[key]): port.address
        for port in task.ports
        if port.pxe_enabled and key in port.internal_info
    }
    if own or not task.interfaces.network.boots_over_tenants:
        return own
    attached = (await nics_of(task)).attached
    return {str(nic.tenant_vif): nic.address for nic in attached if nic.address}


async def keep(task: Task, nic: Nic) -> None:
    """Save the changes of a NIC or bond."""
    match nic:
        case Port():
            await task.save_port(nic)
        case Portgroup():
            await task.save_portgroup(nic)
