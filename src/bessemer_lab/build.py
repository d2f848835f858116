"""Builds a rack, or what is missing of it: namespace, links, switch, machines, announcements."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from bessemer_lab import namespace, processes, switch
from bessemer_lab.errors import LabError
from bessemer_lab.layout import MARKER_VARIABLE, Layout
from bessemer_lab.rack import MachineSpec, Rack

OOB: Final = "oob"
NETWORK_ROOM_PREFIX: Final = "bessemer-net-"
"""Namespaces into which the server moves the uplinks of networks that it must keep apart."""
GIB: Final = 1 << 30
DAEMONS: Final = ("ovsdb-server", "ovs-vswitchd")
MACHINE_MODULE: Final = "bessemer_lab.machine"
LLDP_MODULE: Final = "bessemer_lab.lldp"


@dataclass(frozen=True)
class Builder:
    """One go at building; each step leaves alone what is already there."""

    rack: Rack
    layout: Layout

    @property
    def marker(self) -> str:
        """What marks this rack's processes and interfaces."""
        return self.layout.marker(self.rack.name)

    @property
    def environment(self) -> dict[str, str]:
        """What this rack's processes carry in their environment."""
        return {MARKER_VARIABLE: self.marker}

    @cached_property
    def running(self) -> dict[int, list[str]]:
        """The rack's processes as found at first: pid to argument vector."""
        pids = processes.marked(MARKER_VARIABLE, self.marker)
        return {pid: processes.command_of(pid) for pid in pids}

    def build(self, rack_text: str) -> None:
        """Do all the steps; `rack_text` is the rack file, of which a copy is kept."""
        self._refuse_strangers(rack_text)
        self.layout.rack_file.write_text(rack_text, encoding="utf-8")
        self._make_namespace()
        self._make_switch()
        for machine in self.rack.machines:
            self._make_disks(machine)
        self._start_python()

    def _refuse_strangers(self, rack_text: str) -> None:
        kept = self.layout.rack_file
        if kept.exists() and kept.read_text(encoding="utf-8") != rack_text:
            raise LabError(
                f"another rack, or another version of this one, is up in {self.layout.root};"
                " take it down first with `bessemer lab down`"
            )
        if not namespace.exists(self.rack.namespace):
            return
        links = namespace.interfaces(self.rack.namespace)
        if set(links) - {"lo"} and links.get(OOB) != self.marker:
            owner = links.get(OOB) or "somebody else"
            raise LabError(
                f"the network namespace {self.rack.namespace} belongs to {owner};"
                " give this rack another name, or take the other one down first"
            )

    def _make_namespace(self) -> None:
        if not namespace.exists(self.rack.namespace):
            namespace.add(self.rack.namespace)
        present = namespace.interfaces(self.rack.namespace)
        lines = [] if OOB in present else self._oob_lines()
        moved = moved_away(self.marker)
        ports = [nic.port for machine in self.rack.machines for nic in machine.nics]
        made = dict.fromkeys(ports, namespace.cable)
        made |= dict.fromkeys((vlan.uplink for vlan in self.rack.vlans), namespace.tap)
        for name, make in made.items():
            if name not in present and name not in moved:
                lines += make(name, self.marker)
        namespace.configure(self.rack.namespace, lines)

    def _oob_lines(self) -> list[str]:
        addresses = [machine.bmc.address for machine in self.rack.machines]
        length = self.rack.oob_cidr.prefixlen
        # A tap without a cable: like a dummy interface, but it needs no further kernel module.
        return [
            *namespace.tap(OOB, self.marker),
            *(
                f"address add {address}/{length} dev {OOB}"
                for address in (self.rack.oob_host_address, *addresses)
            ),
        ]

    def _make_switch(self) -> None:
        daemons = [pid for pid, argv in self.running.items() if _program(argv) in DAEMONS]
        if len(daemons) < len(DAEMONS):
            processes.end(daemons)
            switch.start_daemons(self.rack, self.layout, self.environment)
        switch.configure(self.rack, self.layout)

    def _make_disks(self, machine: MachineSpec) -> None:
        files = self.layout.machine(machine.name)
        files.folder.mkdir(parents=True, exist_ok=True)
        for index, disk in enumerate(machine.disks):
            if not files.disk(index).exists():
                with files.disk(index).open("xb") as file:
                    file.truncate(disk.size_gib * GIB)

    def _start_python(self) -> None:
        wanted = [[LLDP_MODULE, str(self.layout.root)]]
        for machine in self.rack.machines:
            wanted.append([MACHINE_MODULE, str(self.layout.root), machine.name])
        missing = [words for words in wanted if not self._runs(words)]
        orphans = [pid for pid, argv in self.running.items() if self._is_orphan(argv, missing)]
        processes.end(orphans)
        started = [(words, self._spawn(words)) for words in missing]
        for words, process in started:
            _, complaint = process.communicate()
            if process.returncode != 0:
                last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
                raise LabError(f"{' '.join(words)} did not start: {last}")

    def _runs(self, words: list[str]) -> bool:
        return any(argv[-len(words) :] == words for argv in self.running.values())

    def _is_orphan(self, argv: list[str], missing: list[list[str]]) -> bool:
        names = {words[-1] for words in missing if words[0] == MACHINE_MODULE}
        return _program(argv) == "qemu-system-x86_64" and argv[argv.index("-name") + 1] in names

    def _spawn(self, words: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            namespace.enter(self.rack.namespace, [sys.executable, "-m", *words]),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )


def moved_away(marker: str) -> dict[str, str]:
    """Interfaces of the rack that the server has moved into namespaces of its own: name to where."""
    found: dict[str, str] = {}
    for name in namespace.every():
        if name.startswith(NETWORK_ROOM_PREFIX):
            links = namespace.interfaces(name)
            found.update({link: name for link, alias in links.items() if alias == marker})
    return found


def _program(argv: list[str]) -> str:
    return Path(argv[0]).name if argv else ""
