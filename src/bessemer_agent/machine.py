"""The machine that the agent runs on: where its files are, and switching it off."""

import os
import subprocess
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bessemer_agent.command_failed import CommandFailed

RAMDISK_MARK = "run/bessemer/ramdisk"
DEADLINE_S = 60.0
# Programs that not every ramdisk has, and the Debian packages that they are in.
PACKAGES_TO_ADD = {"stress-ng": "stress-ng", "fio": "fio", "smartctl": "smartmontools"}


@dataclass(frozen=True, slots=True)
class Machine:
    """`root` is "/" in the ramdisk; elsewhere a folder that holds sys/, proc/, dev/ and run/."""

    root: Path = Path("/")

    @property
    def is_deploy_ramdisk(self) -> bool:
        """Whether this is a machine that may be switched off and whose disks may be erased."""
        return (self.root / RAMDISK_MARK).exists()

    @property
    def state_folder(self) -> Path:
        """Survives the agent, not the machine. Readable by root only."""
        folder = self.root / "run/bessemer"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def flush(self) -> None:
        """Return when all written data is on the disks."""
        os.sync()

    def power_off(self) -> None:
        """Flush and switch off; the call may or may not return before the power goes."""
        self._only_in_ramdisk("powered off")
        self.flush()
        run_program("poweroff", "-f")

    def reboot(self) -> None:
        """Flush and start anew; the call may or may not return before that."""
        self._only_in_ramdisk("started anew")
        self.flush()
        run_program("reboot", "-f")

    def lock_down(self) -> None:
        """Take all network cards down and never do anything again."""
        self._only_in_ramdisk("locked down")
        for device in sorted((self.root / "sys/class/net").glob("*")):
            run_program("ip", "link", "set", device.name, "down")
        threading.Event().wait()

    def _only_in_ramdisk(self, done: str) -> None:
        if not self.is_deploy_ramdisk:
            raise CommandFailed(f"This is not a deploy ramdisk ({self.root}): it is not {done}.")


def run_program(
    *argv: str,
    timeout_s: float = DEADLINE_S,
    stdin: str = "",
    allowed: Collection[int] = (0,),
) -> str:
    """Standard output of a program. Raises CommandFailed with what it said on standard error.

    `allowed`: exit statuses that are no failure.
    """
    try:
        done = subprocess.run(
            argv, input=stdin.encode(), capture_output=True, timeout=timeout_s, check=False
        )
    except FileNotFoundError as error:
        raise missing_program(argv[0]) from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{' '.join(argv)} did not end within {timeout_s:.0f} s") from error
    if done.returncode not in allowed:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise CommandFailed(f"{' '.join(argv)} ended with status {done.returncode}: {said}")
    return done.stdout.decode("utf-8", "replace")


def missing_program(name: str) -> CommandFailed:
    """Says which ramdisk would have it."""
    package = PACKAGES_TO_ADD.get(name)
    advice = f": make one that has it by `ramdisk/build --add {package}`" if package else ""
    return CommandFailed(f"{name} is not in this ramdisk{advice}")
