"""A disk as the kernel describes it (sysfs), in upstream's inventory words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSFS_SECTOR = 512  # /sys/block/*/size counts these whatever the disk's own sectors are
NOT_DISKS = re.compile("^(loop|ram|zram|sr|dm-|md|fd|nbd|mtdblock|drbd|rbd)")
# What BMCs call the disks that they pretend to be plugged in.
VIRTUAL_MEDIA = re.compile("virtual|vmedia|lcdrive|ami.*(hdisk|floppy|cdrom)", re.IGNORECASE)
PCI_ADDRESS = re.compile("^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}[.][0-7]$")


@dataclass(frozen=True, slots=True)
class Disk:
    """`name` is the device file ("/dev/sda"); `size_bytes` as it can be written."""

    name: str
    size_bytes: int
    model: str | None = None
    vendor: str | None = None
    serial: str | None = None
    wwn: str | None = None
    wwn_with_extension: str | None = None
    wwn_vendor_extension: str | None = None
    rotational: bool = False
    hctl: str | None = None
    by_path: str | None = None
    transport: str | None = None
    logical_sector: int = 512
    physical_sector: int = 512
    read_only: bool = False
    virtual_media: bool = False

    @property
    def is_writable(self) -> bool:
        """Whether the agent may ever write to it."""
        return not self.read_only and not self.virtual_media and self.size_bytes > 0

    def as_json(self) -> dict[str, Any]:
        """One entry of inventory.disks."""
        return {
            "name": self.name,
            "model": self.model or "",
            "size": self.size_bytes,
            "rotational": self.rotational,
            "wwn": self.wwn,
            "serial": self.serial,
            "vendor": self.vendor,
            "wwn_with_extension": self.wwn_with_extension,
            "wwn_vendor_extension": self.wwn_vendor_extension,
            "hctl": self.hctl,
            "by_path": self.by_path,
            "tran": self.transport,
            "logical_sectors": self.logical_sector,
            "physical_sectors": self.physical_sector,
        }


def list_disks(system_root: Path) -> list[Disk]:
    """All whole disks, by name; floppies, optical drives and stacked devices are none."""
    return sorted(_disks(system_root), key=lambda disk: (len(disk.name), disk.name))


def _disks(system_root: Path) -> Iterator[Disk]:
    for folder in (system_root / "sys/block").glob("*"):
        if not NOT_DISKS.match(folder.name) and _number(folder / "size"):
            yield _disk(folder)


def _disk(folder: Path) -> Disk:
    vendor, model = _text(folder / "device/vendor"), _text(folder / "device/model")
    if vendor and vendor.startswith("0x"):  # virtio and NVMe put a PCI vendor number there
        vendor = None
    wwn, extension = _world_wide_name(folder)
    place = str(folder.resolve())
    return Disk(
        name=f"/dev/{folder.name.replace('!', '/')}",
        size_bytes=_number(folder / "size") * SYSFS_SECTOR,
        model=model,
        vendor=vendor,
        serial=_serial(folder),
        wwn=wwn,
        wwn_with_extension=f"{wwn}{extension}" if wwn and extension else wwn,
        wwn_vendor_extension=f"0x{extension}" if extension else None,
        rotational=_number(folder / "queue/rotational") == 1,
        hctl=_hctl(folder),
        by_path=_by_path(folder),
        transport=_transport(place),
        logical_sector=_number(folder / "queue/logical_block_size") or 512,
        physical_sector=_number(folder / "queue/physical_block_size") or 512,
        read_only=_number(folder / "ro") == 1,
        virtual_media="/usb" in place and bool(VIRTUAL_MEDIA.search(f"{vendor} {model}")),
    )


def _text(path: Path) -> str | None:
    """A line that the hardware wrote: printable characters only."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    line = "".join(c for c in raw.decode("ascii", "replace") if c.isprintable() and c != "\ufffd")
    return line.strip() or None


def _number(path: Path) -> int:
    text = _text(path)
    return int(text) if text and text.isdigit() else 0


def _serial(folder: Path) -> str | None:
    """virtio: serial; NVMe: device/serial; SCSI and ATA: page 80h (SPC-5, 7.7.19)."""
    for name in ("serial", "device/serial"):
        text = _text(folder / name)
        if text:
            return text
    try:
        page = (folder / "device/vpd_pg80").read_bytes()
    except OSError:
        return None
    text = page[4 : 4 + int.from_bytes(page[2:4], "big")].decode("ascii", "replace")
    return "".join(c for c in text if c.isprintable()).strip() or None


def _world_wide_name(folder: Path) -> tuple[str | None, str | None]:
    """("0x" and 16 digits, vendor extension) of an NAA identifier; NVMe keeps its own spelling."""
    text = _text(folder / "device/wwid") or _text(folder / "wwid")
    if not text:
        return None, None
    found = re.fullmatch("naa[.]([0-9a-f]{16})([0-9a-f]{16})?", text)
    if found:
        return f"0x{found[1]}", found[2]
    return (text, None) if text.startswith(("eui.", "uuid.", "nvme.")) else (None, None)


def _hctl(folder: Path) -> str | None:
    target = (folder / "device").resolve().name
    return target if re.fullmatch(r"\d+:\d+:\d+:\d+", target) else None


def _transport(place: str) -> str | None:
    for word, name in (("/usb", "usb"), ("/nvme", "nvme"), ("/ata", "sata"), ("/session", "iscsi"),
                       ("/rport-", "fc"), ("/end_device-", "sas"), ("/virtio", "virtio")):  # fmt: skip
        if word in place:
            return name
    return None


def _by_path(folder: Path) -> str | None:
    """The name that udev's path_id gives a disk behind PCI; None where we know no rule."""
    parts = folder.resolve().parts
    addresses = [part for part in parts if PCI_ADDRESS.match(part)]
    if not addresses:
        return None
    start = f"/dev/disk/by-path/pci-{addresses[-1]}"
    place = str(folder.resolve())
    if "/nvme" in place:
        return f"{start}-nvme-{_text(folder / 'nsid') or 1}"
    if "/usb" in place:
        return None
    if "/ata" in place:
        port = next((part for part in parts if re.fullmatch(r"ata\d+", part)), "")
        above = Path(*parts[: parts.index(port) + 1])
        return f"{start}-ata-{_text(above / 'ata_port' / port / 'port_no') or 1}"
    hctl = _hctl(folder)
    if hctl:
        return f"{start}-scsi-0:{hctl.partition(':')[2]}"
    return start
