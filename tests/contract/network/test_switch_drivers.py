"""The contract of switch drivers, on each of them."""

import itertools
import socket
from datetime import timedelta

import pytest
from tests.contract.network.switch_driver import SwitchDriverContract
from tests.integration.network.real_switch import BRIDGE, RealSwitch, inside, run

from bessemer.network.public import SwitchFailure
from bessemer.network.switches.driver import SwitchUnreachable, VlanChange
from bessemer.network.switches.fake import FakeSwitch
from bessemer.network.switches.openvswitch import OpenVSwitch

TIMEOUT = timedelta(seconds=5)


class TestFakeSwitch(SwitchDriverContract):
    @pytest.fixture
    def driver(self) -> FakeSwitch:
        self.fake = FakeSwitch("fake", ["p1", "p2"])
        return self.fake

    def break_it(self) -> None:
        self.fake.unreachable = True


class TestOpenVSwitch(SwitchDriverContract):
    @pytest.fixture
    def driver(self, switch: RealSwitch) -> OpenVSwitch:
        self.switch = switch
        for name in ("p1", "p2"):
            switch.add_port(name, 4094)
        return OpenVSwitch("tor", switch.remote, BRIDGE, TIMEOUT)

    def break_it(self) -> None:
        self.switch.stop_program("ovsdb-server")

    async def test_it_recovers_when_the_database_comes_back(self, driver: OpenVSwitch) -> None:
        self.break_it()
        with pytest.raises(SwitchUnreachable):
            await driver.read_vlans(["p1"])
        self.switch.start_database()
        await driver.apply([VlanChange("p1", 100)])
        assert await driver.read_vlans(["p1"]) == {"p1": 100}

    async def test_a_stored_change_does_not_count_until_the_data_path_follows(
        self, driver: OpenVSwitch
    ) -> None:
        self.switch.stop_program("ovs-vswitchd")
        brief = OpenVSwitch("tor", self.switch.remote, BRIDGE, timedelta(seconds=1))
        with pytest.raises(SwitchUnreachable, match="ovs-vswitchd"):
            await brief.apply([VlanChange("p1", 100)])

    async def test_a_trunk_becomes_an_access_port(self, driver: OpenVSwitch) -> None:
        self.switch.vsctl("set", "port", "p1", "vlan_mode=trunk", "trunks=1,2,3")
        assert await driver.read_vlans(["p1"]) == {"p1": None}
        await driver.apply([VlanChange("p1", 100)])
        assert await driver.read_vlans(["p1"]) == {"p1": 100}
        assert self.switch.vsctl("get", "port", "p1", "trunks") == "[]"

    async def test_a_missing_bridge_is_named(self, switch: RealSwitch) -> None:
        driver = OpenVSwitch("tor", switch.remote, "nosuch", TIMEOUT)
        with pytest.raises(SwitchFailure, match="nosuch"):
            await driver.list_ports()

    async def test_tcp_remotes_work(self, driver: OpenVSwitch) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number = probe.getsockname()[1]
        control = self.switch.folder / "ovsdb-server.ctl"
        self.switch.appctl(control, "ovsdb-server/add-remote", f"ptcp:{number}:127.0.0.1")
        over_tcp = OpenVSwitch("tor", f"tcp:127.0.0.1:{number}", BRIDGE, TIMEOUT)
        await over_tcp.apply([VlanChange("p1", 100)])
        assert await driver.read_vlans(["p1"]) == {"p1": 100}

    async def test_a_port_that_is_only_in_the_parking_vlan_must_be_mended(
        self, driver: OpenVSwitch
    ) -> None:
        self.switch.vsctl("set", "port", "p1", "protected=false")
        assert await driver.read_vlans(["p1"]) == {"p1": None}
        await driver.apply([VlanChange("p1", 4094)])
        assert await driver.read_vlans(["p1"]) == {"p1": 4094}

    async def test_parked_machines_cannot_reach_each_other_and_plugged_ones_can(
        self, driver: OpenVSwitch
    ) -> None:
        homes = {}
        for number, name in enumerate(("m1", "m2"), start=1):
            homes[name], mac = self.switch.add_machine(name)
            address = f"10.77.0.{number}/24"
            run("ip", "-n", homes[name], "address", "add", address, "dev", name)
        known = ("10.77.0.2", "lladdr", mac, "dev", "m1", "nud", "permanent")
        run("ip", "-n", homes["m1"], "neighbour", "add", *known)

        numbers = itertools.count()

        def reaches() -> bool:
            message = f"{next(numbers)}".encode()
            speaker.sendto(message, ("10.77.0.2", 4000))
            heard = b""
            while heard != message:
                try:
                    heard = listener.recv(16)
                except TimeoutError:
                    return False
            return True

        async def plug(vlan: int) -> None:
            await driver.apply([VlanChange("m1", vlan), VlanChange("m2", vlan)])
            self.switch.forget_cached_flows()

        with (
            inside(homes["m2"], lambda: _udp("10.77.0.2")) as listener,
            inside(homes["m1"], lambda: _udp("10.77.0.1")) as speaker,
        ):
            await plug(4094)
            assert not reaches()
            await plug(100)
            assert reaches()
            await plug(4094)
            assert not reaches()


def _udp(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 4000))
    made.settimeout(1)
    return made
