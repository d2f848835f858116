"""The inventory: processors, memory, firmware, cards and disks, as inspection hooks read it."""

import os
import platform
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bessemer_agent.disks.disk import list_disks
from bessemer_agent.inspection.interfaces import Interface

NO_BMC = {"bmc_address": "0.0.0.0", "bmc_v6address": "::/0"}  # upstream's words for "unknown"
SMBIOS_MEMORY_DEVICE, SMBIOS_END = 17, 127
KIB_UNIT, SEE_EXTENDED, UNKNOWN = 0x8000, 0x7FFF, 0xFFFF
MIB = 1 << 20


def inventory(
    system_root: Path, interfaces: list[Interface], boot_mac: str | None
) -> dict[str, Any]:
    return {
        "interfaces": [interface.as_json() for interface in interfaces],
        "cpu": _cpu(system_root),
        "disks": [disk.as_json() for disk in list_disks(system_root)],
        "memory": _memory(system_root),
        "system_vendor": _system_vendor(system_root),
        "boot": {
            "current_boot_mode": "uefi" if (system_root / "sys/firmware/efi").is_dir() else "bios",
            "pxe_interface": boot_mac,
        },
        "hostname": platform.node(),
        **NO_BMC,
    }


def _cpu(system_root: Path) -> dict[str, Any]:
    text = _text(system_root / "proc/cpuinfo")
    frequency = _last(text, "cpu MHz")
    count = len(re.findall(r"^processor\s*:", text, re.MULTILINE))
    sockets = set(re.findall(r"^physical id\s*:\s*(\d+)", text, re.MULTILINE))
    return {
        "model_name": _last(text, "model name"),
        "frequency": frequency,
        "count": count or os.cpu_count(),
        "architecture": os.uname().machine,
        "flags": _last(text, "flags").split(),
        "socket_count": len(sockets) or 1,
    }


def _last(text: str, key: str) -> str:
    found = re.findall(rf"^{key}\s*:\s*(.*)$", text, re.MULTILINE)
    return found[-1] if found else ""


def _memory(system_root: Path) -> dict[str, int]:
    """`total` is what the kernel has to give, in bytes; `physical_mb` what is plugged in, in MiB."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", _text(system_root / "proc/meminfo"), re.MULTILINE)
    total = int(found[1]) * 1024 if found else 0
    table = system_root / "sys/firmware/dmi/tables/DMI"
    plugged = sum(memory_device_sizes(table.read_bytes())) if table.exists() else 0
    return {"total": total, "physical_mb": (plugged or total) // MIB}


def memory_device_sizes(table: bytes) -> Iterator[int]:
    """Bytes of each memory module (SMBIOS 3.7, 7.18); a table that makes no sense ends the list."""
    at = 0
    while at + 4 <= len(table):
        kind, length = table[at], table[at + 1]
        if length < 4 or kind == SMBIOS_END:
            return
        body = table[at : at + length]
        if kind == SMBIOS_MEMORY_DEVICE and len(body) >= 0x0E:
            yield _module_size(body)
        end_of_strings = table.find(b"\0\0", at + length)
        if end_of_strings < 0:
            return
        at = end_of_strings + 2


def _module_size(body: bytes) -> int:
    size: int = struct.unpack_from("<H", body, 0x0C)[0]
    if size == UNKNOWN:
        return 0
    if size == SEE_EXTENDED and len(body) >= 0x20:
        return int(struct.unpack_from("<I", body, 0x1C)[0] & 0x7FFFFFFF) * MIB
    return (size & ~KIB_UNIT) * 1024 if size & KIB_UNIT else size * MIB


def _system_vendor(system_root: Path) -> dict[str, Any]:
    def fact(name: str) -> str:
        return _text(system_root / "sys/class/dmi/id" / name).strip()

    return {
        "product_name": fact("product_name"),
        "serial_number": fact("product_serial"),
        "manufacturer": fact("sys_vendor"),
        "firmware": {
            "vendor": fact("bios_vendor"),
            "version": fact("bios_version"),
            "build_date": fact("bios_date"),
        },
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
