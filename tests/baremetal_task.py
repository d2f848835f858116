"""A step's task kept in memory, and a tiny worker that runs one step to its end: for driver tests."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.domain.node import InterfaceKind, Node, Power
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Flow,
    Outcome,
    Signal,
    StepCall,
    WaitFor,
    Work,
)
from bessemer.baremetal.domain.volume import Volumes, VolumeTarget
from bessemer.baremetal.drivers.fake.machine import Memory
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.task import Interfaces
from bessemer.context import RequestContext, admin_context


def a_node(**changes: Any) -> Node:
    """A node of driver fake-hardware being deployed; any field may be given."""
    node = Node(
        uuid=str(uuid.uuid4()), driver="fake-hardware", provision_state=State.DEPLOYING, name="n1"
    )
    return replace(node, **changes)


def a_port(node: Node, number: int = 1, **changes: Any) -> Port:
    """The node's NIC `number`, cabled to switch port `eth<number>`."""
    port = Port(
        uuid=str(uuid.uuid4()),
        node_uuid=node.uuid,
        address=f"52:54:00:00:00:{number:02x}",
        local_link_connection={
            "switch_id": "0a:00:00:00:00:01",
            "port_id": f"eth{number}",
            "switch_info": "tor",
        },
    )
    return replace(port, **changes)


def a_portgroup(node: Node, **changes: Any) -> Portgroup:
    """A bond of the node's, without members yet."""
    return replace(Portgroup(uuid=str(uuid.uuid4()), node_uuid=node.uuid), **changes)


@dataclass(frozen=True, slots=True)
class SomeInterfaces:
    """The plug-ins that a test gives a node; asking for another one is an error of the test."""

    given: Mapping[InterfaceKind, Plugin]

    def __getattr__(self, kind: str) -> Any:
        try:
            return self.given[InterfaceKind(kind)]
        except (KeyError, ValueError):
            raise AttributeError(f"this test gave the node no {kind} interface") from None


@dataclass
class MemoryTask:
    """`bessemer.baremetal.interfaces.task.Task` without a database.

    `raises_on` names one of the task's methods and the error that it shall raise once, after its
    effect was kept: a lease lost, or the worker killed, right there.
    """

    node: Node
    ports: tuple[Port, ...] = ()
    groups: tuple[Portgroup, ...] = field(default=(), kw_only=True)
    its_volumes: Volumes = field(default_factory=Volumes, kw_only=True)
    work: Work = field(init=False)
    context: RequestContext = field(default_factory=admin_context)
    plugins: Mapping[InterfaceKind, Plugin] = field(default_factory=dict)
    progress_seen: list[tuple[int, int]] = field(default_factory=list)
    inventory: Mapping[str, Any] | None = None
    plugin_data: Mapping[str, Any] | None = None
    bios_settings: tuple[BiosSetting, ...] = ()
    firmware_components: tuple[FirmwareComponent, ...] = ()
    posted: Mapping[str, Any] | None = None
    """What the ramdisk posted; `inspection_data` returns it."""
    drive: str | None = None
    kickstart: str | None = None
    rules: tuple[InspectionRule, ...] = ()
    destruction_permitted: int = 0
    """How many times a step asked before destroying."""
    raises_on: dict[str, BaseException] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work = self.work_for(StepCall("deploy", "nothing"))

    @property
    def interfaces(self) -> Interfaces:
        """The plug-ins given."""
        return SomeInterfaces(self.plugins)

    def work_for(self, *steps: StepCall, flow: Flow = Flow.DEPLOY) -> Work:
        """Fresh work on this node."""
        return Work(
            node_uuid=self.node.uuid,
            flow=flow,
            intent="1",
            request_id=self.context.request_id,
            steps=steps,
        )

    async def note(self, **memo: Any) -> None:
        self.work = replace(self.work, memo={**self.work.memo, **memo})
        self._maybe_raise("note")

    async def progress(self, done: int, total: int) -> None:
        self.progress_seen.append((done, total))
        self.work = replace(self.work, progress_done=done, progress_total=total)
        self._maybe_raise("progress")

    async def save(self, node: Node) -> None:
        self.node = node
        self._maybe_raise("save")

    async def saw_power(self, state: Power) -> None:
        self.node = replace(self.node, power_state=state)

    async def saw_boot_modes(self, boot_mode: str | None, secure_boot: bool | None) -> None:
        self.node = replace(self.node, boot_mode=boot_mode, secure_boot=secure_boot)

    async def save_port(self, port: Port) -> None:
        others = tuple(each for each in self.ports if each.uuid != port.uuid)
        known = len(others) < len(self.ports)
        self.ports = (
            tuple(port if each.uuid == port.uuid else each for each in self.ports)
            if known
            else (*self.ports, port)
        )
        self._maybe_raise("save_port")

    async def portgroups(self) -> tuple[Portgroup, ...]:
        return self.groups

    async def save_portgroup(self, group: Portgroup) -> None:
        others = tuple(each for each in self.groups if each.uuid != group.uuid)
        if group.is_over:
            self.groups = others
            self.ports = tuple(
                replace(port, portgroup_uuid=None) if port.portgroup_uuid == group.uuid else port
                for port in self.ports
            )
        else:
            known = len(others) < len(self.groups)
            self.groups = (
                tuple(group if each.uuid == group.uuid else each for each in self.groups)
                if known
                else (*others, group)
            )
        self._maybe_raise("save_portgroup")

    async def volumes(self) -> Volumes:
        return self.its_volumes

    async def save_volume_target(self, target: VolumeTarget) -> None:
        changed = (
            target if each.uuid == target.uuid else each for each in self.its_volumes.targets
        )
        self.its_volumes = replace(self.its_volumes, targets=tuple(changed))
        self._maybe_raise("save_volume_target")

    async def save_inventory(
        self, inventory: Mapping[str, Any], plugin_data: Mapping[str, Any]
    ) -> None:
        self.inventory, self.plugin_data = inventory, plugin_data
        self._maybe_raise("save_inventory")

    async def save_bios_settings(self, settings: Sequence[BiosSetting]) -> None:
        self.bios_settings = tuple(settings)
        self._maybe_raise("save_bios_settings")

    async def save_firmware_components(self, components: Sequence[FirmwareComponent]) -> None:
        self.firmware_components = tuple(components)
        self._maybe_raise("save_firmware_components")

    async def inspection_data(self) -> Mapping[str, Any] | None:
        return self.posted

    async def inspection_rules(self, phase: str) -> Sequence[InspectionRule]:
        return [rule for rule in self.rules if rule.phase == phase]

    async def config_drive(self) -> str | None:
        return self.drive

    async def save_kickstart(self, text: str | None) -> None:
        self.kickstart = text
        self._maybe_raise("save_kickstart")

    async def permit_destruction(self) -> None:
        self.destruction_permitted += 1
        self._maybe_raise("permit_destruction")

    def _maybe_raise(self, where: str) -> None:
        error = self.raises_on.pop(where, None)
        if error is not None:
            raise error


