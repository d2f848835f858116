"""QEMU's argument vector for one machine."""

from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.lab.racks import a_machine, a_rack

from bessemer_lab.accelerator import Accelerator
from bessemer_lab.layout import MachineFiles
from bessemer_lab.machine.boot import BootDevice, Start
from bessemer_lab.machine.command_line import Wiring, command_line, identity
from bessemer_lab.rack import MachineSpec
from bessemer_lab.rack_file import parse_rack

FILES = MachineFiles(Path("/state/a,b"))
NICS = [
    {"mac": "52:54:00:00:00:01", "switch": "tor1", "port": "swp1"},
    {"mac": "52:54:00:00:00:02", "switch": "tor1", "port": "swp2", "model": "e1000"},
]
DISKS = [
    {"size_gib": 1, "bus": "virtio"},
    {"size_gib": 1, "bus": "sata"},
    {"size_gib": 1, "bus": "nvme", "serial": "S3"},
]


def argv(device: BootDevice = BootDevice.DISK, **changes: object) -> list[str]:
    machine = parse_rack(a_rack(machines=[a_machine(**changes)])).machines[0]
    return argv_of(machine, Start(device))


def argv_of(machine: MachineSpec, start: Start) -> list[str]:
    return command_line(machine, FILES, start, Accelerator.TCG, Wiring(monitor=5, serial=6))


def devices(words: list[str]) -> dict[str, str]:
    """The `-device` arguments by their id."""
    values = [value for option, value in pairwise(words) if option == "-device"]
    return {v.partition("id=")[2].partition(",")[0]: v for v in values if "id=" in v}


def test_disks_are_on_the_bus_and_have_the_serial_of_the_rack_file() -> None:
    found = devices(argv(disks=DISKS))
    assert found["disk0"].startswith("virtio-blk-pci,")
    assert found["disk1"].startswith("ide-hd,bus=ide.1,")
    assert found["disk2"].startswith("nvme,")
    assert "serial=S3" in found["disk2"]


def test_disks_take_no_room_for_what_is_discarded_or_zero() -> None:
    words = " ".join(argv())
    assert "cache=unsafe,discard=unmap,detect-zeroes=unmap,file=/state/a,,b/disk0.raw" in words


@pytest.mark.parametrize(
    ("device", "first", "second"),
    [(BootDevice.PXE, "nic0", "disk0"), (BootDevice.DISK, "disk0", "nic0")],
)
def test_the_boot_order_follows_the_boot_device(
    device: BootDevice, first: str, second: str
) -> None:
    found = devices(argv(device, nics=NICS))
    assert found[first].endswith("bootindex=0")
    assert found[second].endswith("bootindex=1")
    assert "bootindex" not in found["nic1"]


def test_only_the_booting_nic_of_a_bios_machine_has_its_rom() -> None:
    found = devices(argv(nics=NICS))
    assert "romfile" not in found["nic0"]
    assert "romfile=," in f"{found['nic1']},"


def test_ovmf_drives_virtio_itself() -> None:
    assert "romfile=," in devices(argv(firmware="uefi"))["nic0"]


def test_uefi_variables_are_the_machines_own() -> None:
    words = " ".join(argv(firmware="uefi"))
    assert "unit=1,file=/state/a,,b/nvram.fd" in words
    assert "pflash" not in " ".join(argv(firmware="bios"))


def test_taps_are_plain() -> None:
    words = argv(nics=NICS)
    assert "tap,id=net0,ifname=swp1,script=no,downscript=no,vnet_hdr=off" in words


def test_the_menu_is_shown_only_when_told() -> None:
    assert "menu=off,strict=on" in argv()
    assert "menu=on,splash-time=65535,strict=on" in argv(BootDevice.BIOS)


def test_machines_are_told_apart_by_their_uuid() -> None:
    one, other = parse_rack(a_rack()).machines
    assert identity(one) != identity(other)
    assert identity(one) == identity(parse_rack(a_rack()).machines[0])


@pytest.mark.parametrize(("pxe", "said"), [(True, "y"), (False, "n")])
def test_uefi_firmware_is_told_whether_it_knows_pxe(pxe: bool, said: str) -> None:
    machine = parse_rack(a_rack(machines=[a_machine(firmware="uefi")])).machines[0]
    words = argv_of(machine, Start(BootDevice.PXE, pxe=pxe))
    assert f"name=opt/org.tianocore/IPv4PXESupport,string={said}" in words
