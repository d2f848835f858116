"""What every management plug-in must do."""

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.management import ManagementInterface


class ManagementContract:
    """Subclasses give the fixtures `management` and `node`."""

    def test_a_good_node_is_valid(self, management: ManagementInterface, node: Node) -> None:
        management.validate(node, ())

    def test_network_and_disk_are_always_supported(
        self, management: ManagementInterface, node: Node
    ) -> None:
        assert {BootDevice.PXE, BootDevice.DISK} <= {*management.supported_boot_devices(node)}

    @pytest.mark.parametrize("persistent", [False, True])
    async def test_every_supported_device_reads_back(
        self, management: ManagementInterface, node: Node, persistent: bool
    ) -> None:
        devices = management.supported_boot_devices(node)
        read = []
        for device in devices:
            await management.set_boot_device(node, device, persistent=persistent)
            read.append(await management.get_boot_device(node))
        assert read == [(device, persistent) for device in devices]

    async def test_network_boot_is_for_once_and_may_be_ordered_twice(
        self, management: ManagementInterface, node: Node
    ) -> None:
        task = MemoryTask(node)
        for _ in range(2):
            assert isinstance(await run_to_end(task, management, "boot_from_network"), Done)
        assert await management.get_boot_device(node) == (BootDevice.PXE, False)
