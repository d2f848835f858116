"""What a RAID configuration may ask for: one table, from which its check and its description come. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bessemer.errors import Invalid

RAID_LEVELS: Final = ("JBOD", "0", "1", "2", "5", "6", "1+0", "5+0", "6+0")
WHOLE_DISK: Final = "MAX"
"""In place of `size_gb`: all that is left."""

_Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class LogicalDiskProperty:
    """One key of a logical disk: what it means, what it must be in words, and the check of that."""

    name: str
    meaning: str
    rule: str
    fits: _Check
    required: bool = False


def _one_of(*words: str) -> _Check:
    return lambda value: isinstance(value, str) and value in words


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _disks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, str | dict) for x in value)


# fmt: off
LOGICAL_DISK: Final = (
    LogicalDiskProperty("size_gb", "Size of the logical disk in GiB, or MAX for all that is left.",
        "a number above 0, or MAX", lambda size: size == WHOLE_DISK or _count(size), required=True),
    LogicalDiskProperty("raid_level", f"RAID level: one of {', '.join(RAID_LEVELS)}.",
        f"one of {', '.join(RAID_LEVELS)}", _one_of(*RAID_LEVELS), required=True),
    LogicalDiskProperty("volume_name", "Name of the volume; made up when it is not given.",
        "a string", _word),
    LogicalDiskProperty("is_root_volume", "Whether the instance's system goes onto this volume.",
        "true or false", _flag),
    LogicalDiskProperty("share_physical_disks",
        "Whether other logical disks may use the same physical disks. Default: false.",
        "true or false", _flag),
    LogicalDiskProperty("disk_type", "Kind of physical disk: hdd or ssd.",
        "hdd or ssd", _one_of("hdd", "ssd")),
    LogicalDiskProperty("interface_type", "Interface of the physical disks: sata, scsi, sas or nvme.",
        "one of sata, scsi, sas, nvme", _one_of("sata", "scsi", "sas", "nvme")),
    LogicalDiskProperty("number_of_physical_disks", "How many physical disks to use.",
        "a number above 0", _count),
    LogicalDiskProperty("controller", "Name of the controller; `software` for RAID by the system.",
        "a string", _word),
    LogicalDiskProperty("physical_disks", "The physical disks to use, by name or by hints.",
        "a list of names or of objects with hints", _disks),
)
# fmt: on


def check_raid_config(
    config: Mapping[str, Any], properties: Sequence[LogicalDiskProperty] = LOGICAL_DISK
) -> None:
    """Raises Invalid, naming the disk and the key, for what is no `target_raid_config`."""
    disks = config.get("logical_disks")
    if not isinstance(disks, list):
        raise Invalid("raid_config needs logical_disks: a list of objects; empty for none.")
    if unknown := set(config) - {"logical_disks"}:
        raise Invalid(f"raid_config has no key {min(unknown)[:80]!r}; it has only logical_disks.")
    for number, disk in enumerate(disks):
        _check_disk(f"logical_disks/{number}", disk, {each.name: each for each in properties})
    if sum(disk.get("is_root_volume") is True for disk in disks) > 1:
        raise Invalid("raid_config can have only one logical disk with is_root_volume true.")


def logical_disk_properties() -> dict[str, str]:
    """What each key of a logical disk means."""
    return {each.name: each.meaning for each in LOGICAL_DISK}


def wanted_volumes(
    config: Mapping[str, Any], *, root: bool, others: bool
) -> dict[str, Mapping[str, Any]]:
    """The logical disks to be made, by name; nameless ones are numbered."""
    named = (
        {"volume_name": f"volume{number}", **disk}
        for number, disk in enumerate(config.get("logical_disks", []))
    )
    return {
        disk["volume_name"]: disk
        for disk in named
        if (root if disk.get("is_root_volume") else others)
    }


def _check_disk(where: str, disk: Any, known: Mapping[str, LogicalDiskProperty]) -> None:
    if not isinstance(disk, dict):
        raise Invalid(f"{where} must be an object.")
    for name, value in disk.items():
        each = known.get(name)
        if each is None:
            raise Invalid(f"{where} has no key {name[:80]!r}; possible: {', '.join(known)}.")
        if not each.fits(value):
            raise Invalid(f"{where}/{name} must be {each.rule}.")
    for each in known.values():
        if each.required and each.name not in disk:
            raise Invalid(f"{where} needs {each.name}: {each.rule}.")
