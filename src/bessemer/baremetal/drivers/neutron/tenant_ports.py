"""The tenants' network ports: attached to NICs, bound to switch ports, and let go again."""

from collections.abc import Sequence
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.neutron.links import link_of, tenant_binding
from bessemer.baremetal.drivers.neutron.ranking import best, free_nics
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.network.public import LocalLink, NetworkError, NetworkService, PortView

_ANY_PHYSICAL_NETWORK: Final[frozenset[str]] = frozenset()


def is_live(node: Node) -> bool:
    """Whether an attached network port is to be plugged at once."""
    return node.provision_state is State.ACTIVE


async def attach(
    network: NetworkService, context: RequestContext, ports: Sequence[Port], vif_id: str
) -> Port:
    """Choose a NIC and give the network port its MAC; the changed Port, not saved yet.

    Raises Conflict (already attached), Invalid (no such network port, no free NIC), NetworkError.
    """
    for port in ports:
        if port.tenant_vif == vif_id:
            raise Conflict(f"Network port {vif_id} is attached to NIC {port.address} already.")
    chosen = _choose(ports, vif_id)
    try:
        view = await network.get_port(context, vif_id)
    except NotFound:
        raise Invalid(f"There is no network port {vif_id} to attach.") from None
    await _take_mac(network, context, view, chosen.address)
    return chosen.with_internal(tenant_vif_port_id=vif_id)


def attached_port(ports: Sequence[Port], vif_id: str) -> Port:
    """The NIC that has this network port. Raises Invalid."""
    for port in ports:
        if port.tenant_vif == vif_id:
            return port
    raise Invalid(f"Network port {vif_id} is not attached to any NIC of the node.")


async def bind(network: NetworkService, context: RequestContext, port: Port) -> PortView:
    """Desire it plugged into the NIC's switch port. Raises NetworkError, SwitchFailure."""
    vif_id, link = port.tenant_vif, link_of(port)
    if vif_id is None or link is None:
        raise NetworkError(
            f"NIC {port.address} has a network port attached, but it is not known where it is "
            f"cabled. Set local_link_connection: openstack baremetal port set {port.uuid} …"
        )
    try:
        return await network.bind_port(context, vif_id, tenant_binding(port, link))
    except NotFound:
        raise NetworkError(
            f"Network port {vif_id}, attached to NIC {port.address}, was deleted. Detach it: "
            f"openstack baremetal node vif detach {port.node_uuid} {vif_id}"
        ) from None


async def links_of(
    network: NetworkService, context: RequestContext, port: Port
) -> tuple[LocalLink, ...]:
    """Where the attached network port is plugged now."""
    view = await _find(network, context, port)
    return view.links if view is not None else ()


async def unbind(network: NetworkService, context: RequestContext, port: Port) -> None:
    """Desire it unplugged; nothing happens when its tenant has deleted it."""
    if await _find(network, context, port) is not None:
        await network.unbind_port(context, str(port.tenant_vif))


async def forget(network: NetworkService, context: RequestContext, port: Port) -> Port:
    """After `unbind`: give the network port a MAC of its own again, so that the NIC's is free."""
    view = await _find(network, context, port)
    if view is not None and view.mac_address == port.address:
        await network.set_mac_address(context, view.id, None)
    return port.with_internal(tenant_vif_port_id=None)


def _choose(ports: Sequence[Port], vif_id: str) -> Port:
    candidate = best(free_nics(ports, _ANY_PHYSICAL_NETWORK), _ANY_PHYSICAL_NETWORK)
    for port in ports:
        if candidate is not None and port.uuid == candidate.uuid:
            return port
    cabled = sum(link_of(port) is not None for port in ports)
    raise Invalid(
        f"No NIC is free for network port {vif_id}: the node has {len(ports)}, of which {cabled} "
        "have a local_link_connection and all of those are taken."
    )


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


async def _find(network: NetworkService, context: RequestContext, port: Port) -> PortView | None:
    try:
        return await network.get_port(context, str(port.tenant_vif))
    except NotFound:
        return None
