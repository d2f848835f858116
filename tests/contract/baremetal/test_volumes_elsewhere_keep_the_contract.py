"""Storage interfaces of remote volumes against the contract."""

import pytest
from tests.baremetal_task import MemoryTask, a_node
from tests.contract.baremetal.storage_contract import StorageContract
from tests.volumes import a_connector, a_target

from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.drivers.volumes.external import ExternalStorage


class TestExternal(StorageContract):
    @pytest.fixture
    def storage(self):
        return ExternalStorage()

    @pytest.fixture
    def task(self):
        node = a_node(instance_info={"image_source": "debian"})
        return MemoryTask(node, its_volumes=Volumes((a_connector(),), (a_target(),)))
