"""A rack that is up: for tests, the demo and the command line.

lab = Lab.up(Path("lab/rack.yaml"), Path("/var/lib/bessemer/lab"))
lab.run_in_namespace(["ipmitool", "-I", "lanplus", "-H", "192.168.100.11", ...])
lab.machine("node-1").wait_for_power("on", limit_s=10)
lab.machine("node-1").set_faults("silent")
lab.down()
"""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bessemer_lab import namespace, processes, switch
from bessemer_lab.build import DAEMONS, Builder
from bessemer_lab.errors import LabError
from bessemer_lab.layout import MARKER_VARIABLE, Layout, layout_of
from bessemer_lab.machine_handle import MachineHandle
from bessemer_lab.rack import Rack
from bessemer_lab.rack_file import read_rack
from bessemer_lab.teardown import take_down


@dataclass(frozen=True)
class Lab:
    """One rack in one state directory; made by `Lab.up` or `Lab.open`."""

    rack: Rack
    layout: Layout

    @classmethod
    def up(cls, rack_file: Path, state_dir: Path) -> Self:
        """Build the rack of `rack_file`, or what is missing of it; return when every BMC answers.

        Needs root. Raises `LabError` when another rack is in the way or something does not start;
        what was built by then stays, for a look at it, until `down`.
        """
        _need_root()
        rack, layout = read_rack(rack_file), layout_of(state_dir)
        layout.check(machine.name for machine in rack.machines)
        layout.root.mkdir(parents=True, exist_ok=True)
        with _locked(layout):
            Builder(rack, layout).build(rack_file.read_text(encoding="utf-8"))
        return cls(rack, layout)

    @classmethod
    def open(cls, state_dir: Path) -> Self:
        """The rack that is up in `state_dir`; `LabError` if there is none."""
        layout = layout_of(state_dir)
        if not layout.rack_file.exists():
            raise LabError(
                f"no rack is up in {layout.root}; `bessemer lab up RACK.yaml` starts one"
            )
        return cls(read_rack(layout.rack_file), layout)

    def down(self, *, keep_disks: bool = False) -> None:
        """End and remove the rack; `keep_disks` leaves the machines' disks for the next `up`."""
        down(self.layout.root, keep_disks=keep_disks)

    @property
    def namespace(self) -> str:
        """The name of the network namespace in which the rack lives."""
        return self.rack.namespace

    @property
    def ovsdb(self) -> Path:
        """The unix socket of the switch's database."""
        return self.layout.ovsdb

    @property
    def machines(self) -> list[MachineHandle]:
        """All machines, in the rack file's order."""
        return [self.machine(spec.name) for spec in self.rack.machines]

    def machine(self, name: str) -> MachineHandle:
        """The machine called `name`; `LabError` if the rack has none of that name."""
        for spec in self.rack.machines:
            if spec.name == name:
                return MachineHandle(spec, self.layout.machine(name))
        known = ", ".join(spec.name for spec in self.rack.machines)
        raise LabError(f"the rack {self.rack.name} has no machine {name}; it has: {known}")

    def in_namespace(self, argv: Sequence[str]) -> list[str]:
        """The argument vector that runs `argv` in the rack's namespace."""
        return namespace.enter(self.namespace, argv)

    def run_in_namespace(
        self, argv: Sequence[str], limit_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the rack's namespace to its end; its exit status is the caller's to judge.

        The program belongs to the rack: `down` ends it. `TimeoutExpired` after `limit_s` seconds.
        """
        return subprocess.run(
            self.in_namespace(argv),
            env={**os.environ, MARKER_VARIABLE: self.layout.marker(self.rack.name)},
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )

    def port_tags(self) -> dict[str, int]:
        """The VLAN tag of each switch port, as the switch says."""
        return switch.port_tags(self.layout)

    def status(self) -> dict[str, Any]:
        """What is up and what is not, ready for JSON."""
        running = processes.marked(MARKER_VARIABLE, self.layout.marker(self.rack.name))
        programs = {Path(argv[0]).name for pid in running if (argv := processes.command_of(pid))}
        switch_up = programs.issuperset(DAEMONS)
        return {
            "rack": self.rack.name,
            "state_dir": str(self.layout.root),
            "namespace": self.namespace if namespace.exists(self.namespace) else None,
            "ovsdb": f"unix:{self.ovsdb}",
            "switch": "up" if switch_up else "down",
            "ports": self.port_tags() if switch_up else {},
            "machines": [_machine_status(machine) for machine in self.machines],
        }


def down(state_dir: Path, *, keep_disks: bool = False) -> bool:
    """End and remove whatever rack is in `state_dir`, whole or in pieces; False if there was none.

    Needs root.
    """
    _need_root()
    layout = layout_of(state_dir)
    with _locked(layout) if layout.root.exists() else contextlib.nullcontext():
        return take_down(layout, keep_disks=keep_disks)


def _machine_status(machine: MachineHandle) -> dict[str, Any]:
    access = machine.spec.bmc
    known = {
        "name": machine.spec.name,
        "bmc": f"{access.kind}://{access.username}@{access.address}",
        "console": str(machine.console_path),
    }
    try:
        return {**known, **machine.status()}
    except LabError as error:
        return {**known, "power": None, "error": str(error)}


def _need_root() -> None:
    if os.geteuid() != 0:
        raise LabError("a rack needs root, for network namespaces and taps; run it with sudo")


@contextlib.contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    handle = os.open(layout.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
