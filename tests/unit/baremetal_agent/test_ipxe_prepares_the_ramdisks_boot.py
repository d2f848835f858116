"""Boot interface ipxe: DHCP options, boot configuration, kernel parameters, what is refused."""

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port, a_portgroup, run_to_end
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks, a_network

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script
from bessemer.baremetal.drivers.neutron.flat import FlatNetwork
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid
from bessemer.network.public import DhcpOption, SwitchFailure

MAC = "52:54:00:00:00:01"
VIF = "vif-1"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "ramdisk"
    folder.mkdir()
    for name in ("kernel", "initramfs"):
        (folder / name).write_bytes(b"x")
    return folder


@pytest.fixture
def settings(files):
    return BareMetalSettings(
        deploy_kernel=str(files / "kernel"), deploy_ramdisk=str(files / "initramfs")
    )


def a_task(purpose="provisioning", **changes):
    node = a_node(**changes)
    return MemoryTask(node, (a_port(node, internal_info={f"{purpose}_vif_port_id": VIF}),))


async def prepare(task, settings, networks=None, purpose="provisioning"):
    networks = networks or SomeNetworks().with_port(VIF, purpose)
    boot = IpxeBoot(SomeImages(), networks, settings)
    outcome = await run_to_end(task, boot, "prepare_ramdisk", purpose=purpose)
    return outcome, networks


async def test_dhcp_gets_the_boot_program_for_the_firmware_and_the_script_for_ipxe(settings):
    task = a_task(properties={"capabilities": "boot_mode:uefi"})
    outcome, networks = await prepare(task, settings)
    assert isinstance(outcome, Done), outcome
    assert networks.options[VIF] == (
        DhcpOption("tag:!ipxe,67", "snponly.efi"),
        DhcpOption("tag:ipxe,67", f"http://172.30.0.1:6386/boot/ipxe/{MAC}"),
        DhcpOption("66", "172.30.0.1"),
        DhcpOption("150", "172.30.0.1"),
        DhcpOption("255", "172.30.0.1"),
    )
    assert networks.confirmed == [VIF]


async def test_without_a_port_of_the_ramdisks_own_the_tenants_boots_it(settings):
    node = a_node()
    group = a_portgroup(node, address=MAC, internal_info={"tenant_vif_port_id": VIF})
    member = a_port(node, 1, portgroup_uuid=group.uuid)
    plugins = {InterfaceKind.NETWORK: FlatNetwork(SomeNetworks(), settings)}
    task = MemoryTask(node, (member,), groups=(group,), plugins=plugins)
    outcome, networks = await prepare(task, settings)
    assert isinstance(outcome, Done), outcome
    script = f"http://172.30.0.1:6386/boot/ipxe/{MAC}"
    assert DhcpOption("tag:ipxe,67", script) in networks.options[VIF]


async def test_a_bios_node_gets_undionly(settings):
    _, networks = await prepare(a_task(properties={"capabilities": "boot_mode:bios"}), settings)
    assert networks.options[VIF][0] == DhcpOption("tag:!ipxe,67", "undionly.kpxe")


async def test_where_nobody_stated_a_boot_mode_the_firmwares_own_word_decides(settings):
    _, networks = await prepare(a_task(), settings)
    assert networks.options[VIF][:2] == (
        DhcpOption("tag:!ipxe,tag:bios,67", "undionly.kpxe"),
        DhcpOption("tag:!ipxe,tag:efi64,67", "snponly.efi"),
    )


async def test_a_boot_mode_that_is_none_is_refused(settings):
    outcome, _ = await prepare(a_task(properties={"capabilities": "boot_mode:coreboot"}), settings)
    assert isinstance(outcome, Failed)
    assert "coreboot" in outcome.reason


async def test_the_last_agent_is_forgotten_and_other_facts_stay(settings, files):
    internal = {
        "agent_url": "https://172.30.0.9:9999",
        "agent_secret_token": Secret("old"),
        "agent_verify_ca": "PEM",
        "agent_last_heartbeat": "2026-01-01T00:00:00+00:00",
        "last_power_state_change": "x",
    }
    task = a_task(driver_internal_info=internal)
    await prepare(task, settings)
    assert set(task.node.driver_internal_info) == {"last_power_state_change", "boot_config"}
    config = BootConfig.of(task.node)
    assert config is not None
    assert (config.kernel, config.ramdisk) == (str(files / "kernel"), str(files / "initramfs"))
    assert config.node_uuid == task.node.uuid


async def test_the_kernel_is_told_where_to_call_back_and_under_which_request(settings):
    task = a_task()
    await prepare(task, settings)
    assert BootConfig.of(task.node).params == (
        "console=ttyS0",
        "ipa-api-url=http://172.30.0.1:6386",
        f"ipa-global-request-id={task.context.request_id}",
    )


async def test_for_inspection_the_callback_is_told_too(settings):
    task = a_task("inspection")
    await prepare(task, settings, purpose="inspection")
    params = BootConfig.of(task.node).params
    assert params[-2:] == (
        "ipa-inspection-callback-url=http://172.30.2.1:6386/v1/continue_inspection",
        "ipa-collect-lldp=1",
    )


async def test_a_nodes_own_parameters_replace_the_defaults_and_cannot_outdo_ours(settings):
    settings = settings.model_copy(update={"ramdisk_kernel_params": "quiet"})
    info = {"kernel_append_params": "%default% debug ipa-api-url=http://evil:1"}
    task = a_task(driver_info=info)
    await prepare(task, settings)
    params = BootConfig.of(task.node).params
    assert params[1:3] == ("quiet", "debug")
    assert [p for p in params if p.startswith("ipa-api-url=")][-1].endswith("172.30.0.1:6386")


