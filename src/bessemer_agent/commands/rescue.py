"""`rescue` extension: the ramdisk becomes a system to log in to, and the agent ends."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.commands.command import Invocation
from bessemer_agent.machine import Machine, run_program

LOG = logging.getLogger(__name__)

USER = "rescue"
# Where ramdisks of the upstream agent look for it, too.
FILE = "etc/ipa-rescue-config/ipa-rescue-password"
STOP_DELAY_S = 2.0


@dataclass(frozen=True, slots=True)
class Rescue:
    """`stop` ends heartbeats and API. The init of the ramdisk sees to the rest."""

    machine: Machine
    stop: Callable[[], None]

    def check(self, call: Invocation) -> None:
        """Raises InvalidParameters before anything is written."""
        password = call.params.get("rescue_password")
        if not isinstance(password, str) or not password:
            raise InvalidParameters("'rescue_password' must be a string, and not an empty one")
        if any(c in ":\n\r\0" for c in password) and call.params.get("hashed"):
            raise InvalidParameters("'rescue_password' is no hash: it has a colon or a line break")

    def finalize(self, call: Invocation) -> None:
        """rescue.finalize_rescue. Raises CommandFailed."""
        password = str(call.params["rescue_password"])
        if not call.params.get("hashed"):
            password = _hashed(password)
        root = self.machine.root
        _write_private(root / FILE, password)
        _with_line(root / "etc/passwd", f"{USER}:x:0:0:rescue:/root:/bin/sh")
        _with_line(root / "etc/shadow", f"{USER}:{password}:::::::")
        (self.machine.state_folder / "rescue").touch()
        LOG.info("This is a rescue system now: log in as %s. The agent ends.", USER)
        # The answer to the conductor leaves before the API ends.
        threading.Timer(STOP_DELAY_S, self.stop).start()


def _hashed(password: str) -> str:
    """SHA-512 in crypt(3)'s format; the password is on no command line."""
    return run_program("openssl", "passwd", "-6", "-stdin", stdin=password + "\n").strip()


def _with_line(path: Path, line: str) -> None:
    """The file with this account's line in place of a former one."""
    user = line.partition(":")[0]
    lines = path.read_text().splitlines() if path.exists() else []
    others = [other for other in lines if other.partition(":")[0] != user]
    mode = 0o600 if path.name == "shadow" else 0o644
    _write(path, "\n".join([*others, line]) + "\n", mode)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, text, 0o600)


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, and never readable by more than `mode` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
        stream.write(text)
    new.replace(path)
