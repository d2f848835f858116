"""`image` extension: make the firmware start what was written (UEFI boot entry)."""

import csv
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.command import Invocation
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.machine import Machine, run_program
from bessemer_formats import UnsafeImage
from bessemer_formats.gpt import EFI_SYSTEM, Gpt

LOG = logging.getLogger(__name__)

MAX_CSV_BYTES = 4096
MAX_LABEL = 64
FALLBACK = "EFI/BOOT/BOOTX64.EFI"
FALLBACK_LABEL = "Bessemer"
SAFE_NAME = re.compile(r"^[A-Za-z0-9._-]+$")
ENTRY_LINE = re.compile(r"^Boot([0-9A-Fa-f]{4})\*?\s+(.*?)(?:\t.*)?$")


@dataclass(frozen=True, slots=True)
class Loader:
    """A file of the EFI system partition, with slashes, and the name that it gets in the menu."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class BootEntryInstaller:
    """Never runs anything of the image: it reads file names, and the firmware's own tool writes."""

    machine: Machine
    disks: NodeDisks

    def install_bootloader(self, call: Invocation) -> None:
        """image.install_bootloader. BIOS machines start whole-disk images as they are."""
        if call.params.get("target_boot_mode") == "bios" or not self._is_uefi():
            LOG.info("BIOS boot: the image's own boot sector is used")
            return
        try:
            self._install(call.params)
        except CommandFailed as error:
            if not call.params.get("ignore_bootloader_failure"):
                raise
            LOG.warning("Boot entry: %s (ignored on order)", error)

    def _is_uefi(self) -> bool:
        return (self.machine.root / "sys/firmware/efi").is_dir()

    def _install(self, params: Mapping[str, object]) -> None:
        disk = self.disks.root_device()
        path = self.disks.path_of(disk)
        number = _system_partition(path)
        with self._mounted(_partition_path(path, number)) as folder:
            loader = find_loader(folder)
        for stale in entries_called(loader.label, run_program("efibootmgr")):
            run_program("efibootmgr", "--bootnum", stale, "--delete-bootnum")
        run_program("efibootmgr", "--create", "--disk", str(path), "--part", str(number),
                    "--label", loader.label, "--loader", "\\" + loader.path.replace("/", "\\"))  # fmt: skip
        LOG.info("Boot entry %r starts %s of partition %d", loader.label, loader.path, number)

    @contextmanager
    def _mounted(self, partition: Path) -> Iterator[Path]:
        """Read-only, without devices, set-uid or programs."""
        folder = self.machine.state_folder / "esp"
        folder.mkdir(exist_ok=True)
        options = "ro,nodev,nosuid,noexec"
        run_program("mount", "-t", "vfat", "-o", options, str(partition), str(folder))
        try:
            yield folder
        finally:
            run_program("umount", str(folder))


def _system_partition(disk: Path) -> int:
    """Number of the EFI system partition. Raises CommandFailed."""
    with BlockDevice(disk) as device:
        try:
            table = Gpt.read(device.read_at, device.size_bytes)
        except UnsafeImage as error:
            raise CommandFailed(f"{disk}: {error}") from error
    for partition in table.partitions if table else ():
        if partition.kind == EFI_SYSTEM:
            return partition.number
    raise CommandFailed(
        f"{disk} has no EFI system partition: the image cannot boot by UEFI; use another image or "
        "boot mode bios"
    )


def _partition_path(disk: Path, number: int) -> Path:
    separator = "p" if disk.name[-1].isdigit() else ""
    return disk.with_name(f"{disk.name}{separator}{number}")


def find_loader(folder: Path) -> Loader:
    """What the vendor's BOOTX64.CSV names, else the removable-media loader. Raises CommandFailed.

    The CSV is UTF-16 text: file, label, options, comment (shim's fallback.c reads it so).
    """
    for listing in sorted(folder.glob("EFI/*/BOOTX64.CSV")):
        loader = _from_csv(listing)
        if loader and (folder / loader.path).is_file():
            return loader
    fallback = _spelled(folder, FALLBACK)
    if fallback:
        return Loader(fallback, FALLBACK_LABEL)
    raise CommandFailed(f"the EFI system partition has neither a BOOTX64.CSV nor {FALLBACK}")


def _from_csv(listing: Path) -> Loader | None:
    with listing.open("rb") as stream:
        raw = stream.read(MAX_CSV_BYTES)
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
    rows = list(csv.reader(raw.decode(encoding, "replace").splitlines()))
    row = rows[0] if rows else []
    if len(row) < 2 or not SAFE_NAME.match(row[0]):
        return None
    label = "".join(c for c in row[1] if c.isprintable())[:MAX_LABEL]
    return Loader(f"EFI/{listing.parent.name}/{row[0]}", label or FALLBACK_LABEL)


def _spelled(folder: Path, wanted: str) -> str | None:
    """The file as it is spelled there, whatever its case."""
    for path in folder.glob("*/*/*"):
        name = path.relative_to(folder).as_posix()
        if name.upper() == wanted:
            return name
    return None


def entries_called(label: str, listing: str) -> list[str]:
    """Numbers of the boot entries with exactly this label, from efibootmgr's output."""
    found = [ENTRY_LINE.match(line) for line in listing.splitlines()]
    return [match[1] for match in found if match and match[2].split("\t")[0].strip() == label]
