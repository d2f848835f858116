"""Which loader of the image's system partition the firmware is told to start."""

from pathlib import Path

import pytest

from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.boot_entry import Loader, entries_called, find_loader


def a_partition(root: Path, *names: str, listing: bytes = b"") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(listing if name.endswith(".CSV") else b"MZ")
    return root


def test_the_vendors_listing_wins(tmp_path: Path) -> None:
    listing = "shimx64.efi,Debian,,This is the boot entry for Debian\n".encode("utf-16")
    a_partition(tmp_path, "EFI/debian/shimx64.efi", "EFI/debian/BOOTX64.CSV", listing=listing)
    a_partition(tmp_path, "EFI/BOOT/BOOTX64.EFI")
    assert find_loader(tmp_path) == Loader("EFI/debian/shimx64.efi", "Debian")


@pytest.mark.parametrize("listing", [b"", b"\xff", "../../x.efi,l".encode("utf-16"), b"only"])
def test_a_strange_listing_is_passed_over(tmp_path: Path, listing: bytes) -> None:
    a_partition(tmp_path, "EFI/debian/BOOTX64.CSV", "EFI/Boot/bootx64.efi", listing=listing)
    assert find_loader(tmp_path).path == "EFI/Boot/bootx64.efi"


def test_without_a_loader_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="BOOTX64"):
        find_loader(tmp_path)


def test_only_entries_with_exactly_this_label_are_replaced() -> None:
    listing = (
        "BootCurrent: 0001\nTimeout: 3 seconds\nBootOrder: 0001,0000\n"
        "Boot0000* UiApp\tFvVol(7cb8bdc9)/FvFile(462caa21)\n"
        "Boot0001* Debian\tHD(1,GPT,aa)/File(\\EFI\\debian\\shimx64.efi)\n"
        "Boot0002  Debian testing\tHD(1,GPT,bb)\nBoot000A* Debian\n"
    )
    assert entries_called("Debian", listing) == ["0001", "000A"]
