"""Erasing: the disk's own command where it has one, zeros everywhere else; proven by reading."""

import json
import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.command import Report
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.disks.disk import Disk
from bessemer_agent.machine import run_program

LOG = logging.getLogger(__name__)

MIB = 1 << 20
# Boot code, tables, LVM, RAID and file system signatures at the start; backup tables and RAID
# superblocks at the end.
METADATA_BYTES = 4 * MIB
ZERO_PIECE = 256 * MIB
SAMPLES, SAMPLE_BYTES = 256, 4096
CANARIES, CANARY = 64, b"Bessemer" * (SAMPLE_BYTES // 8)
SECURE_ERASE_DEADLINE_S = 12 * 3600.0
ATA_PASSWORD = "NULL"  # noqa: S105 - the command needs one; the erase itself removes it
NVME_CRYPTO_ERASE, NVME_USER_DATA_ERASE = "2", "1"


def erase_metadata(path: Path) -> None:
    """Zero the first and last 4 MiB: tables, and what stands in for them. Raises CommandFailed."""
    with BlockDevice(path) as device:
        size = device.size_bytes
        for start, length in (
            (0, min(METADATA_BYTES, size)),
            (max(0, size - METADATA_BYTES), min(METADATA_BYTES, size)),
        ):
            device.zero(start, length)
        device.flush()
        try:
            device.reread_partitions()
        except OSError as error:
            LOG.warning("%s: the kernel does not re-read the partitions: %s", path, error)


def erase(disk: Disk, path: Path, report: Report) -> str:
    """Erase all of a disk; the name of the way that worked. Raises CommandFailed.

    Ways are tried from the quickest to the slowest; the first whose result reads as erased wins.
    """
    for name, way in _ways(disk, path, report):
        try:
            LOG.info("%s: erasing by %s", path, name)
            way()
            _verify_samples(path)
            erase_metadata(path)
        except (CommandFailed, OSError) as error:
            LOG.warning("%s: %s: %s", path, name, error)
            failure = f"{name}: {error}"
            continue
        return name
    raise CommandFailed(f"{path} cannot be erased; the last attempt was {failure}")


def erase_express(disk: Disk, path: Path) -> str:
    """Erase by the disk's own command where it has one, else only metadata; the way that worked.

    For disks that would take too long to overwrite. Raises CommandFailed.
    """
    for name, way in _own_commands(disk, path):
        try:
            way()
            _verify_samples(path)
        except (CommandFailed, OSError) as error:
            LOG.warning("%s: %s: %s", path, name, error)
            continue
        erase_metadata(path)
        return name
    erase_metadata(path)
    return "metadata erased"


def _ways(disk: Disk, path: Path, report: Report) -> Iterator[tuple[str, Callable[[], None]]]:
    yield from _own_commands(disk, path)
    if not disk.rotational:
        yield "discard", lambda: _discard(path)
    yield "zeros", lambda: _overwrite(path, report)


def _own_commands(disk: Disk, path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    if disk.transport == "nvme":
        yield "NVMe format", lambda: _nvme_format(path)
    if disk.transport == "sata":
        yield "ATA secure erase", lambda: _ata_secure_erase(path)


def _nvme_format(path: Path) -> None:
    """NVM Express base specification, Format NVM; cryptographic where the disk can."""
    facts = json.loads(run_program("nvme", "id-ctrl", str(path), "--output-format=json"))
    if not int(facts.get("oacs", 0)) & 0x2:
        raise CommandFailed("the disk does not support Format NVM")
    mode = NVME_CRYPTO_ERASE if int(facts.get("fna", 0)) & 0x4 else NVME_USER_DATA_ERASE
    run_program("nvme", "format", str(path), f"--ses={mode}", "--force",
                timeout_s=SECURE_ERASE_DEADLINE_S)  # fmt: skip


def _ata_secure_erase(path: Path) -> None:
    """ATA/ATAPI Command Set, security feature set; refused when frozen, locked or in use."""
    security = _ata_security(run_program("hdparm", "-I", str(path)))
    if "supported" not in security:
        raise CommandFailed("the disk has no ATA security feature set")
    for obstacle in ("enabled", "locked", "frozen"):
        if obstacle in security:
            raise CommandFailed(f"ATA security is {obstacle}; a power cycle may help")
    run_program("hdparm", "--user-master", "u", "--security-set-pass", ATA_PASSWORD, str(path))
    enhanced = "supported: enhanced erase" in security
    order = "--security-erase-enhanced" if enhanced else "--security-erase"
    try:
        run_program("hdparm", "--user-master", "u", order, ATA_PASSWORD, str(path),
                    timeout_s=SECURE_ERASE_DEADLINE_S)  # fmt: skip
    except CommandFailed:
        run_program("hdparm", "--user-master", "u", "--security-disable", ATA_PASSWORD, str(path))
        raise


def _ata_security(text: str) -> set[str]:
    """The lines of hdparm's Security section that hold (those without "not")."""
    section = text.partition("\nSecurity:")[2]
    lines = [line.strip() for line in section.splitlines()[1:]]
    return {line for line in lines if line and not line.startswith("not")}


def _discard(path: Path) -> None:
    """Many disks ignore discards or keep parts: known data must be gone. Raises CommandFailed."""
    with BlockDevice(path) as device:
        last = max(0, device.size_bytes - SAMPLE_BYTES) // SAMPLE_BYTES
        places = [last * number // CANARIES * SAMPLE_BYTES for number in range(CANARIES + 1)]
        for at in places:
            device.write_at(at, CANARY)
        device.flush()
        device.discard(0, device.size_bytes)
        for at in places:
            if device.read_at(at, SAMPLE_BYTES).strip(b"\0"):
                raise CommandFailed(f"byte {at} is not zero after the discard")


def _overwrite(path: Path, report: Report) -> None:
    with BlockDevice(path) as device:
        for at in range(0, device.size_bytes, ZERO_PIECE):
            end = min(at + ZERO_PIECE, device.size_bytes)
            device.zero(at, end - at)
            report(f"erasing {path.name}", end, device.size_bytes)
        device.flush()


def _verify_samples(path: Path) -> None:
    """Random places, and both ends, must read as all zeros or all ones. Raises CommandFailed.

    A disk that reads as anything else, as some do after a cryptographic erase, is overwritten: what
    cannot be told from data is not trusted.
    """
    with BlockDevice(path) as device:
        last = max(0, device.size_bytes - SAMPLE_BYTES)
        places = [0, last, *(random.randrange(0, last + 1) for _ in range(SAMPLES))]
        for at in places:
            sample = device.read_at(at, SAMPLE_BYTES)
            if sample.strip(b"\0") and sample.strip(b"\xff"):
                raise CommandFailed(f"byte {at} of the disk still holds data")
