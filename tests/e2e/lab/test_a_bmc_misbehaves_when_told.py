"""Faults that can be switched on and off while the rack is up."""

import pytest
from tests.e2e.lab import guests
from tests.e2e.lab.rig import Rig

from bessemer_lab.errors import LabError


def test_silent(rig: Rig) -> None:
    rig.machine.set_faults("silent")
    assert rig.ipmitool("power", "status").returncode != 0
    rig.machine.set_faults()
    assert rig.order("power", "status") == "Chassis Power is off"


def test_wrong_password(rig: Rig) -> None:
    rig.machine.set_faults("wrong-password")
    assert rig.ipmitool("power", "status").returncode != 0


def test_power_on_is_accepted_and_ignored(rig: Rig) -> None:
    rig.machine.set_faults("ignore-power-on")
    rig.order("power", "on")
    with pytest.raises(LabError, match="the power is still off"):
        rig.machine.wait_for_power("on", 0.5)


def test_on_but_never_boots(rig: Rig) -> None:
    rig.machine.set_faults("never-boots")
    with rig.console() as console:
        rig.order("power", "on")
        rig.machine.wait_for_power("on", 30)
        console._link.settimeout(1.0)
        with pytest.raises(TimeoutError):
            console._link.recv(1)
    assert rig.order("power", "status") == "Chassis Power is on"


def test_a_boot_device_is_accepted_and_ignored(rig: Rig) -> None:
    rig.machine.set_faults("ignore-boot-device")
    rig.order("chassis", "bootdev", "pxe")
    assert "0000000000" in rig.order("chassis", "bootparam", "get", "5")


def test_soft_off_is_accepted_and_ignored(rig: Rig) -> None:
    guests.install(
        rig.machine.files.disk(0),
        guests.heed_power_button(),
        guests.say("HELLO"),
        guests.wait_for_power_button(),
        guests.power_off(),
    )
    rig.machine.set_faults("ignore-soft-off")
    with rig.console() as console:
        rig.order("power", "on")
        console.wait_for("HELLO")
    rig.order("power", "soft")
    with pytest.raises(LabError, match="the power is still on"):
        rig.machine.wait_for_power("off", 0.5)


def test_an_unknown_fault_is_refused_with_the_list(rig: Rig) -> None:
    with pytest.raises(LabError, match=r"'sleepy' is not a valid Fault; allowed: silent, "):
        rig.machine.set_faults("sleepy")


@pytest.mark.parametrize(
    "garbage", [b"", b"\x06", b"\x06\x00\xff\x07\x06\x10" + bytes(18), b"\xff" * 1500]
)
def test_garbage_does_not_end_the_bmc(rig: Rig, garbage: bytes) -> None:
    address = str(rig.machine.spec.bmc.address)
    script = (
        "import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 623))"
    )
    done = rig.lab.run_in_namespace(["python3", "-c", script, address, garbage.hex()])
    assert done.returncode == 0, done.stderr
    assert rig.order("power", "status") == "Chassis Power is off"
