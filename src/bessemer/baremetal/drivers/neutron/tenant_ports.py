"""The tenants' network ports: attached to NICs and bonds, bound to switch ports, and let go again."""

import uuid
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from bessemer.baremetal.domain.network_traits.choice import ToBond, Wanted, choose, traits_for
from bessemer.baremetal.domain.network_traits.trait import NetworkTrait
from bessemer.baremetal.domain.nics import Nic, Nics, VifWish, best, free
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.neutron.links import Wiring
from bessemer.baremetal.interfaces.network import Attached
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.network.public import LocalLink, NetworkError, NetworkService, PortView


def is_live(node: Node) -> bool:
    """Whether an attached network port is to be plugged at once."""
    return node.provision_state is State.ACTIVE


@dataclass(frozen=True, slots=True)
class TenantPorts:
    """What is done to tenants' network ports on behalf of a node."""

    network: NetworkService
    wiring: Wiring
    traits: tuple[NetworkTrait, ...] = ()
    bond_mode: str = "active-backup"
    """Of bonds that are made for a network port."""

    async def attach(
        self, context: RequestContext, node: Node, nics: Nics, wish: VifWish
    ) -> Attached:
        """Choose a NIC or bond and give the network port its MAC; nothing is saved yet.

        The instance's network traits choose first, unless the wish names a NIC; they may want a new
        bond. A bond without a MAC of its own gets that of its primary NIC.
        Raises Conflict (already attached), Invalid (no such network port, no free NIC), NetworkError.
        """
        holder = nics.holder_of(wish.vif_id)
        if holder is not None:
            raise Conflict(
                f"Network port {wish.vif_id} is attached to NIC {_name(holder)} already."
            )
        try:
            view = await self.network.get_port(context, wish.vif_id)
        except NotFound:
            raise Invalid(f"There is no network port {wish.vif_id} to attach.") from None
        found = await self._choice(context, node, nics, wish, view)
        members: tuple[Port, ...] = ()
        if isinstance(found, ToBond):
            group = self._new_bond(node, found)
            nics = nics.bonded(group, found.ports)
            found, members = group, nics.ports_of(group)
        chosen = nics.addressed(found)
        if chosen.address is not None:
            await self._take_mac(context, view, chosen.address)
        changed = chosen.with_internal(tenant_vif_port_id=wish.vif_id)
        return Attached(changed, chosen.address or view.mac_address, members)

    async def bind(self, context: RequestContext, nic: Nic, nics: Nics) -> PortView:
        """Desire it plugged in. Raises NetworkError, SwitchFailure, Conflict."""
        if nic.tenant_vif is None or not any(map(self.wiring.knows, nics.ports_of(nic))):
            ports = " ".join(port.uuid for port in nics.ports_of(nic)) or "<port>"
            raise NetworkError(
                f"NIC {_name(nic)} has a network port attached, but it is not known where it is "
                f"cabled. Set local_link_connection: openstack baremetal port set {ports} …"
            )
        binding = self.wiring.tenant_binding(nic, nics)
        try:
            return await self.network.bind_port(context, nic.tenant_vif, binding)
        except NotFound:
            raise NetworkError(
                f"Network port {nic.tenant_vif}, attached to NIC {_name(nic)}, was deleted. Detach "
                f"it: openstack baremetal node vif detach {nic.node_uuid} {nic.tenant_vif}"
            ) from None

    async def plugged_links(self, context: RequestContext, nic: Nic) -> tuple[LocalLink, ...]:
        """Where the attached network port is plugged now."""
        view = await self._find(context, nic)
        return view.links if view is not None else ()

    async def unbind(self, context: RequestContext, nic: Nic) -> None:
        """Desire it unplugged; nothing happens when its tenant has deleted it."""
        if await self._find(context, nic) is not None:
            await self.network.unbind_port(context, str(nic.tenant_vif))

    async def forget_boot(self, context: RequestContext, nic: Nic) -> None:
        """Let DHCP say no more to it than to any other network port."""
        if await self._find(context, nic) is not None:
            await self.network.set_dhcp_options(context, str(nic.tenant_vif), ())

    async def forget(self, context: RequestContext, nic: Nic) -> Nic:
        """After `unbind`: give the network port a MAC of its own again, so that the NIC's is free."""
        view = await self._find(context, nic)
        if view is not None and view.mac_address == nic.address:
            await self.network.set_mac_address(context, view.id, None)
        return nic.with_internal(tenant_vif_port_id=None)

    async def _choice(
        self, context: RequestContext, node: Node, nics: Nics, wish: VifWish, view: PortView
    ) -> Nic | ToBond:
        reach = await self._physical_networks(context, nics, view)
        traits = () if wish.names_nic else traits_for(node, self.traits)
        if not traits:
            return _choose(nics, wish, reach, self.wiring)
        network = await self.network.get_network(context, view.network_id)
        return _by_traits(traits, nics, wish, Wanted(network.name, reach), self.wiring)

    def _new_bond(self, node: Node, wanted: ToBond) -> Portgroup:
        return Portgroup(
            uuid=str(uuid.uuid4()),
            node_uuid=node.uuid,
            mode=self.bond_mode,
            physical_network=wanted.ports[0].physical_network,
            dynamic_portgroup=True,
        )

    async def _physical_networks(
        self, context: RequestContext, nics: Nics, view: PortView
    ) -> frozenset[str]:
        """Where the network port can be plugged; empty: anywhere, or it makes no difference."""
        if all(port.physical_network is None for port in nics.ports):
            return frozenset()
        return (await self.network.get_network(context, view.network_id)).physical_networks

    async def _take_mac(self, context: RequestContext, view: PortView, mac: str) -> None:
        if view.mac_address == mac:
            return
        await self.network.unbind_port(context, view.id)
        try:
            await self.network.set_mac_address(context, view.id, mac)
        except Conflict as error:
            raise NetworkError(
                f"Network port {view.id} could not take the NIC's MAC {mac}: {error.message}"
            ) from error

    async def _find(self, context: RequestContext, nic: Nic) -> PortView | None:
        try:
            return await self.network.get_port(context, str(nic.tenant_vif))
        except NotFound:
            return None


