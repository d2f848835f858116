"""A fleet put together: machines, their BMCs, and the agents that live in those that run."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bessemer_ipmi.controller import Account
from bessemer_lab.fleet.agent import Agent, Place, Surroundings
from bessemer_lab.fleet.agents_api import AgentsApi
from bessemer_lab.fleet.bmc import FleetBmc
from bessemer_lab.fleet.certificate import make_certificate
from bessemer_lab.fleet.commands import Commands, Durations
from bessemer_lab.fleet.conductor import ConductorClient
from bessemer_lab.fleet.lan import Conditions, Lan, Receiver
from bessemer_lab.fleet.loopback import address_of, number_at
from bessemer_lab.fleet.machine import FleetMachine
from bessemer_lab.machine.boot import BootDevice
from bessemer_lab.machine.faults import Fault

USERNAME: Final = "admin"
PASSWORD: Final = "fleet"  # noqa: S105


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """What to make. `faults`: for which share of the machines. `ramdisk_url`: where agents call."""

    count: int
    ramdisk_url: str
    bmc_port: int = 6230
    agent_port: int = 9999
    conditions: Conditions = field(default_factory=Conditions)
    faults: Mapping[Fault, float] = field(default_factory=dict)
    power_lag_s: float = 0.0
    boot_s: float = 2.0
    durations: Durations = field(default_factory=Durations)
    tls: bool = True


def mac_of(number: int) -> str:
    """Of a machine's one NIC; locally administered."""
    return "02:f1:" + ":".join(f"{octet:02x}" for octet in number.to_bytes(4, "big"))


class Fleet:
    """`open` it in a running loop, `close` it there."""

    def __init__(self, spec: FleetSpec) -> None:
        self.spec = spec
        clock = asyncio.get_running_loop().time
        self.machines = [
            FleetMachine(clock, faults, spec.power_lag_s) for faults in fault_sets(spec)
        ]
        self._numbers = {id(each): number for number, each in enumerate(self.machines)}
        self._agents: dict[int, Agent] = {}
        self._certificate = make_certificate() if spec.tls else None
        self._conductor = ConductorClient(spec.ramdisk_url)
        self._around = Surroundings(self._conductor, spec.durations, spec.boot_s)
        accounts = {USERNAME.encode(): Account(PASSWORD.encode())}
        receivers: dict[bytes, Receiver] = {}
        for number, machine in enumerate(self.machines):
            machine.started, machine.stopped = self._started, self._stopped
            bmc = FleetBmc(machine, number.to_bytes(16, "big"), accounts)
            receivers[address_of(number).packed] = bmc.receive
        self.lan = Lan(receivers, spec.bmc_port, spec.conditions)
        self.agents_api = AgentsApi(self._agent_at, spec.agent_port)

    async def open(self) -> None:
        """Answer from now on; port 0 becomes a free one. Raises LabError."""
        self.lan.open()
        certificate = self._certificate
        await self.agents_api.open(certificate.context if certificate is not None else None)
        self.spec = replace(self.spec, bmc_port=self.lan.port, agent_port=self.agents_api.port)

    async def close(self) -> None:
        """As if all had lost their power."""
        for agent in self._agents.values():
            agent.end()
        self._agents.clear()
        self.lan.close()
        await self.agents_api.close()
        await self._conductor.close()

    @property
    def running(self) -> int:
        """How many have power."""
        return sum(machine.is_on for machine in self.machines)

    @property
    def agents(self) -> int:
        """In how many an agent lives."""
        return len(self._agents)

    def _started(self, machine: FleetMachine) -> None:
        number = self._numbers[id(machine)]
        if machine.running_from is not BootDevice.PXE:
            return
        scheme = "https" if self._certificate is not None else "http"
        url = f"{scheme}://{address_of(number)}:{self.agents_api.port}"
        place = Place(url, self._certificate.pem if self._certificate is not None else None)
        forget = partial(self._forget, number)
        commands = Commands(self.spec.durations, machine.go_off, forget)
        agent = self._agents[number] = Agent(self._around, mac_of(number), place, commands)
        agent.start()

    def _stopped(self, machine: FleetMachine) -> None:
        self._forget(self._numbers[id(machine)])

    def _forget(self, number: int) -> None:
        agent = self._agents.pop(number, None)
        if agent is not None:
            agent.end()

    def _agent_at(self, address: str) -> Agent | None:
        return self._agents.get(number_at(address))


def fault_sets(spec: FleetSpec) -> list[frozenset[Fault]]:
    """The same machines have them at every start."""
    chance = random.Random(spec.count)
    each: list[set[Fault]] = [set() for _ in range(spec.count)]
    for fault, share in sorted(spec.faults.items()):
        for number in chance.sample(range(spec.count), round(share * spec.count)):
            each[number].add(fault)
    return [frozenset(faults) for faults in each]
