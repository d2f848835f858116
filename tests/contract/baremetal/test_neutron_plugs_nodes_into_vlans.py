"""The neutron plug-in against the real network service and a switch in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node, a_port, a_portgroup, run_to_end
from tests.contract.baremetal.network_contract import NetworkContract, NewVif, attach, detach
from tests.contract.baremetal.network_of_test import PARKED, NetworkOfTest, network_service

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Power, PowerTarget
from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, StepCall
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.neutron.links import link_of
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import booting, nics_of
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.clock import now
from bessemer.errors import Invalid
from bessemer.network.public import DhcpOption, PortSpec, PortStatus, SwitchFailure

BOND_OF_GREENS = """
CUSTOM_FAST:
  actions:
    - action: group_and_attach_ports
      filter: port.vendor == 'green' && network.name == 'tenant'
      min_count: 2
"""
PROVISIONING = {"purpose": "provisioning"}
POWER_OFF = "power.power_off"
SETTINGS = BareMetalSettings(switch_timeout=timedelta(seconds=2))


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[NetworkOfTest]:
    async with network_service(tmp_path, ("eth1", "eth2", "eth3")) as running:
        yield running


@pytest.fixture
def plugin(net: NetworkOfTest) -> NeutronNetwork:
    return NeutronNetwork(net.service, SETTINGS)


@pytest.fixture
def task() -> MemoryTask:
    node = a_node()
    return MemoryTask(node, (a_port(node, 1), a_port(node, 2)))


@pytest.fixture
def new_vif(net: NetworkOfTest) -> NewVif:
    return net.new_vif


async def add(plugin: NeutronNetwork, task: MemoryTask, purpose: str = "provisioning") -> Outcome:
    return await run_to_end(task, plugin, "add_network", purpose=purpose)


async def remove(
    plugin: NeutronNetwork, task: MemoryTask, purpose: str = "provisioning"
) -> Outcome:
    return await run_to_end(task, plugin, "remove_network", purpose=purpose)


def give_a_machine(task: MemoryTask) -> FakePower:
    """One that is off."""
    machines = MemoryMachines()
    power = FakePower(SETTINGS, machines)
    management = FakeManagement(machines)
    task.plugins = {InterfaceKind.POWER: power, InterfaceKind.MANAGEMENT: management}
    return power


async def run_all(task: MemoryTask, plugin: NeutronNetwork, call: StepCall) -> list[str]:
    """Run a step and what it puts in front of the rest; every step that was run."""
    task.work = task.work_for(call)
    plugins = {**task.plugins, InterfaceKind.NETWORK: plugin}
    run = []
    while (step := task.work.step) is not None:
        outcome = await plugins[InterfaceKind(step.interface)].run_step(step.name, task, step.args)
        assert isinstance(outcome, Done), outcome
        run.append(str(step))
        task.work = plan.after(task.work, outcome, now())
    return run


class TestNeutron(NetworkContract):
    """The contract."""


class TestRamdiskNetworks:
    """Provisioning, cleaning, inspection."""

    async def test_boot_nics_are_moved_into_the_vlan_and_out_of_it(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.ports = (task.ports[0], replace(task.ports[1], pxe_enabled=False))
        assert isinstance(await add(plugin, task), Done)
        vlan = net.vlan_of("provisioning")
        assert net.switch.vlans == {"eth1": vlan, "eth2": PARKED, "eth3": PARKED}
        [made] = await net.service.list_ports(task.context, device_id=task.node.uuid)
        assert made.mac_address == task.ports[0].address
        assert task.ports[0].internal_info == {"provisioning_vif_port_id": made.id}
        assert isinstance(await remove(plugin, task), Done)
        assert set(net.switch.vlans.values()) == {PARKED}
        assert await net.ports_on("provisioning") == []

    async def test_the_network_port_belongs_to_the_instance_when_there_is_one(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.node = replace(task.node, instance_uuid="an-instance")
        await add(plugin, task)
        assert len(await net.service.list_ports(task.context, device_id="an-instance")) == 2

    @pytest.mark.parametrize("purpose", list(Purpose))
    async def test_a_node_may_name_its_own_network(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest, purpose: Purpose
    ) -> None:
        task.node = replace(task.node, driver_info={f"{purpose}_network": "tenant2"})
        await add(plugin, task, purpose)
        assert net.switch.vlans["eth1"] == net.vlan_of("tenant2")
        assert isinstance(await remove(plugin, task, purpose), Done)
        assert net.switch.vlans["eth1"] == PARKED

    async def test_every_nic_is_taken_along_when_the_operator_says_so(
        self, net: NetworkOfTest, task: MemoryTask
    ) -> None:
        task.ports = (task.ports[0], replace(task.ports[1], pxe_enabled=False))
        every = NeutronNetwork(net.service, SETTINGS.model_copy(update={"add_all_ports": True}))
        assert isinstance(await add(every, task), Done)
        assert net.switch.vlans["eth2"] == net.vlan_of("provisioning")
        task.plugins = {InterfaceKind.NETWORK: every}
        assert [*(await booting(task, "provisioning")).values()] == [task.ports[0].address]

    async def test_a_switch_port_that_is_unmanaged_is_left_as_it_is(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        link = {**task.ports[0].local_link_connection, "network_type": "unmanaged"}
        bare = {"network_type": "unmanaged"}
        task.ports = tuple(
            replace(port, local_link_connection=connection)
            for port, connection in zip(task.ports, (link, bare), strict=True)
        )
        await attach(plugin, task, await net.new_vif())
        assert isinstance(await add(plugin, task), Done)
        assert isinstance(await remove(plugin, task), Done)
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        [vif] = plugin.vif_list(await nics_of(task))
        assert (await net.service.get_port(task.context, vif)).status is PortStatus.ACTIVE
        assert isinstance(await run_to_end(task, plugin, "unconfigure_tenant_networks"), Done)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_infiniband_is_left_to_its_fabric_and_known_to_dhcp(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        client_id = "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"
        extra = {"client-id": client_id}
        task.ports = (replace(task.ports[0], local_link_connection={}, extra=extra),)
        assert isinstance(await add(plugin, task), Done)
        [made] = await net.service.list_ports(task.context, device_id=task.node.uuid)
        assert await net.dhcp_options_of(made.id) == (DhcpOption("61", client_id),)
        assert made.status is PortStatus.ACTIVE
        assert isinstance(await remove(plugin, task), Done)
        vif = await net.new_vif()
        await attach(plugin, task, vif)
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        options = (DhcpOption("66", "10.0.0.1"),)
        await net.service.set_dhcp_options(task.context, vif, options)
        assert await net.dhcp_options_of(vif) == (DhcpOption("61", client_id), *options)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_a_smart_nic_is_told_to_its_own_host(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        """Its switch is configured under its host name; here that is the switch `tor`."""
        connection = {"port_id": "eth1", "hostname": "tor"}
        smart = replace(task.ports[0], is_smartnic=True, local_link_connection=connection)
        task.ports = (smart,)
        power = give_a_machine(task)
        steps = await run_all(task, plugin, StepCall("network", "add_network", PROVISIONING))
        assert steps == ["network.add_network", "power.power_on", "network.add_network", POWER_OFF]
        assert await power.get_power_state(task.node) is Power.OFF
        at_next_start = await task.plugins[InterfaceKind.MANAGEMENT].get_boot_device(task.node)
        assert at_next_start == (BootDevice.BIOS, False)
        [made] = await net.service.list_ports(task.context, device_id=task.node.uuid)
        shown = await net.stored(made.id)
        assert (shown.host_id, shown.vnic_type) == ("tor", "smart-nic")
        assert net.switch.vlans["eth1"] == net.vlan_of("provisioning")

    async def test_a_machine_with_a_smart_nic_that_is_on_is_not_switched(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        connection = {"port_id": "eth1", "hostname": "tor"}
        smart = replace(task.ports[0], is_smartnic=True, local_link_connection=connection)
        task.ports = (smart,)
        power = give_a_machine(task)
        await power.switch(task.node, PowerTarget.ON)
        call = StepCall("network", "add_network", PROVISIONING)
        assert await run_all(task, plugin, call) == ["network.add_network"]
        assert await power.get_power_state(task.node) is Power.ON

    async def test_a_worker_killed_between_making_and_saving_makes_no_second_port(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        ports_before = task.ports
        task.raises_on = {"save_port": KeyboardInterrupt()}
        with pytest.raises(KeyboardInterrupt):
            await add(plugin, task)
        task.ports = ports_before  # what was not committed is lost
        assert isinstance(await add(plugin, task), Done)
        assert await net.ports_on("provisioning") == [port.address for port in task.ports]

    async def test_a_worker_killed_while_unplugging_still_sees_it_through(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        await add(plugin, task)
        net.switch.may_commit.clear()
        impatient = NeutronNetwork(
            net.service, SETTINGS.model_copy(update={"switch_timeout": timedelta(seconds=0.2)})
        )
        assert isinstance(await remove(impatient, task), Failed)
        again = await impatient.run_step("remove_network", task, {"purpose": "provisioning"})
        assert isinstance(again, Failed), "the ports are gone, the switch has not let go"
        net.switch.may_commit.set()
        again = await plugin.run_step("remove_network", task, {"purpose": "provisioning"})
        assert isinstance(again, Done)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_leftovers_of_another_purpose_are_rolled_back_first(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        await add(plugin, task, "cleaning")
        assert isinstance(await add(plugin, task, "provisioning"), Done)
        assert await net.ports_on("cleaning") == []
        assert net.switch.vlans["eth1"] == net.vlan_of("provisioning")
        assert all(set(p.internal_info) == {"provisioning_vif_port_id"} for p in task.ports)

    async def test_a_port_left_by_an_earlier_instance_is_replaced(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.node = replace(task.node, instance_uuid="the-first")
        await add(plugin, task)
        task.node = replace(task.node, instance_uuid="the-second")
        task.ports = tuple(replace(port, internal_info={}) for port in task.ports)
        assert isinstance(await add(plugin, task), Done)
        assert await net.service.list_ports(task.context, device_id="the-first") == []

    async def test_nics_without_cabling_are_left_alone(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.ports = (task.ports[0], replace(task.ports[1], local_link_connection={}))
        outcome = await add(plugin, task, "inspection")
        assert isinstance(outcome, Done)
        assert "1 other NICs left alone" in outcome.detail
        assert await net.ports_on("inspection") == [task.ports[0].address]

    async def test_without_any_cabling_it_says_what_to_set(
        self, plugin: NeutronNetwork, task: MemoryTask
    ) -> None:
        task.ports = tuple(replace(port, local_link_connection={}) for port in task.ports)
        outcome = await add(plugin, task, "inspection")
        assert isinstance(outcome, Failed)
        assert "openstack baremetal port set" in outcome.reason
        assert task.ports[0].address in outcome.reason

    async def test_a_missing_network_is_named_with_the_setting(
        self, plugin: NeutronNetwork, task: MemoryTask
    ) -> None:
        task.node = replace(task.node, driver_info={"provisioning_network": "nowhere"})
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert "'nowhere' does not exist" in outcome.reason
        assert "baremetal.networks.provisioning" in outcome.reason

    async def test_a_switch_that_refuses_is_quoted_and_nothing_is_left(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        net.switch.refused_ports.add("eth2")
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert "refused to change port eth2" in outcome.reason
        assert await net.ports_on("provisioning") == []
        assert all(port.internal_info == {} for port in task.ports)

    @pytest.mark.parametrize("setting", [True, False])
    async def test_a_node_may_do_without_a_switch_that_refuses(
        self, task: MemoryTask, net: NetworkOfTest, setting: bool
    ) -> None:
        changes = {"fail_on_port_binding_failure": setting}
        plugin = NeutronNetwork(net.service, SETTINGS.model_copy(update=changes))
        task.node = replace(
            task.node, driver_info={"fail_on_binding_failure": "False"} if setting else {}
        )
        net.switch.refused_ports.add("eth2")
        outcome = await add(plugin, task)
        assert isinstance(outcome, Done)
        assert "not in force" in outcome.detail
        assert "refused to change port eth2" in outcome.detail
        assert net.switch.vlans["eth1"] == net.vlan_of("provisioning")
        assert len(await net.ports_on("provisioning")) == 2

    async def test_a_node_may_insist_on_its_switch(
        self, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        changes = {"fail_on_port_binding_failure": False}
        plugin = NeutronNetwork(net.service, SETTINGS.model_copy(update=changes))
        task.node = replace(task.node, driver_info={"fail_on_binding_failure": True})
        net.switch.refused_ports.add("eth2")
        assert isinstance(await add(plugin, task), Failed)

    async def test_neither_true_nor_false_is_noticed_when_the_node_is_validated(
        self, plugin: NeutronNetwork, task: MemoryTask
    ) -> None:
        node = replace(task.node, driver_info={"fail_on_binding_failure": "perhaps"})
        with pytest.raises(Invalid, match=r"fail_on_binding_failure must be true or false"):
            plugin.validate(node, task.ports)

    async def test_a_switch_that_forgets_is_not_believed(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        net.switch.deaf_ports.add("eth1")
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert "eth1" in outcome.reason

    async def test_an_unknown_switch_is_told_with_the_configured_ones(
        self, plugin: NeutronNetwork, task: MemoryTask
    ) -> None:
        elsewhere = {"switch_id": "0a:00:00:00:00:99", "port_id": "eth1"}
        task.ports = (replace(task.ports[0], local_link_connection=elsewhere),)
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert "0a:00:00:00:00:99" in outcome.reason


class TestTenantNetworks:
    """VIFs."""

    async def test_each_vif_is_plugged_into_its_nics_switch_port(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        for network in ("tenant", "tenant2"):
            await attach(plugin, task, await net.new_vif(network))
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        assert net.switch.vlans["eth1"] == net.vlan_of("tenant")
        assert net.switch.vlans["eth2"] == net.vlan_of("tenant2")
        assert isinstance(await run_to_end(task, plugin, "unconfigure_tenant_networks"), Done)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_networking_is_reattached_without_a_ramdisk(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        facts = plugin.steps()["reattach_networking"]
        assert (facts.phases, facts.priority) == ({"service"}, 0)
        assert not facts.requires_ramdisk
        await attach(plugin, task, await net.new_vif())
        assert isinstance(await run_to_end(task, plugin, "reattach_networking"), Done)
        assert net.switch.vlans["eth1"] == net.vlan_of("tenant")

    async def test_the_vif_takes_the_nics_mac_and_gives_it_back(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        vif = await net.new_vif()
        await attach(plugin, task, vif)
        nic = next(port for port in task.ports if port.tenant_vif == vif)
        assert (await net.service.get_port(task.context, vif)).mac_address == nic.address
        await run_to_end(task, plugin, "configure_tenant_networks")
        await detach(plugin, task, vif)
        after = await net.service.get_port(task.context, vif)
        assert after.mac_address != nic.address
        assert after.links == ()
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_boot_nics_are_taken_first(
        self, plugin: NeutronNetwork, task: MemoryTask, new_vif: NewVif
    ) -> None:
        task.ports = (replace(task.ports[0], pxe_enabled=False), task.ports[1])
        vif = await new_vif()
        await attach(plugin, task, vif)
        assert task.ports[1].tenant_vif == vif

    async def test_the_instances_traits_may_want_a_bond_of_its_own(
        self, task: MemoryTask, net: NetworkOfTest, tmp_path: Path
    ) -> None:
        file = tmp_path / "traits.yaml"
        file.write_text(BOND_OF_GREENS)
        changes = {"network_traits_file": file, "default_portgroup_mode": "802.3ad"}
        plugin = NeutronNetwork(net.service, SETTINGS.model_copy(update=changes))
        third = replace(a_port(task.node, 3), vendor="red")
        task.ports = (*(replace(port, vendor="green") for port in task.ports), third)
        task.node = replace(task.node, instance_info={"traits": ["CUSTOM_FAST", "CUSTOM_X"]})
        vif, other = await net.new_vif(), await net.new_vif()
        mac = await attach(plugin, task, vif)
        [group] = task.groups
        assert (group.dynamic_portgroup, group.mode) == (True, "802.3ad")
        assert group.address == mac == task.ports[0].address
        assert [port.portgroup_uuid for port in task.ports] == [group.uuid, group.uuid, None]
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        vlan = net.vlan_of("tenant")
        assert net.switch.vlans == {"eth1": vlan, "eth2": vlan, "eth3": PARKED}
        with pytest.raises(Invalid, match=r"what the instance's traits want \(CUSTOM_FAST\)"):
            await attach(plugin, task, other)
        await detach(plugin, task, vif)
        assert task.groups == ()
        assert [port.portgroup_uuid for port in task.ports] == [None, None, None]
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_traits_have_no_say_where_a_nic_is_named_or_none_is_asked_for(
        self, task: MemoryTask, net: NetworkOfTest, tmp_path: Path
    ) -> None:
        file = tmp_path / "traits.yaml"
        file.write_text(BOND_OF_GREENS)
        plugin = NeutronNetwork(
            net.service, SETTINGS.model_copy(update={"network_traits_file": file})
        )
        assert await attach(plugin, task, await net.new_vif()) == task.ports[0].address
        task.node = replace(task.node, instance_info={"traits": ["CUSTOM_FAST"]})
        second = task.ports[1]
        assert await attach(plugin, task, await net.new_vif(), port_uuid=second.uuid)
        assert task.ports[1].tenant_vif is not None
        assert task.groups == ()

    async def test_an_active_node_gets_its_bond_plugged_at_once(
        self, task: MemoryTask, net: NetworkOfTest, tmp_path: Path
    ) -> None:
        file = tmp_path / "traits.yaml"
        file.write_text(BOND_OF_GREENS)
        plugin = NeutronNetwork(
            net.service, SETTINGS.model_copy(update={"network_traits_file": file})
        )
        task.ports = tuple(replace(port, vendor="green") for port in task.ports)
        asked = {"traits": ["CUSTOM_FAST"]}
        task.node = replace(task.node, provision_state=State.ACTIVE, instance_info=asked)
        vif = await net.new_vif()
        await attach(plugin, task, vif)
        vlan = net.vlan_of("tenant")
        assert (net.switch.vlans["eth1"], net.switch.vlans["eth2"]) == (vlan, vlan)
        profile = await net.profile_of(vif)
        assert profile["local_group_information"]["id"] == task.groups[0].uuid

    async def test_an_active_node_is_plugged_at_once(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.node = replace(task.node, provision_state=State.ACTIVE)
        await attach(plugin, task, await net.new_vif())
        assert net.switch.vlans["eth1"] == net.vlan_of("tenant")

    async def test_an_active_node_that_cannot_be_plugged_keeps_nothing(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.node = replace(task.node, provision_state=State.ACTIVE)
        net.switch.refused_ports.add("eth1")
        vif = await net.new_vif()
        with pytest.raises(SwitchFailure, match="refused"):
            await attach(plugin, task, vif)
        after = await net.service.get_port(task.context, vif)
        assert after.links == ()
        assert after.mac_address != task.ports[0].address

    async def test_a_deploy_without_any_vif_says_how_to_attach_one(
        self, plugin: NeutronNetwork, task: MemoryTask
    ) -> None:
        outcome = await run_to_end(task, plugin, "configure_tenant_networks")
        assert isinstance(outcome, Failed)
        assert "openstack baremetal node vif attach" in outcome.reason

    async def test_a_vif_deleted_by_its_tenant_can_still_be_detached(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        before, vif = task.ports, await net.new_vif()
        await attach(plugin, task, vif)
        await net.service.delete_port(task.context, vif)
        assert isinstance(await run_to_end(task, plugin, "unconfigure_tenant_networks"), Done)
        await detach(plugin, task, vif)
        assert task.ports == before

    async def test_a_tenants_port_on_the_ramdisks_own_network_is_never_deleted(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        vif = await net.new_vif("provisioning")
        await attach(plugin, task, vif)
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert (await net.service.get_port(task.context, vif)).id == vif

    async def test_from_provisioning_to_the_tenant(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        await attach(plugin, task, await net.new_vif())
        await add(plugin, task)
        assert net.switch.vlans["eth1"] == net.vlan_of("provisioning")
        assert isinstance(await remove(plugin, task), Done)
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        assert net.switch.vlans["eth1"] == net.vlan_of("tenant")
        assert net.switch.vlans["eth2"] == PARKED

    async def test_a_stray_port_on_the_switch_port_is_named(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        link = link_of(task.ports[0])
        assert link is not None
        stray = PortSpec(network_id=net.networks["tenant2"].id, links=(link,), host_id="x")
        made = await net.service.create_port(task.context, stray)
        outcome = await add(plugin, task)
        assert isinstance(outcome, Failed)
        assert made.id in outcome.reason


class TestBonds:
    """VIFs on port groups."""

    @pytest.fixture
    def task(self) -> MemoryTask:
        node = a_node()
        group = a_portgroup(node, name="bond0", mode="802.3ad", properties={"miimon": "100"})
        ports = (a_port(node, 1), a_port(node, 2), a_port(node, 3))
        bonded = tuple(replace(port, portgroup_uuid=group.uuid) for port in ports[:2])
        return MemoryTask(node, (*bonded, ports[2]), groups=(group,))

    async def test_every_members_switch_port_gets_the_vlan(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        await attach(plugin, task, await net.new_vif())
        assert isinstance(await run_to_end(task, plugin, "configure_tenant_networks"), Done)
        vlan = net.vlan_of("tenant")
        assert net.switch.vlans == {"eth1": vlan, "eth2": vlan, "eth3": PARKED}
        assert isinstance(await run_to_end(task, plugin, "unconfigure_tenant_networks"), Done)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_the_network_service_learns_how_they_are_bonded(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        vif = await net.new_vif()
        await attach(plugin, task, vif)
        await run_to_end(task, plugin, "configure_tenant_networks")
        profile = await net.profile_of(vif)
        assert [link["port_id"] for link in profile["local_link_information"]] == ["eth1", "eth2"]
        assert profile["local_group_information"] == {
            "id": task.groups[0].uuid,
            "name": "bond0",
            "bond_mode": "802.3ad",
            "bond_properties": {"bond_miimon": "100"},
        }

    @pytest.mark.parametrize("named", [False, True])
    async def test_a_bond_without_a_mac_inherits_its_primary_nics(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest, named: bool
    ) -> None:
        first, second, third = task.ports
        task.ports = (replace(first, pxe_enabled=False), second, third)
        primary = first if named else second
        extra = {"primary_port": first.uuid} if named else {}
        task.groups = (replace(task.groups[0], extra=extra),)
        vif = await net.new_vif()
        assert await attach(plugin, task, vif) == primary.address
        assert task.groups[0].address == primary.address
        assert (await net.service.get_port(task.context, vif)).mac_address == primary.address
        await detach(plugin, task, vif)
        assert (await net.service.get_port(task.context, vif)).mac_address != primary.address

    async def test_of_two_bonds_the_one_of_the_higher_priority_is_taken(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        other = a_portgroup(task.node, extra={"priority": 7})
        task.groups = (replace(task.groups[0], extra={"priority": 3}), other)
        task.ports = (*task.ports[:2], replace(task.ports[2], portgroup_uuid=other.uuid))
        vif = await net.new_vif()
        await attach(plugin, task, vif)
        assert [group.tenant_vif for group in task.groups] == [None, vif]

    async def test_a_bond_with_a_mac_gives_it_to_the_network_port(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        mac = task.ports[0].address
        task.groups = (replace(task.groups[0], address=mac),)
        vif = await net.new_vif()
        assert await attach(plugin, task, vif) == mac
        assert (await net.service.get_port(task.context, vif)).mac_address == mac
        await detach(plugin, task, vif)
        assert (await net.service.get_port(task.context, vif)).mac_address != mac

    async def test_an_active_node_is_plugged_at_once(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.node = replace(task.node, provision_state=State.ACTIVE)
        vif = await net.new_vif()
        await attach(plugin, task, vif, portgroup_uuid=task.groups[0].uuid)
        assert net.switch.vlans["eth2"] == net.vlan_of("tenant")
        await detach(plugin, task, vif)
        assert set(net.switch.vlans.values()) == {PARKED}

    async def test_a_ramdisk_boots_over_single_members_and_leaves_the_tenants_port_alone(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        task.groups = (replace(task.groups[0], address=task.ports[0].address),)
        task.ports = (
            replace(task.ports[0], pxe_enabled=False),
            task.ports[1],
            replace(task.ports[2], pxe_enabled=False),
        )
        vif = await net.new_vif("provisioning")
        await attach(plugin, task, vif)
        assert isinstance(await add(plugin, task), Done)
        assert net.switch.vlans["eth2"] == net.vlan_of("provisioning")
        assert net.switch.vlans["eth1"] == PARKED
        assert isinstance(await remove(plugin, task), Done)
        assert (await net.service.get_port(task.context, vif)).id == vif


class TestPhysicalNetworks:
    """A NIC is of use where it is cabled."""

    async def test_the_nic_on_the_networks_physical_network_is_taken(
        self, plugin: NeutronNetwork, task: MemoryTask, net: NetworkOfTest
    ) -> None:
        here = net.networks["tenant"].segment.physical_network
        elsewhere, right = task.ports
        task.ports = (
            replace(elsewhere, physical_network="elsewhere"),
            replace(right, physical_network=here, pxe_enabled=False),
        )
        vif = await net.new_vif()
        assert await attach(plugin, task, vif) == right.address
        with pytest.raises(Invalid, match=f"physical network {here}"):
            await attach(plugin, task, await net.new_vif())