@pytest.mark.parametrize("text", ["x ${cmd}", "x\nchain http://e/", "a;b", 'x="1 2"'])
async def test_parameters_that_could_add_a_command_fail_the_step_and_change_nothing(settings, text):
    task = a_task(driver_info={"kernel_append_params": text})
    outcome, networks = await prepare(task, settings)
    assert isinstance(outcome, Failed)
    assert "openstack baremetal node deploy n1" in outcome.reason
    assert "boot_config" not in task.node.driver_internal_info
    assert not networks.options


async def test_an_image_of_the_image_service_may_be_the_kernel(settings):
    task = a_task(driver_info={"deploy_kernel": IMAGE.id})
    await prepare(task, settings)
    config = BootConfig.of(task.node)
    assert config.kernel.startswith(f"http://172.30.0.1:6386/v1/temp/{IMAGE.id}?temp_url_sig=")
    assert f"kernel {config.kernel} initrd" in ramdisk_script(config, MAC)


@pytest.mark.parametrize(
    "place", ["/etc/passwd", "file:///etc/shadow", "/nowhere/kernel", "ftp://h/k", "no-such-image"]
)
async def test_a_node_cannot_have_files_served_from_elsewhere(settings, place):
    task = a_task(driver_info={"deploy_kernel": place})
    outcome, _ = await prepare(task, settings)
    assert isinstance(outcome, Failed)
    assert "boot_config" not in task.node.driver_internal_info


async def test_nor_through_a_link_or_dots(settings, files):
    (files / "link").symlink_to("/etc/passwd")
    for place in (files / "link", files / ".." / ".." / "x", files / "sub" / "kernel"):
        outcome, _ = await prepare(a_task(driver_info={"deploy_kernel": str(place)}), settings)
        assert isinstance(outcome, Failed), place


async def test_another_file_beside_the_configured_one_may_be_named(settings, files):
    (files / "kernel-new").write_bytes(b"y")
    task = a_task(driver_info={"deploy_kernel": f"file://{files}/kernel-new"})
    outcome, _ = await prepare(task, settings)
    assert isinstance(outcome, Done)
    assert BootConfig.of(task.node).kernel == str(files / "kernel-new")


async def test_a_node_without_a_nic_on_the_network_is_refused_in_words(settings):
    node = a_node()
    plugins = {InterfaceKind.NETWORK: NeutronNetwork(SomeNetworks(), settings)}
    outcome, _ = await prepare(MemoryTask(node, (a_port(node),), plugins=plugins), settings)
    assert isinstance(outcome, Failed)
    assert "provisioning network" in outcome.reason


async def test_where_nobody_makes_network_ports_the_operators_dhcp_sends_it_here(settings):
    node = a_node()
    plugins = {InterfaceKind.NETWORK: NoopNetwork()}
    task = MemoryTask(node, (a_port(node),), plugins=plugins)
    outcome, networks = await prepare(task, settings)
    assert isinstance(outcome, Done), outcome
    assert "http://172.30.0.1:6386/boot/ipxe/<MAC>" in outcome.detail
    assert networks.options == {}
    assert BootConfig.of(task.node) is not None


async def test_a_network_without_an_address_of_ours_is_refused_in_words(settings):
    networks = SomeNetworks().with_port(VIF, "provisioning")
    networks.networks["provisioning"] = a_network("provisioning", None)
    outcome, _ = await prepare(a_task(), settings, networks)
    assert isinstance(outcome, Failed)
    assert "no subnet with an address of ours" in outcome.reason


async def test_the_step_is_not_done_while_the_switch_says_otherwise(settings):
    networks = SomeNetworks().with_port(VIF, "provisioning")
    networks.switch_is_deaf = True
    with pytest.raises(SwitchFailure, match="4094"):
        await prepare(a_task(), settings, networks)


async def test_run_twice_it_leaves_the_same_node(settings):
    task = a_task()
    await prepare(task, settings)
    once = task.node
    await prepare(task, settings)
    assert task.node == once


async def test_cleaned_up_nothing_is_handed_out_any_more(settings):
    task = a_task()
    await prepare(task, settings)
    boot = IpxeBoot(SomeImages(), SomeNetworks(), settings)
    for _ in range(2):
        assert isinstance(await run_to_end(task, boot, "clean_up_ramdisk"), Done)
        assert BootConfig.of(task.node) is None


def test_a_node_without_pxe_port_or_ramdisk_is_not_valid(settings):
    node = a_node()
    boot = IpxeBoot(SomeImages(), SomeNetworks(), settings)
    boot.validate(node, (a_port(node),))
    with pytest.raises(Invalid, match="no NIC to boot from"):
        boot.validate(node, (a_port(node, pxe_enabled=False),))
    bare = IpxeBoot(SomeImages(), SomeNetworks(), BareMetalSettings())
    with pytest.raises(Invalid, match="make ramdisk"):
        bare.validate(node, (a_port(node),))


class NotedManagement(ManagementInterface):
    """A BMC that remembers its boot device."""

    def __init__(self):
        self.device = None

    def validate(self, node, ports):
        pass

    async def set_boot_device(self, node, device, *, persistent):
        self.device = (device, persistent)

    async def get_boot_device(self, node):
        return self.device

    def supported_boot_devices(self, node):
        return tuple(BootDevice)


async def test_the_instance_boots_from_disk_for_good_and_gets_no_ramdisk_any_more(settings):
    management = NotedManagement()
    task = a_task()
    task.plugins = {InterfaceKind.MANAGEMENT: management}
    await prepare(task, settings)
    for _ in range(2):
        await IpxeBoot(SomeImages(), SomeNetworks(), settings).prepare_instance(task)
    assert management.device == (BootDevice.DISK, True)
    assert BootConfig.of(task.node) is None
