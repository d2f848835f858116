"""Real database, real Open vSwitch, real dnsmasq: from a port in a table to an address on a NIC."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from tests.integration.network.dhcp_client import ACK, OFFER, Client
from tests.integration.network.real_switch import BRIDGE, SWITCH_ID, RealSwitch

from bessemer.bus.memory import MemoryBus
from bessemer.context import admin_context
from bessemer.db.engine import Database
from bessemer.network.domain.network import Network
from bessemer.network.domain.segment import NetworkType
from bessemer.network.operations.networks import NewNetwork, create_network
from bessemer.network.operations.subnets import NewSubnet, create_subnet
from bessemer.network.public import Binding, DhcpOption, LocalLink, PortSpec, PortStatus
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings, SwitchSettings

ADMIN = admin_context()
SOON = timedelta(seconds=20)
PROVISIONING, TENANT = 100, 200


@pytest.fixture
async def service(
    database: Database, switch: RealSwitch, tmp_path: Path
) -> AsyncIterator[EmbeddedNetwork]:
    switch.add_port(f"tor-{PROVISIONING}", PROVISIONING)
    switch.add_port(f"tor-{TENANT}", TENANT)
    settings = NetworkSettings(
        switches={"tor": SwitchSettings(switch_id=SWITCH_ID, ovsdb=switch.remote, bridge=BRIDGE)},
        resync_interval=timedelta(seconds=1),
    )
    network = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
    await network.start()
    yield network
    await network.stop()


async def a_network(
    service: EmbeddedNetwork, name: str, vlan: int, gateway: str | None = None
) -> Network:
    wish = NewNetwork(name=name, network_type=NetworkType.VLAN, segmentation_id=vlan)
    network = await create_network(service.means, wish)
    subnet = NewSubnet(network.id, IPv4Network(f"10.{vlan}.0.0/24"))
    if gateway is not None:
        subnet = replace(subnet, gateway=IPv4Address(gateway), gateway_was_named=True)
    await create_subnet(service.means, ADMIN, subnet)
    return network


def a_link(port: str) -> LocalLink:
    return LocalLink(SWITCH_ID, port, "tor")


async def test_a_bound_port_is_tagged_on_the_switch_and_gets_its_address(
    service: EmbeddedNetwork, switch: RealSwitch
) -> None:
    namespace, mac = switch.add_machine("node-0")
    network = await a_network(service, "provisioning", PROVISIONING)
    port = await service.create_port(
        ADMIN,
        PortSpec(
            network_id=network.id,
            mac_address=mac,
            links=(a_link("node-0"),),
            host_id="node",
            dhcp_options=(
                DhcpOption("tag:!ipxe,tag:!efi64,67", "undionly.kpxe"),
                DhcpOption("tag:!ipxe,tag:efi64,67", "snponly.efi"),
                DhcpOption("tag:ipxe,67", "http://10.100.0.1:6386/boot.ipxe"),
                DhcpOption("66", "10.100.0.1"),
                DhcpOption("150", "10.100.0.1"),
                DhcpOption("255", "10.100.0.1"),
            ),
        ),
    )
    assert port.status is PortStatus.BUILD
    active = await service.wait_until_active(port.id, SOON)
    assert active.status is PortStatus.ACTIVE
    assert switch.tag("node-0") == PROVISIONING

    client = Client(namespace, "node-0", mac, architecture=0)
    offer = client.discover()
    assert offer is not None
    assert (offer.kind, offer.address) == (OFFER, active.fixed_ips[0].ip_address)
    assert (offer.boot_file, offer.next_server) == ("undionly.kpxe", "10.100.0.1")
    acknowledged = client.request(offer)
    assert acknowledged is not None
    assert acknowledged.kind == ACK

    uefi = Client(namespace, "node-0", mac, architecture=7).discover()
    assert uefi is not None
    assert uefi.boot_file == "snponly.efi"
    ipxe = Client(namespace, "node-0", mac, architecture=7, ipxe=True).discover()
    assert ipxe is not None
    assert ipxe.boot_file == "http://10.100.0.1:6386/boot.ipxe"


async def test_moving_a_nic_from_provisioning_to_a_tenant(
    service: EmbeddedNetwork, switch: RealSwitch
) -> None:
    namespace, mac = switch.add_machine("node-0")
    provisioning = await a_network(service, "provisioning", PROVISIONING)
    tenant = await a_network(service, "blue", TENANT)
    first = await service.create_port(
        ADMIN, PortSpec(provisioning.id, mac_address=mac, links=(a_link("node-0"),), host_id="node")
    )
    await service.wait_until_active(first.id, SOON)
    await service.delete_port(ADMIN, first.id)
    await service.wait_until_unplugged((a_link("node-0"),), SOON)
    assert switch.tag("node-0") == 4094

    second = await service.create_port(ADMIN, PortSpec(tenant.id))
    await service.set_mac_address(ADMIN, second.id, mac)
    await service.bind_port(ADMIN, second.id, Binding("node", (a_link("node-0"),)))
    active = await service.wait_until_active(second.id, SOON)
    assert switch.tag("node-0") == TENANT
    offer = Client(namespace, "node-0", mac).discover()
    assert offer is not None
    assert offer.address == active.fixed_ips[0].ip_address == "10.200.0.2"
