"""What a machine keeps outside its disks: records of crashes (pstore), and UEFI boot entries."""

import logging
import os
import re

from bessemer_agent.machine import Machine, run_program

LOG = logging.getLogger(__name__)

# efibootmgr(8): number, label, a tab, the device path (UEFI specification, 10.6.1.6: text form).
ON_A_DISK = re.compile(r"^Boot([0-9A-Fa-f]{4})\*?\s+([^\t]*)\tHD\(")


def erase_pstore(machine: Machine) -> list[str]:
    """Remove what kernels wrote while they crashed; the names of the records.

    Raises CommandFailed; OSError for one that stays.
    """
    folder = machine.root / "sys/fs/pstore"
    if not folder.is_dir():
        return []
    if machine.is_deploy_ramdisk and not os.path.ismount(folder):
        run_program("mount", "-t", "pstore", "pstore", str(folder))
    records = sorted(folder.iterdir())
    for record in records:
        record.unlink()
    return [record.name for record in records]


def remove_disk_entries(machine: Machine) -> list[str]:
    """Remove the boot entries of systems on disks; their labels. Those of firmware and network stay.

    A machine without UEFI has none. Raises CommandFailed.
    """
    if not (machine.root / "sys/firmware/efi").is_dir():
        return []
    removed = []
    for number, label in disk_entries(run_program("efibootmgr", "--verbose")):
        run_program("efibootmgr", "--bootnum", number, "--delete-bootnum")
        LOG.info("Boot entry %s %r removed", number, label)
        removed.append(label)
    return removed


def disk_entries(listed: str) -> list[tuple[str, str]]:
    """(number, label) of each entry whose device path begins at a partition of a disk."""
    found = (ON_A_DISK.match(line) for line in listed.splitlines())
    return [(each[1], each[2].strip()) for each in found if each]
