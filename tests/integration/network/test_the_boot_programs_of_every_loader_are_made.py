"""From this host's packages: iPXE and PXELINUX as they are, GRUB built into one file."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bessemer.network.dhcp.boot_programs import NAMES, BootPrograms, make_programs
from bessemer.network.settings import NetworkSettings

EFI_APPLICATION = 10
"""IMAGE_SUBSYSTEM_EFI_APPLICATION (PE format, "Windows Subsystem")."""


async def test_all_are_there_and_anybody_may_read_them(tmp_path: Path):
    programs = BootPrograms(NetworkSettings(), tmp_path)
    for name in NAMES:
        path = await programs.find(name)
        assert path is not None, name
        assert path.stat().st_mode & 0o777 == 0o644
    assert {path.name for path in tmp_path.iterdir()} == NAMES
    assert await programs.find("../secret.key") is None


def test_grub_is_a_program_of_uefi_that_can_fetch_by_http(tmp_path: Path):
    assert make_programs(NetworkSettings(), tmp_path) == []
    built = (tmp_path / "grubx64.efi").read_bytes()
    header = int.from_bytes(built[0x3C:0x40], "little")
    assert built[header : header + 4] == b"PE\0\0"
    subsystem = header + 4 + 20 + 68
    assert int.from_bytes(built[subsystem : subsystem + 2], "little") == EFI_APPLICATION
    assert b"net_get_dhcp_option" in built
    assert b" HTTP/1.1" in built
    assert b"Trying again" in built, "a listener that is busy once would leave GRUB at its prompt"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_host_has_not_is_named(tmp_path: Path):
    nothing = tmp_path / "nothing"
    settings = NetworkSettings(tftp_root=nothing, loader_folders=(), grub_modules=nothing)
    assert set(make_programs(settings, tmp_path / "served")) == NAMES


def test_a_grub_that_cannot_be_built_keeps_no_server_from_starting(tmp_path: Path):
    modules = tmp_path / "modules"
    modules.mkdir()
    settings = NetworkSettings(grub_modules=modules)
    assert make_programs(settings, tmp_path / "served") == ["grubx64.efi"]


async def test_an_operators_own_programs_are_served_in_place_of_ours(tmp_path: Path):
    for name in ("grubx64.efi", "ipxe-arm64.efi"):
        (tmp_path / name).write_text(f"own {name}")
    own = ("grubx64.efi", "ipxe-arm64.efi")
    settings = NetworkSettings(loader_folders=(tmp_path,), boot_programs=own)
    programs = BootPrograms(settings, tmp_path / "served")
    for name in own:
        found = await programs.find(name)
        assert found is not None
        assert found.read_text() == f"own {name}"


@pytest.mark.parametrize("name", ["../secret.key", "/etc/passwd", ".hidden", ""])
def test_a_program_is_a_name_and_no_path(name):
    with pytest.raises(ValidationError, match="boot_programs"):
        NetworkSettings(boot_programs=(name,))
