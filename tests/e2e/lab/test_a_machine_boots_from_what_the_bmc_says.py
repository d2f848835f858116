"""Boot devices, once and for good, at power-on and over resets, BIOS and UEFI."""

import pytest
from tests.e2e.lab import guests
from tests.e2e.lab.rig import Rig

DISK = "BOOTED FROM DISK"
PXE = "Configuring (net0"
RAW_BOOT_FLAGS = ("raw", "0x00", "0x08", "0x05")


@pytest.fixture
def bootable(rig: Rig) -> Rig:
    guests.install(rig.machine.files.disk(0), guests.say(DISK))
    return rig


def test_the_habit_is_the_disk(bootable: Rig) -> None:
    with bootable.console() as console:
        bootable.order("power", "on")
        console.wait_for(DISK)


def test_an_order_for_one_start_is_used_up_by_it(bootable: Rig) -> None:
    bootable.order("chassis", "bootdev", "pxe")
    with bootable.console() as console:
        bootable.order("power", "on")
        console.wait_for(PXE)
        assert "0000000000" in bootable.order("chassis", "bootparam", "get", "5")
        bootable.order("power", "reset")
        console.wait_for(DISK)


def test_a_persistent_order_holds_over_resets_and_power_cycles(bootable: Rig) -> None:
    bootable.order("chassis", "bootdev", "pxe", "options=persistent")
    with bootable.console() as console:
        bootable.order("power", "on")
        console.wait_for(PXE)
        bootable.order("power", "reset")
        console.wait_for(PXE)
        bootable.order("power", "cycle")
        console.wait_for(PXE)


def test_an_order_given_while_on_holds_for_the_next_reset(bootable: Rig) -> None:
    with bootable.console() as console:
        bootable.order("power", "on")
        console.wait_for(DISK)
        bootable.order("chassis", "bootdev", "pxe")
        bootable.order("power", "reset")
        console.wait_for(PXE)


@pytest.mark.parametrize(
    ("flags", "code", "reported"),
    [
        ("0xe0", "0x04", "c004000000"),
        ("0xa0", "0x08", "8008000000"),
        ("0xe0", "0x24", "c008000000"),
        ("0xa0", "0x14", "8014000000"),
        ("0xa0", "0x18", "8018000000"),
    ],
)
def test_raw_boot_flags_are_read_back(rig: Rig, flags: str, code: str, reported: str) -> None:
    rig.order("raw", "0x00", "0x08", "0x03", "0x08")
    rig.order(*RAW_BOOT_FLAGS, flags, code, "0x00", "0x00", "0x00")
    assert reported in rig.order("chassis", "bootparam", "get", "5")


def test_an_unknown_boot_device_is_refused(rig: Rig) -> None:
    refused = rig.ipmitool(*RAW_BOOT_FLAGS, "0xe0", "0x3c", "0x00", "0x00", "0x00")
    assert "rsp=0xcc" in refused.stderr


def test_a_uefi_machine_boots_from_the_network_when_told(rig: Rig) -> None:
    uefi = Rig(rig.lab, "node-1", rig.scratch)
    try:
        uefi.order(*RAW_BOOT_FLAGS, "0xa0", "0x04", "0x00", "0x00", "0x00")
        with uefi.console() as console:
            uefi.order("power", "on")
            console.wait_for("Start PXE over IPv4")
    finally:
        uefi.calm()
