"""Power by ipmitool, against what QEMU really does."""

import os

import pytest
from tests.e2e.lab import guests
from tests.e2e.lab.rig import Rig


def test_power_on_status_and_off(rig: Rig) -> None:
    assert rig.order("power", "status") == "Chassis Power is off"
    rig.order("power", "on")
    rig.machine.wait_for_power("on", 30)
    assert rig.order("power", "status") == "Chassis Power is on"
    rig.order("power", "off")
    rig.machine.wait_for_power("off", 30)
    assert rig.order("power", "status") == "Chassis Power is off"


def test_soft_off_reaches_an_operating_system_that_cares(rig: Rig) -> None:
    guests.install(
        rig.machine.files.disk(0),
        guests.heed_power_button(),
        guests.say("HELLO"),
        guests.wait_for_power_button(),
        guests.power_off(),
    )
    with rig.console() as console:
        rig.order("power", "on")
        console.wait_for("HELLO")
    rig.order("power", "soft")
    rig.machine.wait_for_power("off", 30)


def test_a_machine_that_switches_itself_off_is_off(rig: Rig) -> None:
    guests.install(rig.machine.files.disk(0), guests.power_off())
    rig.order("power", "on")
    rig.machine.wait_for_power("off", 30)
    assert rig.order("power", "status") == "Chassis Power is off"


def test_a_machine_whose_qemu_dies_is_off_and_the_log_says_so(rig: Rig) -> None:
    rig.order("power", "on")
    rig.machine.wait_for_power("on", 30)
    rig.machine.kill_qemu()
    rig.machine.wait_for_power("off", 30)
    assert rig.order("power", "status") == "Chassis Power is off"
    assert "QEMU died with status -9" in rig.machine.files.log.read_text()


def test_power_cycle_starts_a_new_qemu(rig: Rig) -> None:
    rig.order("power", "on")
    first = rig.running_qemu()
    rig.order("power", "cycle")
    assert rig.running_qemu(other_than=first)
    assert not os.path.exists(f"/proc/{first}")  # noqa: PTH110


def test_the_bmc_describes_itself(rig: Rig) -> None:
    assert "IPMI Version              : 2.0" in rig.order("mc", "info")
    assert "CPU Temp         | no reading" in rig.order("sdr")
    rig.order("power", "on")
    assert rig.running_qemu()
    assert "CPU Temp         | 41 degrees C" in rig.order("sdr")


@pytest.mark.parametrize("words", [("chassis", "restart_cause"), ("raw", "0x30", "0x01")])
def test_an_unknown_command_is_refused(rig: Rig, words: tuple[str, ...]) -> None:
    assert rig.ipmitool(*words).returncode != 0


def test_a_wrong_password_is_refused(rig: Rig) -> None:
    refused = rig.ipmitool("power", "on", password="wrong")
    assert refused.returncode != 0
    assert "Unable to establish IPMI v2 / RMCP+ session" in refused.stderr
    assert rig.machine.power_state() == "off"
