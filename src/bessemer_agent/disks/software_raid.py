"""Software RAID over whole disks, made, found and taken apart by mdadm.

The superblock lies at the members' ends (metadata 1.0, md(4)): on each disk of a mirror firmware
finds what it would find on the mirror.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bessemer_agent.command_failed import DiskUnsuitable, InvalidParameters
from bessemer_agent.disks.disk import Disk
from bessemer_agent.disks.erase import erase_metadata
from bessemer_agent.disks.root_device import matches
from bessemer_agent.machine import Machine, run_program

GIB = 1 << 30
HOME = "bessemer"
MDADM_S = 300.0
WHOLE = "MAX"
# raid_level -> mdadm's level, and how many disks it needs.
LEVELS: dict[str, tuple[str, int]] = {
    "0": ("0", 2),
    "1": ("1", 2),
    "1+0": ("10", 4),
    "5": ("5", 3),
    "6": ("6", 4),
}


@dataclass(frozen=True, slots=True)
class Array:
    """`disk` is how the rest of the agent sees it; `members` are names of disks."""

    disk: Disk
    members: tuple[str, ...]


class SoftwareRaid:
    """The arrays of one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def assemble(self) -> None:
        """Put together what an earlier life of this ramdisk made, if there is any."""
        if self._machine.is_deploy_ramdisk:
            run_program("modprobe", "md_mod")
            run_program("mdadm", "--assemble", "--scan", allowed=(0, 1, 2), timeout_s=MDADM_S)

    def arrays(self) -> list[Array]:
        """Those that are put together, by name."""
        folders = sorted((self._machine.root / "sys/block").glob("md[0-9]*"))
        return [self._array(each.name) for each in folders if (each / "slaves").is_dir()]

    def create(
        self, wanted: Sequence[Mapping[str, Any]], disks: Sequence[Disk]
    ) -> list[dict[str, Any]]:
        """Logical disks over these disks, which lose what they hold; each as it became.

        Raises CommandFailed; before anything is touched when there are too few disks.
        """
        chosen = choose_members(wanted, disks)
        return [
            self._created(number, logical, members)
            for number, (logical, members) in enumerate(zip(wanted, chosen, strict=True))
        ]

    def delete(self) -> list[str]:
        """Take all arrays apart, for good; the names of the disks that are free again."""
        freed: list[str] = []
        for array in self.arrays():
            run_program("mdadm", "--stop", array.disk.name, timeout_s=MDADM_S)
            for member in array.members:
                erase_metadata(self._machine.root / member.lstrip("/"))
            freed += array.members
        return freed

    def _created(
        self, number: int, logical: Mapping[str, Any], members: Sequence[Disk]
    ) -> dict[str, Any]:
        for member in members:
            erase_metadata(self._machine.root / member.name.lstrip("/"))
        level, _ = LEVELS[logical["raid_level"]]
        size = logical["size_gb"]
        limit = [] if size == WHOLE else [f"--size={_component(level, size, len(members))}K"]
        run_program(
            "mdadm", "--create", f"/dev/md{number}", "--run", f"--level={level}",
            f"--raid-devices={len(members)}", "--metadata=1.0", f"--homehost={HOME}",
            f"--name={number}", *([] if level == "0" else ["--bitmap=none"]), *limit,
            *(member.name for member in members), timeout_s=MDADM_S,
        )  # fmt: skip
        made = self._array(f"md{number}").disk
        return {
            "volume_name": f"volume{number}",
            **logical,
            "size_gb": made.size_bytes // GIB,
            "controller": "software",
            "physical_disks": [member.name for member in members],
            "root_device_hint": {"wwn": made.wwn},
        }

    def _array(self, name: str) -> Array:
        folder = self._machine.root / "sys/block" / name
        facts = dict(
            line.split("=", 1)
            for line in run_program("mdadm", "--detail", "--export", f"/dev/{name}").splitlines()
            if "=" in line
        )
        disk = Disk(
            name=f"/dev/{name}",
            size_bytes=int((folder / "size").read_text()) * 512,
            model=f"software RAID {facts.get('MD_LEVEL', '')}".strip(),
            wwn=facts.get("MD_UUID"),
            rotational=(folder / "queue/rotational").read_text().strip() == "1",
        )
        return Array(disk, tuple(f"/dev/{each.name}" for each in (folder / "slaves").iterdir()))


def check_wanted(config: Any) -> list[dict[str, Any]]:
    """Its logical disks. Raises InvalidParameters for those that this agent cannot make."""
    wanted = config.get("logical_disks") if isinstance(config, dict) else None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(x, dict) for x in wanted):
        raise InvalidParameters("logical_disks must be a list of at least one object")
    for each in wanted:
        if each.get("raid_level") not in LEVELS:
            raise InvalidParameters(f"raid_level must be one of {', '.join(LEVELS)}")
        size = each.get("size_gb")
        number = isinstance(size, int) and not isinstance(size, bool) and size > 0
        if size != WHOLE and not (number and each["raid_level"] != "0"):
            raise InvalidParameters("size_gb must be MAX, or but for level 0 a number above 0")
    return wanted


def choose_members(
    wanted: Sequence[Mapping[str, Any]], disks: Sequence[Disk]
) -> list[tuple[Disk, ...]]:
    """The disks of each logical disk, which share none. Raises DiskUnsuitable."""
    free, chosen = list(disks), []
    for number, logical in enumerate(wanted):
        last = number == len(wanted) - 1
        members = _members(logical, free, last=last)
        least = LEVELS[logical["raid_level"]][1]
        if len(members) < least:
            raise DiskUnsuitable(
                f"logical disk {number}, RAID {logical['raid_level']}, needs {least} disks; there "
                f"are {', '.join(disk.name for disk in members) or 'none'} for it"
            )
        free = [disk for disk in free if disk not in members]
        chosen.append(members)
    return chosen


def _members(logical: Mapping[str, Any], free: Sequence[Disk], *, last: bool) -> tuple[Disk, ...]:
    hints = logical.get("physical_disks")
    if hints:
        named = [{"name": each} if isinstance(each, str) else each for each in hints]
        return tuple(disk for disk in free if any(matches(disk, each) for each in named))
    everything = len(free) if last else LEVELS[logical["raid_level"]][1]
    count = logical.get("number_of_physical_disks") or everything
    return tuple(free[:count]) if len(free) >= count else ()


def _component(level: str, size_gb: int, members: int) -> int:
    """KiB of each member, in whole 512 KiB chunks, for an array of that many GiB."""
    data = {"1": 1.0, "10": members / 2, "5": members - 1, "6": members - 2}[level]
    return math.ceil(size_gb * GIB / 1024 / data / 512) * 512
