"""What every boot plug-in that brings the ramdisk over the network must do."""

from dataclasses import replace

import pytest
from tests.baremetal_task import MemoryTask, run_to_end
from tests.unit.baremetal_agent.rooms import SomeNetworks
from tests.unit.baremetal_agent.test_an_instance_in_memory_boots_from_its_tenants_network import (
    SETTINGS,
)
from tests.unit.baremetal_agent.test_an_instance_in_memory_boots_from_its_tenants_network import (
    a_task as in_memory,
)

from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.drivers.agent.ramdisk_network import Listener
from bessemer.baremetal.drivers.ipxe.boot import NetworkBoot
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.dhcp_options import Firmware
from bessemer.baremetal.interfaces.boot import RAMDISK_BOOT
from bessemer.network.domain.dhcp_options import checked_option

VIF = "vif-1"


class NetworkBootContract:
    """Subclasses give `boot`; `task` is a UEFI node with a NIC on the network of `networks`."""

    async def test_an_instance_in_memory_comes_by_the_same_loader(
        self, boot: NetworkBoot, networks: SomeNetworks
    ) -> None:
        assert RAMDISK_BOOT in boot.capabilities
        networks.networks["provisioning"] = replace(
            networks.networks["provisioning"], serves_boot=True
        )
        task = in_memory(networks)
        for _ in range(2):
            await boot.prepare_instance(task)
        mac = task.ports[0].address
        listener = Listener("172.30.0.1", SETTINGS.ramdisk_port)
        assert networks.options[VIF] == boot.loader.options(Firmware(None), listener, mac)
        assert VIF in networks.confirmed
        config = BootConfig.of(task.node)
        assert config is not None
        for render in boot.loader.renderers.values():
            assert f"boot/files/{config.node_uuid}/kernel" in render(config, mac)

    async def test_prepared_twice_it_is_in_force_and_the_same(
        self, boot: NetworkBoot, task: MemoryTask, networks: SomeNetworks
    ) -> None:
        seen = []
        for _ in range(2):
            outcome = await run_to_end(task, boot, "prepare_ramdisk", purpose="provisioning")
            assert isinstance(outcome, Done), outcome
            seen.append((task.node, networks.options[VIF]))
        assert seen[0] == seen[1]
        assert BootConfig.of(task.node) is not None
        assert VIF in networks.confirmed

    async def test_dhcp_can_be_told_all_of_it(
        self, boot: NetworkBoot, task: MemoryTask, networks: SomeNetworks
    ) -> None:
        await run_to_end(task, boot, "prepare_ramdisk", purpose="provisioning")
        for option in networks.options[VIF]:
            assert checked_option(option) == option
            assert len(option.value) <= 64

    @pytest.mark.parametrize("text", ["x ${cmd}", "x\nKERNEL evil", "a;b", "x='1'", 'x="1"', "`x`"])
    async def test_parameters_that_could_add_a_command_change_nothing(
        self, boot: NetworkBoot, task: MemoryTask, networks: SomeNetworks, text: str
    ) -> None:
        task.node.driver_info["kernel_append_params"] = text
        outcome = await run_to_end(task, boot, "prepare_ramdisk", purpose="provisioning")
        assert isinstance(outcome, Failed)
        assert BootConfig.of(task.node) is None
        assert not networks.options

    async def test_cleaned_up_twice_nothing_is_handed_out(
        self, boot: NetworkBoot, task: MemoryTask
    ) -> None:
        await run_to_end(task, boot, "prepare_ramdisk", purpose="provisioning")
        for _ in range(2):
            assert isinstance(await run_to_end(task, boot, "clean_up_ramdisk"), Done)
            assert BootConfig.of(task.node) is None
