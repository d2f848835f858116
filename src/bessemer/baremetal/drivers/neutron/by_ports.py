"""What network interfaces that work by ports of the network service share: nearly everything."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import ClassVar, Final

import structlog

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.truth import truth
from bessemer.baremetal.drivers.neutron.links import Wiring, from_note, noted
from bessemer.baremetal.drivers.neutron.network_traits import read_network_traits
from bessemer.baremetal.drivers.neutron.ramdisk_ports import (
    BootNic,
    RamdiskPorts,
    boot_nics,
    leftovers,
)
from bessemer.baremetal.drivers.neutron.tenant_ports import TenantPorts, attached_nic, is_live
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import Attached, NetworkInterface, nics_of
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, Conflict, Invalid, NotFound
from bessemer.network.public import (
    LocalLink,
    NetworkError,
    NetworkService,
    NetworkView,
    PortView,
    SwitchFailure,
)

# Raised for what trying again does not cure; Transient and LeaseLost pass through.
_LASTING: Final = (SwitchFailure, Conflict, Invalid, NetworkError)

FAIL_ON_BINDING_FAILURE: Final = "fail_on_binding_failure"

log = structlog.get_logger()


class NetworkByPorts(NetworkInterface):
    """Each step is Done only when the network service has read back what was asked.

    Transient faults of the network service are raised: the engine runs the step again. Steps wait
    for the switch within themselves, for at most `baremetal.switch_timeout`.
    """

    wiring: ClassVar[Wiring]
    own_ports: ClassVar[Set[Purpose]]
    """Ramdisks with network ports of their own; the others run on the tenant's."""

    def __init__(self, network: NetworkService, settings: BareMetalSettings) -> None:
        self._network = network
        self._settings = settings
        self._ramdisk = RamdiskPorts(network)
        self._tenant = TenantPorts(
            network,
            self.wiring,
            read_network_traits(settings.network_traits_file),
            settings.default_portgroup_mode,
        )

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Cabling may still be learnt by inspection; the steps say what is missing."""
        self._must_be_in_force(node)

    def properties(self) -> Mapping[str, str]:
        return {
            FAIL_ON_BINDING_FAILURE: "Whether a network port that no switch has confirmed is a "
            "failure. Default: baremetal.fail_on_port_binding_failure.",
            **{
                f"{purpose}_network": f"Name or id of the network for {purpose}. "
                f"Default: baremetal.networks.{purpose}."
                for purpose in Purpose
                if purpose in self.own_ports
            },
        }

    @step("deploy", "clean")
    async def add_network(self, task: Task, purpose: str) -> Outcome:
        """A network port per boot NIC that can be plugged, or the tenant's bound to their NICs."""
        wanted = Purpose(purpose)
        if wanted not in self.own_ports:
            return await self.configure_tenant_networks(task)
        return await self._add_own_ports(task, wanted)

    async def _add_own_ports(self, task: Task, wanted: Purpose) -> Outcome:
        nics = boot_nics(task.ports, self.wiring, every=self._settings.add_all_ports)
        if not nics:
            return Failed(_nothing_to_plug(task, wanted, self.wiring))
        network = await self._find_network(task, wanted)
        if network is None:
            return Failed(self._no_network(task, wanted))
        found = await self._ramdisk.found(task, network)
        stale = leftovers(found, task.node, nics, network)
        if stale:
            await self._ramdisk.remove(task, stale)
        try:
            views = [await self._ramdisk.plug(task, nic, network, wanted) for nic in nics]
            missing = await self._until_active(task.node, views)
        except _LASTING as failure:
            await self._roll_back(task, network)
            return Failed(f"The {wanted} network {network.name} was not plugged: {failure.message}")
        return Done(_plugged(nics, network, len(task.ports)) + missing)

    @step("deploy", "clean")
    async def remove_network(self, task: Task, purpose: str) -> Outcome:
        """Delete this node's network ports there, and see that the switch let go of them.

        From the tenant's, where the ramdisk ran on those, what DHCP said to the ramdisk is taken.
        """
        wanted = Purpose(purpose)
        if wanted not in self.own_ports:
            return await self._release_tenants(task)
        return await self._remove_own_ports(task, wanted)

    async def _release_tenants(self, task: Task) -> Outcome:
        for nic in (await nics_of(task)).attached:
            await self._tenant.forget_boot(task.context, nic)
        return await self.unconfigure_tenant_networks(task)

    async def _remove_own_ports(self, task: Task, wanted: Purpose) -> Outcome:
        found = await self._ramdisk.found(task, await self._find_network(task, wanted))
        mine = {*from_note(task.work.memo.get("unplugging"))}
        links = tuple(mine | {link for view in found for link in view.links})
        # Noted first: a run after a crash no longer finds the ports, but must still see them gone.
        await task.note(unplugging=noted(links))
        await self._ramdisk.remove(task, found)
        failure = await self._until_unplugged(links)
        if failure is not None:
            return Failed(f"The {wanted} network was not unplugged: {failure}")
        return Done(f"off the {wanted} network: {_names(links) or 'was not on it'}")

    @step("deploy")
    async def configure_tenant_networks(self, task: Task) -> Outcome:
        """Bind each attached network port to the switch port of its NIC."""
        nics = await nics_of(task)
        if not nics.attached:
            return Failed(
                f"Node {task.node.uuid} has no tenant's network port attached to any of its "
                f"{len(task.ports)} NICs. Attach one: openstack baremetal node vif attach "
                f"{task.node.uuid} <network port>"
            )
        try:
            views = [await self._tenant.bind(task.context, nic, nics) for nic in nics.attached]
            missing = await self._until_active(task.node, views)
        except SwitchFailure as failure:
            return Failed(f"A tenant network was not plugged: {failure.message}")
        plugged = [f"{nic.address or nic.uuid}: {nic.tenant_vif}" for nic in nics.attached]
        return Done("; ".join(plugged) + missing)

    @step("deploy")
    async def unconfigure_tenant_networks(self, task: Task) -> Outcome:
        """Unbind them and see that the switch let go; attachments and MACs stay."""
        mine = {*from_note(task.work.memo.get("unbinding"))}
        attached = (await nics_of(task)).attached
        for nic in attached:
            mine |= {*await self._tenant.plugged_links(task.context, nic)}
        await task.note(unbinding=noted(mine))
        for nic in attached:
            await self._tenant.unbind(task.context, nic)
        failure = await self._until_unplugged(tuple(mine))
        if failure is not None:
            return Failed(f"A tenant network was not unplugged: {failure}")
        return Done(f"unplugged: {_names(tuple(mine)) or 'nothing was plugged'}")

    @step("service", requires_ramdisk=False)
    async def reattach_networking(self, task: Task) -> Outcome:
        """Unplug the tenant's network ports and plug them in again, whatever the switch has by now."""
        outcome = await self.unconfigure_tenant_networks(task)
        return await self.configure_tenant_networks(task) if isinstance(outcome, Done) else outcome

    async def vif_attach(
        self, context: RequestContext, node: Node, nics: Nics, wish: VifWish
    ) -> Attached:
        attached = await self._tenant.attach(context, node, nics, wish)
        if attached.members and isinstance(attached.nic, Portgroup):
            nics = nics.bonded(attached.nic, attached.members)
        if is_live(node):
            await self._plug_now(context, node, attached.nic, nics)
        return attached

    async def vif_detach(self, context: RequestContext, node: Node, nics: Nics, vif_id: str) -> Nic:
        nic = attached_nic(nics, vif_id)
        links = await self._tenant.plugged_links(context, nic)
        await self._tenant.unbind(context, nic)
        if links:
            await self._network.wait_until_unplugged(links, self._settings.switch_timeout)
        return await self._tenant.forget(context, nic)

    async def _plug_now(self, context: RequestContext, node: Node, nic: Nic, nics: Nics) -> None:
        try:
            view = await self._tenant.bind(context, nic, nics)
            await self._until_active(node, [view])
        except _LASTING:
            await self._tenant.unbind(context, nic)
            await self._tenant.forget(context, nic)
            raise

    async def _until_active(self, node: Node, views: Sequence[PortView]) -> str:
        """What is to be said of those that no switch has confirmed, if the node does without them."""
        timeout = self._settings.switch_timeout
        waits = (self._network.wait_until_active(view.id, timeout) for view in views)
        results = await asyncio.gather(*waits, return_exceptions=True)
        told = ""
        for result in results:
            if not isinstance(result, BaseException):
                continue
            if not isinstance(result, SwitchFailure) or self._must_be_in_force(node):
                raise result
            log.warning("network.not_plugged", node=node.uuid, why=result.message)
            told += f"; not in force: {result.message}"
        return told

    def _must_be_in_force(self, node: Node) -> bool:
        """Raises Invalid."""
        own = node.driver_info.get(FAIL_ON_BINDING_FAILURE)
        if own is None:
            return self._settings.fail_on_port_binding_failure
        said = truth(own)
        if said is None:
            raise Invalid(
                f"driver_info.{FAIL_ON_BINDING_FAILURE} must be true or false, not {own!r}."
            )
        return said

    async def _until_unplugged(self, links: tuple[LocalLink, ...]) -> str | None:
        """None, or why not."""
        if not links:
            return None
        try:
            await self._network.wait_until_unplugged(links, self._settings.switch_timeout)
        except SwitchFailure as failure:
            return failure.message
        return None

    async def _roll_back(self, task: Task, network: NetworkView) -> None:
        # The first failure is what the operator must read; the step that cleans up tries again.
        try:
            await self._ramdisk.remove(task, await self._ramdisk.found(task, network))
        except BessemerError as error:
            log.warning("network.not_rolled_back", node=task.node.uuid, why=error.message)

    async def _find_network(self, task: Task, purpose: Purpose) -> NetworkView | None:
        try:
            return await self._network.get_network(task.context, self._network_name(task, purpose))
        except NotFound:
            return None

    def _network_name(self, task: Task, purpose: Purpose) -> str:
        override = task.node.driver_info.get(f"{purpose}_network")
        return str(override or getattr(self._settings.networks, purpose.value))

    def _no_network(self, task: Task, purpose: Purpose) -> str:
        return (
            f"The {purpose} network {self._network_name(task, purpose)!r} does not exist. Create "
            f"it (openstack network create …), or name another in the setting "
            f"baremetal.networks.{purpose} or the node's driver_info.{purpose}_network."
        )


