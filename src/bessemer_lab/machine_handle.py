"""A machine as seen from outside of its process: for tests, the demo and the command line."""

import json
import socket
from pathlib import Path
from typing import Any

from bessemer_lab.errors import LabError
from bessemer_lab.layout import MachineFiles
from bessemer_lab.rack import MachineSpec

ANSWER_LIMIT_S = 5.0


class MachineHandle:
    """Asks the machine's process over its control socket; blocks for milliseconds."""

    def __init__(self, spec: MachineSpec, files: MachineFiles) -> None:
        self.spec = spec
        self.files = files

    @property
    def console_path(self) -> Path:
        """The file with all that the serial console ever said."""
        return self.files.console_log

    @property
    def console_socket(self) -> Path:
        """The unix socket of the live console."""
        return self.files.console

    def status(self) -> dict[str, Any]:
        """`power`, `pid` of QEMU, `boot_once`, `boot_always`, `boot_next`, `faults`.

        Raises `LabError` when the machine's process does not answer.
        """
        return self._ask({"do": "status"})

    def power_state(self) -> str:
        """`on` or `off`, as it really is: whether QEMU runs."""
        return str(self.status()["power"])

    def wait_for_power(self, power: str, limit_s: float) -> None:
        """Return once the power is `on` or `off`; raise `LabError` after `limit_s` seconds."""
        question = {"do": "wait-for-power", "power": power, "limit_s": limit_s}
        self._ask(question, limit_s + ANSWER_LIMIT_S)

    def set_faults(self, *names: str) -> None:
        """Misbehave like this from now on (see `machine.faults`); no names for good behaviour."""
        self._ask({"do": "fault", "faults": list(names)})

    def kill_qemu(self) -> None:
        """Let QEMU die as by a power cut; returns when it is dead. Nothing happens when off."""
        self._ask({"do": "cut-power"})

    def _ask(self, question: dict[str, Any], limit_s: float = ANSWER_LIMIT_S) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(limit_s)
                link.connect(str(self.files.control))
                link.sendall(json.dumps(question).encode() + b"\n")
                with link.makefile("rb") as stream:
                    answer = json.loads(stream.readline())
        except (OSError, ValueError) as error:
            raise LabError(
                f"machine {self.spec.name} does not answer at {self.files.control}: {error};"
                " `bessemer lab up` starts what is missing"
            ) from error
        if "error" in answer:
            raise LabError(f"machine {self.spec.name}: {answer['error']}")
        return dict(answer)
