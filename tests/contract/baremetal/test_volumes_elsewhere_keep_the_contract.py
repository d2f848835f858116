"""Storage interfaces of remote volumes against the contract."""

import pytest
from tests.baremetal_task import MemoryTask, a_node
from tests.contract.baremetal.storage_contract import StorageContract
from tests.live_server import serving
from tests.simulated.cinder import PASSWORD, SimulatedCinder
from tests.volumes import a_connector, a_target

from bessemer.baremetal.cinder_settings import CinderSettings
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.drivers.volumes.cinder import CinderStorage
from bessemer.baremetal.drivers.volumes.cinder_session import CinderSession
from bessemer.baremetal.drivers.volumes.external import ExternalStorage


def a_task():
    node = a_node(instance_info={"image_source": "debian"})
    return MemoryTask(node, its_volumes=Volumes((a_connector(),), (a_target(),)))


class TestExternal(StorageContract):
    @pytest.fixture
    def storage(self):
        return ExternalStorage()

    @pytest.fixture
    def task(self):
        return a_task()


class TestCinder(StorageContract):
    @pytest.fixture
    async def storage(self):
        async with serving(SimulatedCinder({"volume-1": "available"}).app()) as url:
            settings = CinderSettings(auth_url=f"{url}/identity/v3", password=PASSWORD)
            session = CinderSession(settings)
            yield CinderStorage(session)
            await session.close()

    @pytest.fixture
    def task(self):
        return a_task()