def attached_nic(nics: Nics, vif_id: str) -> Nic:
    """The NIC that has this network port. Raises Invalid."""
    holder = nics.holder_of(vif_id)
    if holder is None:
        raise Invalid(f"Network port {vif_id} is not attached to any NIC of the node.")
    return holder


def _choose(nics: Nics, wish: VifWish, physical_networks: frozenset[str], wiring: Wiring) -> Nic:
    usable = _usable_on(physical_networks, wiring)
    candidates = [nic for nic in free(nics, usable) if wish.admits(nic)]
    chosen = best(candidates, nics, physical_networks)
    if chosen is not None:
        return chosen
    asked = wish.portgroup_uuid or wish.port_uuid
    raise Invalid(
        f"No NIC is free for network port {wish.vif_id}"
        f"{f', which was to be attached to {asked}' if asked else ''}"
        f"{_reach(physical_networks)}: the node has {len(nics.ports)}{_cabled(nics, wiring)}; "
        "those that could be used are taken."
    )


def _by_traits(
    traits: Sequence[NetworkTrait], nics: Nics, wish: VifWish, network: Wanted, wiring: Wiring
) -> Nic | ToBond:
    """Raises Invalid when what the traits want is not there, or taken."""
    candidates = free(nics, _usable_on(network.physical_networks, wiring))
    found = choose(traits, candidates, nics, network)
    if found is not None:
        return found
    raise Invalid(
        f"No NIC is free for network port {wish.vif_id} of network {network.name} that is what the "
        f"instance's traits want ({', '.join(trait.name for trait in traits)}). Compare "
        "baremetal.network_traits_file with vendor, category and physical_network of the node's ports."
    )


def _usable_on(physical_networks: Set[str], wiring: Wiring) -> Callable[[Port], bool]:
    """Whether a NIC can be plugged, and on one of these networks (an empty set: any)."""
    reachable = {None, *physical_networks}
    return lambda port: (
        wiring.knows(port) and (not physical_networks or port.physical_network in reachable)
    )


def _cabled(nics: Nics, wiring: Wiring) -> str:
    if not wiring.configures_switches:
        return ""
    known = sum(map(wiring.knows, nics.ports))
    return f", of which {known} have a local_link_connection"


def _reach(physical_networks: frozenset[str]) -> str:
    named = ", ".join(sorted(physical_networks))
    return f" on physical network {named}" if named else ""


def _name(nic: Nic) -> str:
    return nic.address or nic.uuid
