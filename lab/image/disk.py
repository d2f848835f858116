"""Puts a root directory onto one GPT disk that starts by BIOS and by UEFI, without loop devices."""

import os
import struct
import subprocess
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
SECTOR: Final = 512
BIOS_AT, BIOS_SIZE = 1 * MIB, 1 * MIB
ESP_AT, ESP_SIZE = 2 * MIB, 64 * MIB  # FAT32 needs 65525 clusters: nothing smaller is FAT32
ROOT_AT: Final = ESP_AT + ESP_SIZE
ROOT_SPARE: Final = 160 * MIB
BACKUP_TABLE: Final = 1 * MIB

GPT: Final = """\
label: gpt
unit: sectors
14: start={bios_at}, size={bios_size}, type=21686148-6449-6E6F-744E-656564454649, name=bios
15: start={esp_at}, size={esp_size}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp
1: start={root_at}, size={root_size}, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root
"""
GRUB_MODULES: Final = (
    *("part_gpt", "ext2", "normal", "linux", "search", "search_fs_uuid", "configfile"),
    *("serial", "terminal", "echo", "test", "sleep", "reboot", "halt", "ls", "cat"),
)
FIND_ROOT: Final = """\
search --no-floppy --fs-uuid --set=root {root_uuid}
set prefix=($root)/boot/grub
"""
MENU: Final = """\
# /vmlinuz and /initrd.img point to the newest kernel installed: this file never needs an update.
set timeout=0
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
menuentry Debian {{
    linux /vmlinuz {arguments}
    initrd /initrd.img
}}
menuentry 'Debian, the kernel before' {{
    linux /vmlinuz.old {arguments}
    initrd /initrd.img.old
}}
"""
# Each serial port of the default 32 costs udev an event, twice, and machines have two. NICs keep the
# kernel's names: on a slow machine udev renames them while cloud-init is at work by the names before.
KERNEL_ARGUMENTS: Final = (
    "root=UUID={root_uuid} ro 8250.nr_uarts=4 net.ifnames=0 console=tty0 console=ttyS0,115200n8"
)


def boot_menu(root_uuid: str) -> str:
    """The text of /boot/grub/grub.cfg."""
    return MENU.format(arguments=KERNEL_ARGUMENTS.format(root_uuid=root_uuid))


def assemble(root: Path, root_uuid: str, work: Path) -> Path:
    """Make `work/disk.raw` (sparse) from the root directory; returns its path."""
    root_size = _root_size(root)
    image = work / "disk.raw"
    with image.open("wb") as handle:
        handle.truncate(ROOT_AT + root_size + BACKUP_TABLE)
    _partition(image, root_size)
    _make_root(root, root_uuid, root_size, image)
    find_root = work / "find-root.cfg"
    find_root.write_text(FIND_ROOT.format(root_uuid=root_uuid))
    _make_esp(image, _grub("x86_64-efi", find_root, work / "bootx64.efi"))
    _embed_bios_loader(image, _grub("i386-pc", find_root, work / "core.img", "biosdisk"))
    return image


def _root_size(root: Path) -> int:
    """Bytes for the root partition: what is there in whole blocks, and room for a first boot."""
    done = subprocess.run(
        ["du", "--summarize", "--one-file-system", "--block-size=1", str(root)],
        check=True,
        stdout=subprocess.PIPE,
    )
    used = int(done.stdout.split()[0])
    return (int(used * 1.06) + ROOT_SPARE) // (4 * MIB) * (4 * MIB)


def _partition(image: Path, root_size: int) -> None:
    table = GPT.format(
        bios_at=BIOS_AT // SECTOR,
        bios_size=BIOS_SIZE // SECTOR,
        esp_at=ESP_AT // SECTOR,
        esp_size=ESP_SIZE // SECTOR,
        root_at=ROOT_AT // SECTOR,
        root_size=root_size // SECTOR,
    )
    subprocess.run(["sfdisk", "--quiet", str(image)], input=table.encode(), check=True)


def _make_root(root: Path, root_uuid: str, size: int, image: Path) -> None:
    form = ("-q", "-t", "ext4", "-b", "4096", "-m", "1", "-J", "size=16", "-L", "root")
    place = f"offset={ROOT_AT},lazy_itable_init=0,lazy_journal_init=0"
    content = ("-U", root_uuid, "-E", place, "-d", str(root), str(image), f"{size // 1024}k")
    subprocess.run(["mke2fs", *form, *content], check=True)


def _make_esp(image: Path, loader: Path) -> None:
    """A FAT32 file system with GRUB on the path that UEFI tries on any disk (UEFI 2.10, 3.5.1.1)."""
    partition = f"{image}@@{ESP_AT}"
    sectors = str(ESP_SIZE // SECTOR)
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}
    for argv in (
        ["mformat", "-i", partition, "-F", "-v", "ESP", "-T", sectors, "-h", "64", "-s", "32"],
        ["mmd", "-i", partition, "::/EFI", "::/EFI/BOOT"],
        ["mcopy", "-i", partition, str(loader), "::/EFI/BOOT/BOOTX64.EFI"],
    ):
        subprocess.run(argv, check=True, env=environment)


def _grub(target: str, config: Path, output: Path, *modules: str) -> Path:
    argv = ["grub-mkimage", "-O", target, "-p", "/boot/grub", "-c", str(config), "-o", str(output)]
    subprocess.run([*argv, *GRUB_MODULES, *modules], check=True)
    return output


def _embed_bios_loader(image: Path, core: Path) -> None:
    """What grub-bios-setup does, which refuses anything but a device.

    The boot sector holds at 0x5c the sector of GRUB's core; the core's first sector holds in its
    last 12 bytes where the rest lies (GRUB manual, "Images"; include/grub/i386/pc/boot.h).
    """
    boot = bytearray(Path("/usr/lib/grub/i386-pc/boot.img").read_bytes())
    body = bytearray(core.read_bytes())
    if len(body) > BIOS_SIZE:
        raise SystemExit(f"GRUB's core has {len(body)} bytes and its partition only {BIOS_SIZE}.")
    first = BIOS_AT // SECTOR
    struct.pack_into("<Q", boot, 0x5C, first)
    struct.pack_into("<Q", body, SECTOR - 12, first + 1)
    with image.open("r+b") as handle:
        handle.write(boot[:0x1B8])  # what follows is the partition table's
        handle.seek(BIOS_AT)
        handle.write(body)