def _nothing_to_plug(task: Task, purpose: Purpose, wiring: Wiring) -> str:
    nics = ", ".join(port.address for port in task.ports) or "none registered"
    cabled = " and a local_link_connection with switch_id and port_id"
    how = (
        "--local-link-connection switch_id=<switch's MAC> --local-link-connection "
        "port_id=<switch port>"
    )
    return (
        f"No NIC of node {task.node.uuid} can be put on the {purpose} network: none has pxe_enabled"
        f"{cabled if wiring.configures_switches else ''} (NICs: {nics}). Set it: openstack "
        f"baremetal port set <port> {how if wiring.configures_switches else '--pxe-enabled'}"
    )


def _plugged(nics: Sequence[BootNic], network: NetworkView, total: int) -> str:
    plugged = ", ".join(f"{nic.port.address}{_at(nic.links)}" for nic in nics)
    skipped = f"; {total - len(nics)} other NICs left alone" if total > len(nics) else ""
    return f"on network {network.name}: {plugged}{skipped}"


def _at(links: Sequence[LocalLink]) -> str:
    return "".join(f" ({link.port_id})" for link in links)


def _names(links: Sequence[LocalLink]) -> str:
    return ", ".join(
        sorted(f"{link.switch_info or link.switch_id} {link.port_id}" for link in links)
    )
