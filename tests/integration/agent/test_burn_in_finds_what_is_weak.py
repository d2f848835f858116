"""Burn-in by the real programs on this host: what passes, what fails, and what the errors name."""

import contextlib
import os
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent import conductor_server
from tests.integration.agent.agent_process import Room, a_room, parameters_for, running_agent
from tests.integration.agent.conductor_server import (
    NODE_UUID,
    AgentClient,
    ConductorServer,
    outcome,
)

from bessemer_agent.burn_in.long_program import run_long
from bessemer_agent.command_failed import CommandFailed

MIB = 1 << 20


@dataclass(frozen=True)
class Machine:
    """A machine under an agent."""

    room: Room
    conductor: ConductorServer
    agent: AgentClient

    def order(self, step: str, options: Mapping[str, Any], kind: str = "clean") -> None:
        """`options` are those of driver_info without `agent_burnin_`."""
        driver_info = {f"agent_burnin_{name}": value for name, value in options.items()}
        node = {"uuid": NODE_UUID, "properties": {}, "driver_info": driver_info}
        what = {"interface": "deploy", "step": step}
        params = {"step": what, "node": node, "ports": []}
        status, body = self.agent.order(f"{kind}.execute_{kind}_step", params)
        assert status == 200, body

    def end(self, kind: str = "clean") -> dict[str, Any]:
        return outcome(self.conductor, self.agent, f"execute_{kind}_step", within_s=120)

    def burn_in(self, step: str, **options: Any) -> dict[str, Any]:
        self.order(step, options)
        return self.end()


@contextmanager
def a_machine(folder: Path, *disks: str) -> Iterator[Machine]:
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        conductor = stack.enter_context(conductor_server.running(ConductorServer()))
        room = a_room(folder, parameters_for(conductor))
        for name in disks:
            room.add_disk(name, 16 * MIB)
        stack.enter_context(running_agent(room))
        yield Machine(room, conductor, AgentClient(conductor.next_heartbeat()))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with a_machine(tmp_path / "room", "vda", "vdb") as machine:
        yield machine


def test_processors_and_memory_are_kept_busy_as_long_as_asked(
    machine: Machine, tmp_path: Path
) -> None:
    log = tmp_path / "stress.log"
    entry = machine.burn_in("burnin_cpu", cpu_cpu=1, cpu_timeout="2", cpu_outputfile=str(log))
    assert entry["command_result"]["clean_result"] == "no errors in 2 s"
    assert "successful run completed" in log.read_text()
    entry = machine.burn_in("burnin_memory", vm_vm=1, vm_timeout=1, **{"vm_vm-bytes": "16M"})
    assert entry["command_result"]["clean_result"] == "no errors in 1 s"


def test_it_is_a_service_step_as_well(machine: Machine) -> None:
    machine.order("burnin_cpu", {"cpu_cpu": 1, "cpu_timeout": 1}, kind="service")
    assert machine.end("service")["command_result"]["service_result"] == "no errors in 1 s"


def test_it_tells_how_far_it_is(machine: Machine) -> None:
    entry = machine.burn_in("burnin_cpu", cpu_cpu=1, cpu_timeout=6)
    assert entry["command_progress"]["phase"] == "burn-in (cpu)"
    assert entry["command_progress"]["total_bytes"] == 6
    assert 5 <= entry["command_progress"]["done_bytes"] <= 6


def test_every_disk_is_written_and_read_back(machine: Machine) -> None:
    disks = [machine.room.root / "dev" / name for name in ("vda", "vdb")]
    before = [disk.read_bytes() for disk in disks]
    entry = machine.burn_in("burnin_disk", fio_disk_loops=1)
    assert entry["command_result"]["clean_result"] == "no errors on vda, vdb"
    for disk, old in zip(disks, before, strict=True):
        assert disk.stat().st_size == 16 * MIB
        assert disk.read_bytes() != old


def test_a_disk_that_does_not_keep_what_is_written_fails(machine: Machine) -> None:
    """Something else writes to vdb all the while: what is read back is not what was written."""
    machine.order("burnin_disk", {"fio_disk_runtime": 4})
    with (machine.room.root / "dev/vdb").open("r+b") as liar:
        while machine.agent.last("execute_clean_step")["command_status"] == "RUNNING":
            os.pwrite(liar.fileno(), os.urandom(16 * MIB), 0)
    details = machine.end()["command_error"]["details"]
    assert "vdb" in details
    assert "verify" in details


SMARTCTL = r"""#!/bin/sh
# As smartctl 7.3 tells of an ATA disk: vda is well, vdb is not. Bit 6 of its status: errors in the log.
[ "$1" = -t ] && exit 0
words="completed without error" status=0
case "$3" in */vdb) words="completed: read failure" status=64;; esac
echo "{\"ata_smart_data\": {\"self_test\": {\"status\": {\"string\": \"$words\"}}}}"
exit $status
"""


