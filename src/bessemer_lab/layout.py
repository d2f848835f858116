"""Where a rack keeps its files: one folder, the state directory, and nothing outside of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bessemer_lab.errors import LabError

DEFAULT_STATE_DIR: Final = Path("/var/lib/bessemer/lab")
STATE_DIR_VARIABLE: Final = "BESSEMER_LAB_DIR"
MARKER_VARIABLE: Final = "BESSEMER_LAB_RACK"
"""Every process of a rack carries this in its environment, so that `down` finds it."""

# unix(7): a socket's path has room for 107 characters.
LONGEST_SOCKET_PATH: Final = 107


@dataclass(frozen=True, slots=True)
class MachineFiles:
    """The files of one machine."""

    folder: Path

    @property
    def control(self) -> Path:
        """The socket that answers `status`, `fault` and the like."""
        return self.folder / "control.sock"

    @property
    def console(self) -> Path:
        """The socket of the serial console: bytes in, bytes out, any number of clients."""
        return self.folder / "console.sock"

    @property
    def console_log(self) -> Path:
        """All that the serial console ever said."""
        return self.folder / "console.log"

    @property
    def log(self) -> Path:
        """What the machine's supervisor has to say."""
        return self.folder / "supervisor.log"

    @property
    def qemu_log(self) -> Path:
        """What QEMU says on its standard error."""
        return self.folder / "qemu.log"

    @property
    def nvram(self) -> Path:
        """The UEFI variables, kept over power cycles."""
        return self.folder / "nvram.fd"

    @property
    def boot_choice(self) -> Path:
        """The boot device that the BMC was told, kept over restarts of the supervisor."""
        return self.folder / "boot.json"

    def disk(self, index: int) -> Path:
        """The sparse raw file behind the disk of that number."""
        return self.folder / f"disk{index}.raw"


@dataclass(frozen=True, slots=True)
class Layout:
    """The state directory of one rack."""

    root: Path

    @property
    def rack_file(self) -> Path:
        """The copy of the rack file that the rack was built from."""
        return self.root / "rack.yaml"

    @property
    def switch(self) -> Path:
        """The switch's database, sockets, pid files and logs."""
        return self.root / "switch"

    @property
    def ovsdb(self) -> Path:
        """The unix socket on which the switch's database answers (OVSDB, RFC 7047)."""
        return self.switch / "db.sock"

    @property
    def lldp_log(self) -> Path:
        """What the LLDP sender has to say."""
        return self.switch / "lldp.log"

    @property
    def machines(self) -> Path:
        """The folder with one folder per machine."""
        return self.root / "machines"

    def machine(self, name: str) -> MachineFiles:
        """The files of the machine called `name`."""
        return MachineFiles(self.machines / name)

    def marker(self, rack_name: str) -> str:
        """The value of `BESSEMER_LAB_RACK` for this rack in this state directory."""
        return f"{rack_name}@{self.root}"

    def check(self, machine_names: Iterable[str]) -> None:
        """Raise `LabError` when the folder's path is too long for the sockets that go into it."""
        longest = max(len(str(self.machine(name).control)) for name in machine_names)
        if longest > LONGEST_SOCKET_PATH:
            raise LabError(
                f"the state directory {self.root} has a path {longest - LONGEST_SOCKET_PATH}"
                " characters too long for unix sockets; choose a shorter one with --state-dir"
            )


def layout_of(state_dir: Path) -> Layout:
    """The layout below `state_dir`, made absolute, so that it means the same to every process."""
    return Layout(state_dir.resolve())
