"""The flat plug-in against the real network service: one network for all, no switch touched."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port, run_to_end
from tests.contract.baremetal.network_contract import NetworkContract, NewVif, attach
from tests.contract.baremetal.network_of_test import NetworkOfTest, network_service

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.drivers.neutron.flat import FlatNetwork
from bessemer.baremetal.interfaces.network import booting
from bessemer.baremetal.settings import BareMetalSettings, RamdiskNetworks
from bessemer.network.domain.segment import NetworkType
from bessemer.network.operations.networks import NewNetwork, create_network
from bessemer.network.public import DhcpOption, PortStatus

SETTINGS = BareMetalSettings(
    networks=RamdiskNetworks(cleaning="flat-infra", inspection="flat-infra"),
    switch_timeout=timedelta(seconds=2),
)


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[NetworkOfTest]:
    async with network_service(tmp_path, ("eth1", "eth2")) as running:
        for name in ("flat", "flat-infra"):
            wish = NewNetwork(name=name, network_type=NetworkType.FLAT, physical_network=name)
            running.networks[name] = await create_network(running.service.means, wish)
        yield running


@pytest.fixture
def plugin(net: NetworkOfTest) -> FlatNetwork:
    return FlatNetwork(net.service, SETTINGS)


@pytest.fixture
def task() -> MemoryTask:
    node = a_node()
    ports = (a_port(node, number, local_link_connection={}) for number in (1, 2))
    return MemoryTask(node, tuple(ports))


@pytest.fixture
def new_vif(net: NetworkOfTest) -> NewVif:
    return lambda: net.new_vif("flat")


class TestFlat(NetworkContract):
    """The contract, of NICs of which nobody knows where they are cabled."""


async def status(net: NetworkOfTest, task: MemoryTask, vif: str) -> tuple[PortStatus, int]:
    """Of a network port, and to how many switch ports it is bound."""
    view = await net.service.get_port(task.context, vif)
    return view.status, len(view.links)


@pytest.mark.parametrize("purpose", ["provisioning", "rescuing", "servicing"])
async def test_the_tenants_port_is_bound_for_the_ramdisk_and_let_go_after_it(
    plugin: FlatNetwork, task: MemoryTask, net: NetworkOfTest, purpose: str
) -> None:
    vif = await net.new_vif("flat")
    mac = await attach(plugin, task, vif)
    task.plugins = {InterfaceKind.NETWORK: plugin}
    before = dict(net.switch.vlans)
    assert isinstance(await run_to_end(task, plugin, "add_network", purpose=purpose), Done)
    assert await status(net, task, vif) == (PortStatus.ACTIVE, 0)
    assert await booting(task, purpose) == {vif: mac}
    assert await net.ports_on("flat") == [mac], "no second network port"
    assert isinstance(await run_to_end(task, plugin, "remove_network", purpose=purpose), Done)
    assert await status(net, task, vif) == (PortStatus.DOWN, 0)
    assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
    assert await status(net, task, vif) == (PortStatus.ACTIVE, 0)
    assert net.switch.vlans == before


@pytest.mark.parametrize("purpose", ["cleaning", "inspection"])
async def test_without_a_tenant_there_are_ports_for_every_boot_nic(
    plugin: FlatNetwork, task: MemoryTask, net: NetworkOfTest, purpose: str
) -> None:
    task.ports = (task.ports[0], replace(task.ports[1], pxe_enabled=False))
    assert isinstance(await run_to_end(task, plugin, "add_network", purpose=purpose), Done)
    [made] = await net.service.list_ports(task.context, device_id=task.node.uuid)
    assert (made.status, made.mac_address) == (PortStatus.ACTIVE, task.ports[0].address)
    assert await booting(task, purpose) == {made.id: task.ports[0].address}
    assert isinstance(await run_to_end(task, plugin, "remove_network", purpose=purpose), Done)
    assert await net.ports_on("flat-infra") == []


async def test_what_dhcp_told_the_ramdisk_is_not_left_on_the_tenants_port(
    plugin: FlatNetwork, task: MemoryTask, net: NetworkOfTest
) -> None:
    vif = await net.new_vif("flat")
    await attach(plugin, task, vif)
    await run_to_end(task, plugin, "add_network", purpose="provisioning")
    await net.service.set_dhcp_options(task.context, vif, (DhcpOption("67", "undionly.kpxe"),))
    await run_to_end(task, plugin, "remove_network", purpose="provisioning")
    assert await net.dhcp_options_of(vif) == ()


async def test_a_deploy_without_a_tenants_port_says_how_to_attach_one(
    plugin: FlatNetwork, task: MemoryTask
) -> None:
    outcome = await run_to_end(task, plugin, "add_network", purpose="provisioning")
    assert isinstance(outcome, Failed)
    assert "openstack baremetal node vif attach" in outcome.reason


async def test_a_vlan_needs_a_switch_port_and_so_it_is_refused_in_words(
    plugin: FlatNetwork, task: MemoryTask, net: NetworkOfTest
) -> None:
    await attach(plugin, task, await net.new_vif("tenant"))
    outcome = await run_to_end(task, plugin, "configure_tenant_networks")
    assert isinstance(outcome, Failed)
    assert "provider:network_type is flat" in outcome.reason


async def test_an_active_node_is_bound_at_once(
    plugin: FlatNetwork, task: MemoryTask, net: NetworkOfTest
) -> None:
    task.node = replace(task.node, provision_state=State.ACTIVE)
    vif = await net.new_vif("flat")
    await attach(plugin, task, vif)
    assert await status(net, task, vif) == (PortStatus.ACTIVE, 0)


async def test_without_a_boot_nic_it_says_what_to_set(
    plugin: FlatNetwork, task: MemoryTask
) -> None:
    task.ports = tuple(replace(port, pxe_enabled=False) for port in task.ports)
    outcome = await run_to_end(task, plugin, "add_network", purpose="inspection")
    assert isinstance(outcome, Failed)
    assert "none has pxe_enabled (" in outcome.reason