@dataclass
class MemoryMachines:
    """`drivers.fake.machine.Machines` without a database."""

    memories: dict[str, Memory] = field(default_factory=dict)

    async def read(self, node_uuid: str) -> Memory:
        return self.memories.get(node_uuid, {})

    async def change(self, node_uuid: str, alter: Callable[[Memory], Memory]) -> Memory:
        self.memories[node_uuid] = json.loads(json.dumps(alter(await self.read(node_uuid))))
        return self.memories[node_uuid]


OnWait = Callable[[MemoryTask, WaitFor], Awaitable[None]]


async def wait_in_real_time(task: MemoryTask, outcome: WaitFor) -> None:
    """Poll again after the pause that the step asked for (hardware tests); no other sign comes."""
    if outcome.look_again is None:
        raise AssertionError(f"nobody in this test gives the sign {outcome.signal}")
    await asyncio.sleep(outcome.look_again.total_seconds())


async def run_to_end(
    task: MemoryTask, plugin: Plugin, name: str, *, on_wait: OnWait = wait_in_real_time, **args: Any
) -> Done | Failed:
    """Run one step as the worker does, until it is Done or Failed (or out of time).

    `on_wait` plays the outside world between two runs: let the agent's heartbeat come, let time
    pass. Signals other than TIMER count as given once it returns.
    """
    task.work = task.work_for(StepCall(plugin.kind.value, name, args))
    while True:
        outcome: Outcome = await plugin.run_step(name, task, args)
        if not isinstance(outcome, WaitFor):
            return outcome
        task.work = plan.after(task.work, outcome, clock.now())
        await on_wait(task, outcome)
        if outcome.signal is not Signal.TIMER:
            task.work = replace(task.work, signalled=True)
        late = plan.overdue(task.work, clock.now())
        if late is not None:
            return Failed(late)


@dataclass
class ManualClock:
    """A clock that stands until it is pushed; hand its `now` to what takes one."""

    moment: datetime = field(default_factory=clock.now)

    def now(self) -> datetime:
        """Where the hand stands."""
        return self.moment

    def push(self, by: timedelta) -> None:
        """Let time pass."""
        self.moment += by