def test_disks_test_themselves_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "smartctl", SMARTCTL)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    options = {"fio_disk_loops": 1, "fio_disk_smart_test": True}
    with a_machine(tmp_path / "well", "vda") as machine:
        entry = machine.burn_in("burnin_disk", **options)
        assert entry["command_result"]["clean_result"] == "no errors on vda"
    with a_machine(tmp_path / "weak", "vda", "vdb") as machine:
        details = machine.burn_in("burnin_disk", **options)["command_error"]["details"]
    assert details == "SMART self-test failed on vdb: completed: read failure"


def test_two_machines_burn_in_the_network_between_them(tmp_path: Path) -> None:
    options = {"fio_network_runtime": 2, "fio_network_port": _free_ports()}
    with a_machine(tmp_path / "one") as one, a_machine(tmp_path / "two") as two:
        for machine, role in ((one, "reader"), (two, "writer")):
            pair = {"role": role, "partner": "127.0.0.1"}
            machine.order("burnin_network", {**options, "fio_network_config": pair})
        for machine in (one, two):
            entry = machine.end()
            assert entry["command_error"] is None
            result = entry["command_result"]["clean_result"]
            assert result == "no errors with 127.0.0.1, either way"


def test_a_partner_that_does_not_come_is_named(machine: Machine) -> None:
    pair = {"role": "reader", "partner": "127.0.0.1"}
    port = _free_ports()
    options = {"fio_network_pairing_timeout": 1, "fio_network_port": port}
    entry = machine.burn_in("burnin_network", fio_network_config=pair, **options)
    words = f"as reader, with 127.0.0.1 on TCP ports {port} to {port + 15}: fio ended with status"
    assert entry["command_error"]["details"].startswith(words)


def test_a_program_beyond_its_limit_ends_with_all_that_it_started() -> None:
    port = _free_ports(2)
    argv = ["fio", "--thread", "--ioengine", "net", "--listen", "--rw", "write", "--name", "w"]
    argv += ["--port", str(port), "--numjobs", "2", "--fill_device", "1"]
    with pytest.raises(CommandFailed, match="fio has not ended after 1 s"):
        run_long(argv, lambda elapsed_s, said: None, limit_s=1)
    for number in (port, port + 1):
        socket.create_server(("", number)).close()


GPU_BURN = """#!/bin/sh
# As gpu-burn answers on a machine with two GPUs.
[ "$1" = -l ] && { printf 'ID 0: NVIDIA A100\\nID 1: NVIDIA A100\\n'; exit 0; }
echo "Burning for $3 seconds with $2."
"""


def test_gpus_are_counted_and_burnt_in(machine: Machine, tmp_path: Path) -> None:
    _program(tmp_path / "gpu_burn", GPU_BURN)
    options = {"gpu_install_dir": str(tmp_path), "gpu_timeout": 1}
    entry = machine.burn_in("burnin_gpu", **options, gpu_count=2)
    assert entry["command_result"]["clean_result"] == "no errors in 1 s"
    entry = machine.burn_in("burnin_gpu", **options, gpu_count=4)
    assert "sees 2 GPUs" in entry["command_error"]["details"]


def test_what_is_wrong_is_named_before_anything_happens(machine: Machine) -> None:
    before = (machine.room.root / "dev/vda").read_bytes()
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("burnin_cpu", {"cpu_timeout": "a day"}, "agent_burnin_cpu_timeout must be a whole number"),
        ("burnin_memory", {"vm_vm-bytes": "--help"}, "agent_burnin_vm_vm-bytes must be a word"),
        ("burnin_disk", {"fio_disk_loops": 0}, "agent_burnin_fio_disk_loops must be 1 or more"),
        ("burnin_disk", {"fio_disk_smart_test": "maybe"}, "must be true or false"),
        ("burnin_network", {}, "agent_burnin_fio_network_config must be"),
        (
            "burnin_gpu",
            {"gpu_install_dir": "/nowhere"},
            "/nowhere/gpu_burn is not in this ramdisk: deploy with one",
        ),
    ]
    for step, options, words in cases:
        assert words in machine.burn_in(step, **options)["command_error"]["details"]
    assert (machine.room.root / "dev/vda").read_bytes() == before


def test_a_ramdisk_without_the_program_says_how_to_make_one_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _without(tmp_path / "bin", "stress-ng", "fio"))
    with a_machine(tmp_path / "room", "vda") as machine:
        for step, package in (("burnin_cpu", "stress-ng"), ("burnin_disk", "fio")):
            details = machine.burn_in(step)["command_error"]["details"]
            assert details.startswith(f"{package} is not in this ramdisk")
            assert f"ramdisk/build --add {package}" in details


def _free_ports(count: int = 16) -> int:
    """The first of so many that follow one another and are free on this host."""
    while True:
        first = random.randrange(20_000, 32_000)
        with ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.create_server(("", port)))
            return first


def _program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


def _without(folder: Path, *missing: str) -> str:
    """A search path with every program of this host but those."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            if program.name not in missing and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)
