"""The fake plug-ins against the contracts, and their scripts."""

import uuid
from datetime import timedelta

import pytest
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node, a_port
from tests.contract.baremetal.management_contract import ManagementContract
from tests.contract.baremetal.network_contract import NetworkContract, NewVif
from tests.contract.baremetal.power_contract import Machine, PowerContract

from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.settings import BareMetalSettings

SETTINGS = BareMetalSettings(power_state_change_timeout=timedelta(seconds=1.5))


class TestFakePower(PowerContract):
    """The contract."""

    @pytest.fixture
    def power(self) -> FakePower:
        return FakePower(SETTINGS, MemoryMachines())

    @pytest.fixture
    def machine(self) -> Machine:
        def make(*, lag_s: float = 0, deaf: bool = False) -> Node:
            return a_node(driver_info={"fake_power_delay_s": 3600 if deaf else lag_s})

        return make

    @pytest.fixture(params=["busy", "refuses"])
    def broken(self, request: pytest.FixtureRequest) -> Node:
        return a_node(driver_info={"fake_bmc": request.param})


class TestFakeManagement(ManagementContract):
    """The contract."""

    @pytest.fixture
    def management(self) -> FakeManagement:
        return FakeManagement(MemoryMachines())

    @pytest.fixture
    def node(self) -> Node:
        return a_node()


class TestNoopNetwork(NetworkContract):
    """The contract."""

    @pytest.fixture
    def plugin(self) -> NoopNetwork:
        return NoopNetwork()

    @pytest.fixture
    def task(self) -> MemoryTask:
        node = a_node()
        return MemoryTask(node, (a_port(node, 1), a_port(node, 2)))

    @pytest.fixture
    def new_vif(self) -> NewVif:
        async def make() -> str:
            return str(uuid.uuid4())

        return make


async def test_a_power_order_outlives_the_process_that_gave_it() -> None:
    task, machines = MemoryTask(a_node()), MemoryMachines()
    await FakePower(SETTINGS, machines).run_step("power_on", task, {})
    assert task.work.memo["ordered"]
    assert isinstance(await FakePower(SETTINGS, machines).run_step("power_on", task, {}), Done)
    assert task.node.power_state is Power.ON
