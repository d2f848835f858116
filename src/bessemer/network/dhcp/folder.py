"""Where dnsmasq's files live, so that it can read them after it has given up root's rights."""

import fcntl
import hashlib
import os
import pwd
import shutil
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError

_ACCOUNTS: Final = ("dnsmasq", "nobody")
_FALLBACK: Final = Path("/run/bessemer")


def service_account() -> str | None:
    """The account dnsmasq runs as; None when this process is not root and cannot choose."""
    if os.geteuid() != 0:
        return None
    for account in _ACCOUNTS:
        try:
            return pwd.getpwnam(account).pw_name
        except KeyError:
            continue
    return None


def choose_folder(wanted: Path, state_directory: Path) -> Path:
    """`wanted`, unless some folder above it is closed to other accounts; then one below /run.

    Nothing is lost there with a reboot: every lease follows from the port table.
    """
    wanted = wanted.resolve()
    wanted.mkdir(parents=True, exist_ok=True, mode=0o755)
    if os.geteuid() != 0 or _is_open(wanted):
        return wanted
    name = hashlib.sha256(str(state_directory.resolve()).encode()).hexdigest()[:12]
    folder = _FALLBACK / name / "dhcp"
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    if not _is_open(folder):
        raise ConfigurationError(
            f"dnsmasq could read neither {wanted} nor {folder} without root's rights; set "
            "network.state_directory to a folder that every account may enter."
        )
    return folder


def take_folder(folder: Path) -> int:
    """A descriptor: until it is closed or its process dies, nobody else can take the folder.

    Raises ConfigurationError when somebody has it, whose dnsmasq would be ended as a leftover.
    """
    taken = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(taken)
        raise ConfigurationError(
            f"Another process serves DHCP from {folder}: stop it, or give this one a folder of its "
            "own (network.state_directory)."
        ) from error
    return taken


def remove_fallback(folder: Path) -> None:
    """Remove a folder that `choose_folder` took from below /run; leave any other alone."""
    if folder.is_relative_to(_FALLBACK):
        shutil.rmtree(folder.parent, ignore_errors=True)


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step, readable for dnsmasq's account; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(path)


def _is_open(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))
