"""Build steps from `set_instance_info` to `wait_until_active`: tell the node what to become, and watch."""

import asyncio
import os
from typing import Final

from bessemer.baremetal.public import NodeView
from bessemer.compute.domain.config_drive import contents, iso_image, packed
from bessemer.compute.domain.instance_info import instance_info
from bessemer.compute.domain.network_data import network_data
from bessemer.compute.domain.server import Server
from bessemer.compute.domain.timeline import InHand, progress_of
from bessemer.compute.operations.outcomes import Done, Outcome, StepFailed, WaitForNode
from bessemer.compute.operations.rooms import Rooms, context_of
from bessemer.compute.scheduler.filters import capabilities_of_node
from bessemer.compute.store.servers import drop_payloads, find_payload, put_payload

VALIDATED: Final = ("power", "deploy", "storage")
"""Interfaces that must be fit before a deploy, as upstream's driver asks."""

UNDER_WAY: Final = frozenset({"deploying", "wait call-back", "deploy hold"})
DEPLOY_SEEN: Final = UNDER_WAY | {"active", "deploy failed"}


async def set_instance_info(rooms: Rooms, server: Server) -> Outcome:
    """Image, capabilities, sizes, owner: step 5a of the story."""
    node = await _own_node(rooms, server)
    info = instance_info(server, capabilities_of_node(node))
    await rooms.baremetal.set_instance_info(context_of(server), node.uuid, info)
    return Done(server)


async def validate(rooms: Rooms, server: Server) -> Outcome:
    """Ask whether power and deploy can work. Raises StepFailed with each interface's reason."""
    node = await _own_node(rooms, server)
    results = await rooms.baremetal.validate(context_of(server), node.uuid)
    faults = [
        f"{name}: {results[name].reason or 'not valid'}"
        for name in VALIDATED
        if name in results and results[name].result is False
    ]
    if faults:
        raise StepFailed(
            f"the node is not fit for a deploy ({'; '.join(faults)})",
            f"openstack baremetal node validate {node.uuid}",
        )
    return Done(server)


async def build_config_drive(rooms: Rooms, server: Server) -> Outcome:
    """Build and keep it until the deploy is requested."""
    if not server.config_drive:
        return Done(server, "not asked for")
    assert server.node_uuid is not None
    context = context_of(server)
    ports = [await rooms.network.get_port(context, vif.port_id) for vif in server.vifs]
    networks = {
        vif.network_id: await rooms.network.get_network(context, vif.network_id)
        for vif in server.vifs
    }
    macs = {vif.port_id: vif.mac_address for vif in server.vifs}
    bonds = await rooms.baremetal.list_bonds(context, server.node_uuid)
    bonded = {bond.vif_id: bond for bond in bonds}
    document = network_data(ports, networks, macs, bonded)
    async with rooms.database.read() as connection:
        user_data = await find_payload(connection, server.id, "user_data")
    files = contents(server, document, user_data, os.urandom(512))
    drive = await asyncio.to_thread(lambda: packed(iso_image(files)))
    async with rooms.database.write() as connection:
        await put_payload(connection, server.id, "config_drive", drive.encode())
    return Done(server, f"{len(drive)} bytes packed")


async def request_deploy(rooms: Rooms, server: Server) -> Outcome:
    """Ask for `active`, once: a node that is at it already is not asked again."""
    node = await _own_node(rooms, server)
    if node.provision_state not in DEPLOY_SEEN:
        async with rooms.database.read() as connection:
            drive = await find_payload(connection, server.id, "config_drive")
        await rooms.baremetal.provision(
            context_of(server),
            node.uuid,
            "active",
            configdrive=drive.decode() if drive is not None else None,
        )
    async with rooms.database.write() as connection:
        await drop_payloads(connection, server.id, ("config_drive",))
    return Done(server)


async def wait_until_active(rooms: Rooms, server: Server) -> Outcome:
    """Look at the node; it tells when it has changed. Raises StepFailed when the deploy failed."""
    node = await _own_node(rooms, server)
    if node.provision_state == "active":
        return Done(server)
    if node.provision_state in UNDER_WAY:
        in_hand = InHand(node.step, node.progress)
        return WaitForNode(progress_of(in_hand), node.step or node.provision_state)
    if node.provision_state == "deploy failed":
        raise StepFailed(
            f"the deploy failed: {node.last_error or 'the node gives no reason'}",
            f"openstack baremetal node show {node.uuid} --fields last_error provision_state",
        )
    raise StepFailed(
        f"the node left the deploy; it is now in state {node.provision_state}",
        f"openstack baremetal node show {node.uuid}",
    )


async def _own_node(rooms: Rooms, server: Server) -> NodeView:
    assert server.node_uuid is not None
    node = await rooms.baremetal.get_node(context_of(server), server.node_uuid)
    if node.instance_uuid != server.id:
        raise StepFailed(
            f"the node does not belong to this server any more "
            f"(instance: {node.instance_uuid or 'none'})",
            f"openstack baremetal node show {server.node_uuid}",
        )
    return node
