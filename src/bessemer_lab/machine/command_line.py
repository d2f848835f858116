"""Builds QEMU's argument vector for one machine: a pure function of what the rack file says."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bessemer_lab.accelerator import Accelerator
from bessemer_lab.layout import MachineFiles
from bessemer_lab.machine.boot import BootDevice, Start, boot_order
from bessemer_lab.rack import Bus, Disk, Firmware, MachineSpec, Nic, NicModel

OVMF_CODE: Final = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
OVMF_VARS: Final = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
NIC_DEVICES: Final = {NicModel.VIRTIO: "virtio-net-pci", NicModel.E1000: "e1000"}
MENU_MS: Final = 65535
IDENTITY: Final = uuid.UUID("b3550000-0000-4000-8000-000000000000")

# With TCG, a plain old processor boots sooner: guests load no drivers for what it lacks.
CPU_MODELS: Final = {Accelerator.KVM: "host", Accelerator.TCG: "Nehalem,+rdrand"}


@dataclass(frozen=True, slots=True)
class Wiring:
    """The file descriptors that QEMU inherits: our ends of its monitor and its serial port."""

    monitor: int
    serial: int


def command_line(
    machine: MachineSpec,
    files: MachineFiles,
    start: Start,
    accelerator: Accelerator,
    wiring: Wiring,
) -> list[str]:
    """QEMU's argument vector for one start of `machine`; QEMU waits before the first step.

    A reset ends QEMU: the next start has its own boot order, hence its own argument vector.
    """
    order = boot_order(machine, start.device)
    return [
        "qemu-system-x86_64",
        *("-name", machine.name, "-uuid", str(identity(machine))),
        *("-machine", "q35,graphics=off", "-accel", _accelerator(accelerator)),
        *("-cpu", CPU_MODELS[accelerator], "-smp", str(machine.cpus)),
        *("-m", str(machine.memory_mib)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"),
        *("-S", "-no-reboot"),
        *("-boot", _menu(start.device)),
        *("-smbios", f"type=1,manufacturer=Bessemer,product=Lab,serial={machine.name}"),
        *("-chardev", f"socket,id=monitor,fd={wiring.monitor}"),
        *("-mon", "chardev=monitor,mode=control"),
        *("-chardev", _serial(wiring.serial, files.console_log), "-serial", "chardev:serial"),
        *("-device", "virtio-rng-pci"),
        *_firmware(machine.firmware, files.nvram, pxe=start.pxe),
        *_each(_nic(nic, index, machine, order) for index, nic in enumerate(machine.nics)),
        *_each(_disk(disk, index, files, order) for index, disk in enumerate(machine.disks)),
    ]


def identity(machine: MachineSpec) -> uuid.UUID:
    """The machine's SMBIOS UUID, the same each time, and different for each first MAC address."""
    return uuid.uuid5(IDENTITY, machine.nics[0].mac)


def _accelerator(accelerator: Accelerator) -> str:
    # One thread for all processors: with several, a processor may run code that another has just
    # changed, and a kernel that patches itself while it boots panics once in a hundred times.
    return "tcg,thread=single" if accelerator is Accelerator.TCG else "kvm"


def _menu(device: BootDevice) -> str:
    if device is BootDevice.BIOS:
        return f"menu=on,splash-time={MENU_MS},strict=on"
    return "menu=off,strict=on"


def _serial(fd: int, log: Path) -> str:
    return f"socket,id=serial,fd={fd},logfile={_escaped(log)},logappend=on"


def _firmware(firmware: Firmware, nvram: Path, *, pxe: bool) -> list[str]:
    if firmware is Firmware.BIOS:
        return []
    return [
        *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF_CODE}"),
        *("-drive", f"if=pflash,format=raw,unit=1,file={_escaped(nvram)}"),
        # Each protocol that the firmware tries in vain costs its whole timeout.
        *("-fw_cfg", f"name=opt/org.tianocore/IPv4PXESupport,string={'y' if pxe else 'n'}"),
        *("-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"),
    ]


def _nic(nic: Nic, index: int, machine: MachineSpec, order: tuple[str, ...]) -> list[str]:
    device = f"{NIC_DEVICES[nic.model]},id=nic{index},netdev=net{index},mac={nic.mac}"
    # OVMF drives virtio cards itself, and every option ROM costs start-up time.
    boots = index == 0 and (machine.firmware, nic.model) != (Firmware.UEFI, NicModel.VIRTIO)
    # The user-space switch knows nothing of virtio's frame header.
    tap = f"tap,id=net{index},ifname={nic.port},script=no,downscript=no,vnet_hdr=off"
    return [
        *("-netdev", tap),
        *("-device", device + ("" if boots else ",romfile=") + _index(f"nic{index}", order)),
    ]


def _disk(disk: Disk, index: int, files: MachineFiles, order: tuple[str, ...]) -> list[str]:
    name = f"disk{index}"
    devices = {
        Bus.VIRTIO: "virtio-blk-pci",
        Bus.SATA: f"ide-hd,bus=ide.{index}",
        Bus.NVME: "nvme",
    }
    file = _escaped(files.disk(index))
    sparse = "cache=unsafe,discard=unmap,detect-zeroes=unmap"
    device = f"{devices[disk.bus]},id={name},drive=file{index},serial={disk.serial}"
    return [
        *("-drive", f"if=none,id=file{index},format=raw,{sparse},file={file}"),
        *("-device", device + _index(name, order)),
    ]


def _index(name: str, order: tuple[str, ...]) -> str:
    return f",bootindex={order.index(name)}" if name in order else ""


def _escaped(path: Path) -> str:
    # In QEMU's option lists a comma is written twice.
    return str(path).replace(",", ",,")


def _each(groups: Iterable[list[str]]) -> list[str]:
    return [word for group in groups for word in group]
