"""What every switch driver must do: a driver is accepted when its subclass is green."""

from abc import ABC, abstractmethod

import pytest

from bessemer.network.public import SwitchFailure
from bessemer.network.switches.driver import SwitchDriver, SwitchUnreachable, VlanChange


class SwitchDriverContract(ABC):
    """`driver` is a switch with exactly the ports p1 and p2, both in VLAN 4094."""

    @pytest.fixture
    @abstractmethod
    def driver(self) -> SwitchDriver:
        """The driver under test."""

    @abstractmethod
    def break_it(self) -> None:
        """Make the switch's management unreachable."""

    async def test_it_reads_the_present_vlans(self, driver: SwitchDriver) -> None:
        assert await driver.read_vlans(["p1", "p2"]) == {"p1": 4094, "p2": 4094}

    async def test_a_port_that_is_not_there_is_left_out(self, driver: SwitchDriver) -> None:
        assert await driver.read_vlans(["p1", "nowhere"]) == {"p1": 4094}

    async def test_changes_are_read_back(self, driver: SwitchDriver) -> None:
        await driver.apply([VlanChange("p1", 100), VlanChange("p2", 200)])
        assert await driver.read_vlans(["p1", "p2"]) == {"p1": 100, "p2": 200}

    async def test_applying_twice_is_as_applying_once(self, driver: SwitchDriver) -> None:
        for _ in range(2):
            await driver.apply([VlanChange("p1", 100)])
        assert await driver.read_vlans(["p1", "p2"]) == {"p1": 100, "p2": 4094}

    async def test_all_or_nothing(self, driver: SwitchDriver) -> None:
        with pytest.raises(SwitchFailure, match="nowhere") as caught:
            await driver.apply([VlanChange("p1", 100), VlanChange("nowhere", 100)])
        assert not isinstance(caught.value, SwitchUnreachable)
        assert await driver.read_vlans(["p1"]) == {"p1": 4094}

    async def test_no_changes_are_no_trouble(self, driver: SwitchDriver) -> None:
        await driver.apply([])
        assert await driver.read_vlans(["p1"]) == {"p1": 4094}

    async def test_it_lists_its_ports(self, driver: SwitchDriver) -> None:
        listed = {port.name: port.vlan for port in await driver.list_ports()}
        assert listed == {"p1": 4094, "p2": 4094}

    async def test_silence_is_told_from_refusal(self, driver: SwitchDriver) -> None:
        self.break_it()
        with pytest.raises(SwitchUnreachable):
            await driver.read_vlans(["p1"])
        with pytest.raises(SwitchUnreachable):
            await driver.apply([VlanChange("p1", 100)])
        with pytest.raises(SwitchUnreachable):
            await driver.list_ports()
