"""The network boot programs that TFTP and the ramdisk listener serve, from one folder."""

import asyncio
import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from bessemer.network.settings import NetworkSettings

log = structlog.get_logger()

COPIED: Final = ("undionly.kpxe", "snponly.efi", "ipxe.efi", "pxelinux.0", "ldlinux.c32")
GRUB: Final = "grubx64.efi"
NAMES: Final = frozenset({*COPIED, GRUB})

_MODULES: Final = (
    *("efinet", "http", "net", "normal", "configfile", "memdisk", "tar"),
    *("linux", "echo", "regexp", "sleep", "test", "true"),
)
_LONGEST_BUILD_S: Final = 60

_GRUB_CONFIGURATION: Final = b"""\
while true; do
    net_get_dhcp_option config "$net_default_interface" 209 string
    if [ -z "$config" ]; then
        regexp --set 1:listener '^(\\([^)]*\\))' "$cmdpath"
        set config="$listener/boot/grub/$net_default_mac"
    fi
    configfile "$config"
    echo "Bessemer: nothing came from $config. Trying again in 5 s"
    sleep 5
done
"""
"""Part of the program itself: for one beside it GRUB would ask by a dozen names first.

Where firmware itself boots by HTTP, GRUB knows nothing of DHCP, but is loaded from our listener.
"""


class BootPrograms:
    """Programs for firmware, in a folder of their own; made when the server starts, or at first use."""

    def __init__(self, settings: NetworkSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._making = asyncio.Lock()
        self._missing: list[str] | None = None

    async def make(self) -> list[str]:
        """Once; the names of those that this host has not."""
        async with self._making:
            if self._missing is None:
                self._missing = await asyncio.to_thread(make_programs, self._settings, self._folder)
        return self._missing

    async def find(self, name: str) -> Path | None:
        """The file; None when it is none of ours or this host has not got it."""
        if name not in NAMES and name not in self._settings.boot_programs:
            return None
        await self.make()
        path = self._folder / name
        return path if path.is_file() else None


def make_programs(settings: NetworkSettings, served: Path) -> list[str]:
    """Put the boot programs into the served folder; the names of those that this host has not."""
    served.mkdir(parents=True, exist_ok=True, mode=0o755)
    folders = (settings.tftp_root, *settings.loader_folders)
    copied = dict.fromkeys((*COPIED, *settings.boot_programs))
    missing = [name for name in copied if not _copy(name, folders, served)]
    if GRUB not in copied and not _build_grub(settings.grub_modules, served):
        missing.append(GRUB)
    return missing


def _copy(name: str, folders: Sequence[Path], served: Path) -> bool:
    source = next((path for path in (each / name for each in folders) if path.is_file()), None)
    if source is not None:
        _put(served / name, source.read_bytes())
    return source is not None


def _build_grub(modules: Path, served: Path) -> bool:
    """One file with all that it needs: signed images of distributions cannot fetch by HTTP."""
    program = shutil.which("grub-mkimage")
    if program is None or not modules.is_dir():
        return False
    new, memory_disk = _new(served / GRUB), _new(served / "memdisk.tar")
    options = ("-O", "x86_64-efi", "-d", modules, "-m", memory_disk, "-o", new)
    try:
        _write_memory_disk(memory_disk)
        subprocess.run(
            (program, *options, *_MODULES),
            capture_output=True,
            check=True,
            text=True,
            timeout=_LONGEST_BUILD_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or error
        log.warning("boot_programs.grub_not_built", reason=str(reason))
        return False
    finally:
        memory_disk.unlink(missing_ok=True)
    _in_place(new, served / GRUB)
    return True


def _write_memory_disk(path: Path) -> None:
    """With GRUB's configuration where grub-mkimage has GRUB look for it."""
    member = tarfile.TarInfo("boot/grub/grub.cfg")
    member.size = len(_GRUB_CONFIGURATION)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(_GRUB_CONFIGURATION))


def _put(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable for everybody."""
    new = _new(path)
    new.write_bytes(content)
    _in_place(new, path)


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _in_place(new: Path, path: Path) -> None:
    new.chmod(0o644)
    new.replace(path)
