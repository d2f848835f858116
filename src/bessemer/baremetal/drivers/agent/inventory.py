"""What a ramdisk reports of its machine, checked: sizes, counts and names that can be true; pure.

Shape: `inventory` of ironic-python-agent. A ramdisk runs on a machine that a tenant had before, so
nothing in here is believed without bounds.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.domain.port import CLIENT_ID, normalise_mac
from bessemer.baremetal.drivers.agent.lldp import Neighbour, neighbour
from bessemer.baremetal.drivers.agent.words import GIB, quoted
from bessemer.errors import Invalid

MOST_NICS: Final = 128
MOST_DISKS: Final = 4096
MOST_CPUS: Final = 65_536
MOST_MEMORY_MB: Final = 2**30
LARGEST_DISK: Final = 2**60
SMALLEST_ROOT_DISK: Final = 4 * GIB

_ARCHITECTURE: Final = re.compile(r"[a-z0-9_]{1,32}\Z")
_BOOT_MODES: Final = ("bios", "uefi")


@dataclass(frozen=True, slots=True)
class Nic:
    """One NIC, its MAC normalised."""

    mac: str
    name: str
    neighbour: Neighbour
    client_id: str | None = None
    """What an InfiniBand NIC names itself to DHCP."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a machine; None for what the ramdisk did not tell. Sizes in bytes."""

    nics: tuple[Nic, ...]
    boot_mac: str | None = None
    cpus: int | None = None
    cpu_arch: str | None = None
    memory_mb: int | None = None
    disk_sizes: tuple[int, ...] = ()
    root_disk_size: int | None = None
    boot_mode: str | None = None
    ignored: tuple[str, ...] = ()
    """NICs that were left out, and why."""


def read_machine(data: Mapping[str, Any]) -> Machine:
    """From the body of `POST /v1/continue_inspection`. Raises Invalid naming what cannot be true."""
    inventory = _object(data, "inventory")
    if not inventory:
        raise Invalid("The ramdisk's report has no inventory.")
    nics, ignored = _nics(inventory)
    cpu, memory = _object(inventory, "cpu"), _object(inventory, "memory")
    boot = _object(inventory, "boot")
    return Machine(
        nics=nics,
        boot_mac=_mac_or_none(data.get("boot_interface") or boot.get("pxe_interface")),
        cpus=_whole(cpu.get("count"), "inventory.cpu.count", MOST_CPUS),
        cpu_arch=_architecture(cpu.get("architecture")),
        memory_mb=_whole(memory.get("physical_mb"), "inventory.memory.physical_mb", MOST_MEMORY_MB),
        disk_sizes=_disk_sizes(inventory),
        root_disk_size=_whole(
            _object(data, "root_disk").get("size"), "root_disk.size", LARGEST_DISK
        ),
        boot_mode=_boot_mode(boot.get("current_boot_mode")),
        ignored=ignored,
    )


def reported_error(data: Mapping[str, Any]) -> str | None:
    """The ramdisk's own complaint, made harmless."""
    error = data.get("error")
    return quoted(str(error)) or "an error without words" if error else None


def _nics(inventory: Mapping[str, Any]) -> tuple[tuple[Nic, ...], tuple[str, ...]]:
    found: dict[str, Nic] = {}
    ignored: list[str] = []
    for entry in _list(inventory, "interfaces", MOST_NICS):
        name = quoted(str(entry.get("name") or "a NIC without a name"), 32)
        try:
            mac = normalise_mac(str(entry.get("mac_address") or ""))
        except Invalid:
            ignored.append(f"{name} has no Ethernet MAC")
            continue
        client_id = entry.get("client_id")
        if client_id and not (isinstance(client_id, str) and CLIENT_ID.match(client_id)):
            ignored.append(f"{name} has no usable client_id")
            continue
        found.setdefault(mac, Nic(mac, name, neighbour(entry.get("lldp")), client_id or None))
    if not found:
        raise Invalid("The ramdisk's report lists no NIC with a MAC: the machine has no port.")
    return tuple(found.values()), tuple(ignored)


def _disk_sizes(inventory: Mapping[str, Any]) -> tuple[int, ...]:
    disks = _list(inventory, "disks", MOST_DISKS)
    sizes = (_whole(disk.get("size"), "inventory.disks[].size", LARGEST_DISK) for disk in disks)
    return tuple(size for size in sizes if size)


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"The ramdisk's report: {name} is {_shown(value)}, not an object.")
    return value


def _list(data: Mapping[str, Any], name: str, most: int) -> list[Mapping[str, Any]]:
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Invalid(f"The ramdisk's report: inventory.{name} is no list of objects.")
    if len(value) > most:
        raise Invalid(
            f"The ramdisk's report: inventory.{name} has {len(value)} entries; more than {most} "
            "are not credible."
        )
    return value


def _whole(value: Any, name: str, most: int) -> int | None:
    """A whole number from 0 to `most`; 0 and null count as not told."""
    if value is None:
        return None
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Invalid(f"The ramdisk's report: {name} is {_shown(value)}; it must be 0 to {most}.")
    return value or None


def _architecture(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _ARCHITECTURE.match(value):
        raise Invalid(f"The ramdisk's report: inventory.cpu.architecture is {_shown(value)}.")
    return value


def _boot_mode(value: Any) -> str | None:
    if not value:
        return None
    if value not in _BOOT_MODES:
        raise Invalid(
            f"The ramdisk's report: inventory.boot.current_boot_mode is {_shown(value)}, "
            "neither bios nor uefi."
        )
    return str(value)


def _mac_or_none(value: Any) -> str | None:
    """BOOTIF in either spelling: a MAC, or hardware type (`01-`, `20-`) and it with dashes."""
    if not isinstance(value, str) or not value:
        return None
    text = value[3:] if len(value) == len("01-xx-xx-xx-xx-xx-xx") else value
    try:
        return normalise_mac(text)
    except Invalid:
        return None


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 256 bits"
    return quoted(repr(value) if isinstance(value, str | int | float) else type(value).__name__, 60)
