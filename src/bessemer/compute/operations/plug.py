"""Build steps `create_vifs` and `attach_vifs`: a network port per wanted network, each on a NIC."""

from dataclasses import replace

from bessemer.compute.domain.server import NetworkRequest, Server, Vif
from bessemer.compute.operations.outcomes import Done, Outcome
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.errors import Conflict
from bessemer.network.public import PortSpec, PortView


async def create_vifs(rooms: Rooms, server: Server) -> Outcome:
    """Make the ports that are missing: unbound, so that no switch port changes before the deploy ends."""
    context = context_of(server)
    existing = await rooms.network.list_ports(context, device_id=server.id)
    vifs: list[Vif] = []
    for wanted in server.networks:
        port = await _port(rooms, server, wanted, existing)
        network = await rooms.network.get_network(context, port.network_id)
        vifs.append(_vif(port, network.name, ours=wanted.port_id is None))
    count = f"{len(vifs)} port{'' if len(vifs) == 1 else 's'}"
    return Done(replace(server, vifs=tuple(vifs)), count)


async def _port(
    rooms: Rooms, server: Server, wanted: NetworkRequest, existing: list[PortView]
) -> PortView:
    context = context_of(server)
    if wanted.port_id is not None:
        return await rooms.network.get_port(context, wanted.port_id)
    for port in existing:
        if port.network_id == wanted.network_id:
            existing.remove(port)
            return port
    spec = PortSpec(
        network_id=wanted.network_id,
        name="",
        device_id=server.id,
        device_owner=f"compute:{server.availability_zone}",
        project_id=server.project_id,
    )
    return await rooms.network.create_port(context, spec)


async def attach_vifs(rooms: Rooms, server: Server) -> Outcome:
    """Give each port a NIC or bond of the node, and with it that MAC."""
    assert server.node_uuid is not None
    context = context_of(server)
    vifs = []
    for vif in server.vifs:
        mac_address = await _attach(rooms, server, vif)
        port = await rooms.network.get_port(context, vif.port_id)
        fresh = _vif(port, vif.network_name, ours=vif.ours)
        vifs.append(replace(fresh, mac_address=mac_address))
    return Done(replace(server, vifs=tuple(vifs)))


async def _attach(rooms: Rooms, server: Server, vif: Vif) -> str:
    assert server.node_uuid is not None
    context = context_of(server)
    try:
        return await rooms.baremetal.attach_vif(context, server.node_uuid, vif.port_id)
    except Conflict:  # attached before a crash: attach afresh to learn the MAC
        await rooms.baremetal.detach_vif(context, server.node_uuid, vif.port_id)
        return await rooms.baremetal.attach_vif(context, server.node_uuid, vif.port_id)


def _vif(port: PortView, network_name: str, *, ours: bool) -> Vif:
    return Vif(
        port_id=port.id,
        network_id=port.network_id,
        network_name=network_name,
        mac_address=port.mac_address,
        addresses=tuple(fixed.ip_address for fixed in port.fixed_ips),
        ours=ours,
    )
