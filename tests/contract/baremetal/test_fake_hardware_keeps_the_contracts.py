"""The fake plug-ins against the contracts, and their scripts."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node, a_port
from tests.contract.baremetal.bios_contract import BiosContract
from tests.contract.baremetal.console_contract import ConsoleContract
from tests.contract.baremetal.firmware_contract import FirmwareContract
from tests.contract.baremetal.machine_contract import MachineContract
from tests.contract.baremetal.management_contract import ManagementContract
from tests.contract.baremetal.network_contract import NetworkContract, NewVif
from tests.contract.baremetal.power_contract import Machine, PowerContract
from tests.contract.baremetal.raid_contract import RaidContract
from tests.contract.baremetal.rescue_contract import RescueContract
from tests.contract.baremetal.storage_contract import StorageContract
from tests.contract.baremetal.vendor_contract import VendorContract

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.work import Done, Failed, WaitFor
from bessemer.baremetal.drivers.fake.bios import FakeBios
from bessemer.baremetal.drivers.fake.console import FakeConsole
from bessemer.baremetal.drivers.fake.firmware import FakeFirmware
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.fake.raid import FakeRaid
from bessemer.baremetal.drivers.fake.rescue import FakeRescue
from bessemer.baremetal.drivers.fake.storage import FakeStorage
from bessemer.baremetal.drivers.fake.vendor import FakeVendor
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.none.storage import NoopStorage
from bessemer.baremetal.drivers.none.vendor import NoVendor
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.vendor import VendorInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import HardwareFailure, Transient

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


class TestFakeMachine(MachineContract):
    """The contract."""

    @pytest.fixture
    def management(self) -> FakeManagement:
        return FakeManagement(MemoryMachines())

    @pytest.fixture
    def node(self) -> Node:
        return a_node(driver_info={"fake_mac_addresses": ["52:54:00:AA:BB:CC"]})


class TestFakeBios(BiosContract):
    """The contract."""

    @pytest.fixture
    def bios(self) -> FakeBios:
        return FakeBios(MemoryMachines())

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node())

    @pytest.fixture
    def change(self) -> dict[str, str]:
        return {"HyperThreading": "Disabled", "FanSpeedPercent": "60"}

    @pytest.fixture(
        params=[
            {"name": "HyperThreading", "value": "Perhaps"},
            {"name": "FanSpeedPercent", "value": 19},
            {"name": "FanSpeedPercent", "value": "fast"},
            {"name": "SerialNumber", "value": "1"},
            {"name": "AssetTag", "value": "x" * 33},
            {"name": "AssetTag"},
            {"name": "Colour", "value": "red"},
            {"name": ["HyperThreading"], "value": "Enabled"},
            "HyperThreading",
        ]
    )
    def unfit(self, request: pytest.FixtureRequest) -> Any:
        return request.param


class TestFakeFirmware(FirmwareContract):
    """The contract."""

    @pytest.fixture
    def firmware(self) -> FakeFirmware:
        return FakeFirmware(MemoryMachines())

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node())

    @pytest.fixture
    def image(self) -> dict[str, Any]:
        return {"component": "bmc", "url": "http://images.test/bmc-2.1.0.bin", "wait": 1}

    @pytest.fixture(
        params=[
            {"component": "toaster", "url": "http://images.test/1.0.bin"},
            {"component": "bios", "url": "ftp://images.test/1.0.bin"},
            {"component": "bios", "url": "http://images.test/"},
            {"component": "bios", "url": 1},
            {"component": "bios"},
            {"component": "bios", "url": "http://images.test/1.0.bin", "force": True},
        ]
    )
    def unfit(self, request: pytest.FixtureRequest) -> Any:
        return request.param


class TestFakeRaid(RaidContract):
    """The contract."""

    @pytest.fixture
    def raid(self) -> FakeRaid:
        return FakeRaid(MemoryMachines())

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node())


class TestFakeConsole(ConsoleContract):
    """The contract."""

    @pytest.fixture
    def console(self) -> FakeConsole:
        return FakeConsole(MemoryMachines())

    @pytest.fixture
    def node(self) -> Node:
        return a_node()


class TestFakeRescue(RescueContract):
    """The contract."""

    @pytest.fixture
    def rescue(self) -> FakeRescue:
        return FakeRescue(MemoryMachines())

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node(instance_info={"rescue_password": "secret"}))


@pytest.mark.parametrize("make", [lambda: FakeStorage(MemoryMachines()), NoopStorage])
class TestStorage(StorageContract):
    """The contract, of `fake` and of `noop`."""

    @pytest.fixture
    def storage(self, make: Callable[[], StorageInterface]) -> StorageInterface:
        return make()

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node())


@pytest.mark.parametrize("make", [lambda: FakeVendor(MemoryMachines()), NoVendor])
class TestVendor(VendorContract):
    """The contract, of `fake` and of `no-vendor`."""

    @pytest.fixture
    def vendor(self, make: Callable[[], VendorInterface]) -> VendorInterface:
        return make()


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
    slow = a_node(driver_info={"fake_power_delay_s": 3600})
    task, machines = MemoryTask(slow), MemoryMachines()
    await FakePower(SETTINGS, machines).run_step("power_on", task, {})
    assert task.work.memo["ordered"]
    later = clock.now() + timedelta(hours=2)
    heir = FakePower(SETTINGS, machines, lambda: later)
    assert isinstance(await heir.run_step("power_on", task, {}), Done)
    assert task.node.power_state is Power.ON


@pytest.mark.parametrize("told", ["busy", "refuses"])
async def test_every_fake_follows_what_its_bmc_is_told_to_do(told: str) -> None:
    node, machines = a_node(driver_info={"fake_bmc": told}), MemoryMachines()
    management, console = FakeManagement(machines), FakeConsole(machines)
    vendor, task = FakeVendor(machines), MemoryTask(node)
    for talk in (
        management.get_sensors_data(node),
        management.inject_nmi(node),
        management.get_supported_indicators(node),
        management.get_virtual_media(node),
        management.detect_vendor(node),
        console.start_console(node),
        console.get_console(node),
        vendor.recall(node, {}),
        FakeBios(machines).cache_bios_settings(task),
        FakeFirmware(machines).cache_firmware_components(task),
        FakeRescue(machines).rescue(task),
        FakeStorage(machines).attach_volumes(task),
    ):
        with pytest.raises((Transient, HardwareFailure), match=r"driver_info\.fake_bmc"):
            await talk
    assert machines.memories == {}


@pytest.mark.parametrize(
    ("plugin", "step", "args"),
    [
        (FakeBios, "factory_reset", {}),
        (FakeBios, "apply_configuration", {"settings": []}),
        (FakeFirmware, "update", {"settings": [{"component": "bmc", "url": "http://a/1.1"}]}),
        (FakeRaid, "delete_configuration", {}),
        (FakeRescue, "rescue", {}),
        (FakeRescue, "unrescue", {}),
        (FakeStorage, "attach_volumes", {}),
        (FakeStorage, "detach_volumes", {}),
    ],
)
async def test_every_fake_step_fails_and_waits_as_it_is_told(
    plugin: Callable[[MemoryMachines], Plugin], step: str, args: dict[str, Any]
) -> None:
    machines = MemoryMachines()
    made = plugin(machines)
    failing = MemoryTask(a_node(driver_info={"fake_fail_step": f"{made.kind}.{step}"}))
    assert isinstance(await made.run_step(step, failing, args), Failed)
    slow = MemoryTask(a_node(driver_info={"fake_step_delay_s": {f"{made.kind}.{step}": 60}}))
    assert isinstance(await made.run_step(step, slow, args), WaitFor)
    assert machines.memories == {}
