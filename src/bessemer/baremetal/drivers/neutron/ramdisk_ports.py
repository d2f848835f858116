"""Network ports of the ramdisk's networks: one per boot NIC, made, found again, and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.domain.nics import Nics
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.neutron.links import Wiring, host_of, vnic_type_of
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import nics_of
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import NotFound
from bessemer.network.public import (
    CLIENT_ID,
    DhcpOption,
    LocalLink,
    NetworkService,
    NetworkView,
    PortSpec,
    PortView,
)

DEVICE_OWNER: Final = "baremetal:none"
VIF_KEYS: Final = {purpose: f"{purpose}_vif_port_id" for purpose in Purpose}
"""Per purpose: the key of `internal_info` that holds the network port's id."""


@dataclass(frozen=True, slots=True)
class BootNic:
    """A NIC that can be plugged, and the switch port to configure for that, if any."""

    port: Port
    links: tuple[LocalLink, ...]


def boot_nics(ports: Sequence[Port], wiring: Wiring, *, every: bool) -> tuple[BootNic, ...]:
    """NICs to put on a ramdisk's network, or `every` one; what cannot be plugged is left out."""
    nics = Nics(tuple(ports))
    return tuple(
        BootNic(port, wiring.links_of(port, nics))
        for port in ports
        if (every or port.pxe_enabled) and wiring.knows(port)
    )


@dataclass(frozen=True, slots=True)
class RamdiskPorts:
    """The network ports that this driver made for one node."""

    network: NetworkService

    async def plug(
        self, task: Task, nic: BootNic, network: NetworkView, purpose: Purpose
    ) -> PortView:
        """The NIC's port on this network: the one made before a crash, or a new one."""
        made = await self._made_before(task, nic, network)
        if made is None:
            spec = _spec(task.node, nic, network)
            made = await self.network.create_port(task.context, spec)
        await task.save_port(_current(task, nic.port).with_internal(**{VIF_KEYS[purpose]: made.id}))
        return made

    async def found(self, task: Task, network: NetworkView | None) -> tuple[PortView, ...]:
        """Every port of this node that is noted on its NICs, or lies on `network` with their MAC."""
        noted = {
            port.internal_info[key]
            for port in task.ports
            for key in VIF_KEYS.values()
            if key in port.internal_info
        }
        views = {view.id: view for vif in noted if (view := await self._find(task, vif))}
        macs = {port.address for port in task.ports}
        tenants = {nic.tenant_vif for nic in (await nics_of(task)).attached}
        if network is not None:
            for view in await self.network.list_ports(task.context, network_id=network.id):
                if view.mac_address in macs and view.id not in tenants:
                    views[view.id] = view
        return tuple(views.values())

    async def remove(self, task: Task, views: Sequence[PortView]) -> None:
        """Delete them, and every note of a ramdisk's network port on the NICs."""
        for view in views:
            await self.network.delete_port(task.context, view.id)
        for port in task.ports:
            if any(key in port.internal_info for key in VIF_KEYS.values()):
                await task.save_port(port.with_internal(**dict.fromkeys(VIF_KEYS.values())))

    async def _made_before(self, task: Task, nic: BootNic, network: NetworkView) -> PortView | None:
        for view in await self.network.list_ports(task.context, network_id=network.id):
            if _is_for(view, task.node, nic):
                return view
        return None

    async def _find(self, task: Task, vif_id: str) -> PortView | None:
        try:
            return await self.network.get_port(task.context, vif_id)
        except NotFound:
            return None


def leftovers(
    found: Sequence[PortView], node: Node, nics: Sequence[BootNic], network: NetworkView
) -> tuple[PortView, ...]:
    """What an earlier or interrupted run left behind and this one cannot use."""
    return tuple(
        view
        for view in found
        if view.network_id != network.id or not any(_is_for(view, node, nic) for nic in nics)
    )


def _is_for(view: PortView, node: Node, nic: BootNic) -> bool:
    return (
        view.mac_address == nic.port.address
        and view.device_id == _device_id(node)
        and view.links == nic.links
    )


def _spec(node: Node, nic: BootNic, network: NetworkView) -> PortSpec:
    client_id = nic.port.client_id
    return PortSpec(
        network_id=network.id,
        mac_address=nic.port.address,
        device_id=_device_id(node),
        device_owner=DEVICE_OWNER,
        links=nic.links,
        host_id=host_of(nic.port),
        vnic_type=vnic_type_of(nic.port),
        dhcp_options=() if client_id is None else (DhcpOption(CLIENT_ID, client_id),),
    )


def _device_id(node: Node) -> str:
    return node.instance_uuid or node.uuid


def _current(task: Task, port: Port) -> Port:
    return next(each for each in task.ports if each.uuid == port.uuid)
