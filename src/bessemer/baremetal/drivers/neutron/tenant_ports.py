"""The tenants' network ports: attached to NICs and bonds, bound to switch ports, and let go again."""

from collections.abc import Callable

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish, best, free
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.neutron.links import link_of, tenant_binding
from bessemer.baremetal.interfaces.network import Attached
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.network.public import LocalLink, NetworkError, NetworkService, PortView


def is_live(node: Node) -> bool:
    """Whether an attached network port is to be plugged at once."""
    return node.provision_state is State.ACTIVE


async def attach(
    network: NetworkService, context: RequestContext, nics: Nics, wish: VifWish
) -> Attached:
    """Choose a NIC or bond and give the network port its MAC; nothing is saved yet.

    A bond without a MAC of its own takes on the network port's.
    Raises Conflict (already attached), Invalid (no such network port, no free NIC), NetworkError.
    """
    holder = nics.holder_of(wish.vif_id)
    if holder is not None:
        raise Conflict(f"Network port {wish.vif_id} is attached to NIC {_name(holder)} already.")
    try:
        view = await network.get_port(context, wish.vif_id)
    except NotFound:
        raise Invalid(f"There is no network port {wish.vif_id} to attach.") from None
    chosen = _choose(nics, wish, await _physical_networks(network, context, nics, view))
    if chosen.address is not None:
        await _take_mac(network, context, view, chosen.address)
    changed = chosen.with_internal(tenant_vif_port_id=wish.vif_id)
    return Attached(changed, chosen.address or view.mac_address)


def attached_nic(nics: Nics, vif_id: str) -> Nic:
    """The NIC that has this network port. Raises Invalid."""
    holder = nics.holder_of(vif_id)
    if holder is None:
        raise Invalid(f"Network port {vif_id} is not attached to any NIC of the node.")
    return holder


async def bind(network: NetworkService, context: RequestContext, nic: Nic, nics: Nics) -> PortView:
    """Desire it plugged into the NIC's switch ports. Raises NetworkError, SwitchFailure, Conflict."""
    binding = tenant_binding(nic, nics)
    if nic.tenant_vif is None or not binding.links:
        ports = " ".join(port.uuid for port in nics.ports_of(nic)) or "<port>"
        raise NetworkError(
            f"NIC {_name(nic)} has a network port attached, but it is not known where it is "
            f"cabled. Set local_link_connection: openstack baremetal port set {ports} …"
        )
    try:
        return await network.bind_port(context, nic.tenant_vif, binding)
    except NotFound:
        raise NetworkError(
            f"Network port {nic.tenant_vif}, attached to NIC {_name(nic)}, was deleted. Detach it: "
            f"openstack baremetal node vif detach {nic.node_uuid} {nic.tenant_vif}"
        ) from None


async def plugged_links(
    network: NetworkService, context: RequestContext, nic: Nic
) -> tuple[LocalLink, ...]:
    """Where the attached network port is plugged now."""
    view = await _find(network, context, nic)
    return view.links if view is not None else ()


async def unbind(network: NetworkService, context: RequestContext, nic: Nic) -> None:
    """Desire it unplugged; nothing happens when its tenant has deleted it."""
    if await _find(network, context, nic) is not None:
        await network.unbind_port(context, str(nic.tenant_vif))


async def forget(network: NetworkService, context: RequestContext, nic: Nic) -> Nic:
    """After `unbind`: give the network port a MAC of its own again, so that the NIC's is free."""
    view = await _find(network, context, nic)
    if view is not None and view.mac_address == nic.address:
        await network.set_mac_address(context, view.id, None)
    return nic.with_internal(tenant_vif_port_id=None)


def _choose(nics: Nics, wish: VifWish, physical_networks: frozenset[str]) -> Nic:
    candidates = [nic for nic in free(nics, _usable_on(physical_networks)) if wish.admits(nic)]
    chosen = best(candidates, nics, physical_networks)
    if chosen is not None:
        return chosen
    cabled = sum(link_of(port) is not None for port in nics.ports)
    asked = wish.portgroup_uuid or wish.port_uuid
    raise Invalid(
        f"No NIC is free for network port {wish.vif_id}"
        f"{f', which was to be attached to {asked}' if asked else ''}"
        f"{_reach(physical_networks)}: the node has {len(nics.ports)}, of which {cabled} have a "
        "local_link_connection; those that could be used are taken."
    )


def _usable_on(physical_networks: frozenset[str]) -> Callable[[Port], bool]:
    """Whether a NIC is cabled, and on one of these networks (an empty set: any)."""
    reachable = {None, *physical_networks}
    return lambda port: (
        link_of(port) is not None and (not physical_networks or port.physical_network in reachable)
    )


def _reach(physical_networks: frozenset[str]) -> str:
    named = ", ".join(sorted(physical_networks))
    return f" on physical network {named}" if named else ""


async def _physical_networks(
    network: NetworkService, context: RequestContext, nics: Nics, view: PortView
) -> frozenset[str]:
    """Where the network port can be plugged; empty: anywhere, or it makes no difference."""
    if all(port.physical_network is None for port in nics.ports):
        return frozenset()
    return (await network.get_network(context, view.network_id)).physical_networks


async def _take_mac(
    network: NetworkService, context: RequestContext, view: PortView, mac: str
) -> None:
    if view.mac_address == mac:
        return
    await network.unbind_port(context, view.id)
    try:
        await network.set_mac_address(context, view.id, mac)
    except Conflict as error:
        raise NetworkError(
            f"Network port {view.id} could not take the NIC's MAC {mac}: {error.message}"
        ) from error


async def _find(network: NetworkService, context: RequestContext, nic: Nic) -> PortView | None:
    try:
        return await network.get_port(context, str(nic.tenant_vif))
    except NotFound:
        return None


def _name(nic: Nic) -> str:
    return nic.address or nic.uuid
