"""Deploy: puts the instance's image on the node's disk, cleans it, with the agent's help."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import msgspec

from bessemer.baremetal.domain.node import AUTOMATIC_LESSEE, InterfaceKind, Node
from bessemer.baremetal.domain.provision.ranking import (
    OfferedStep,
    ranked,
    refusal,
    with_priorities,
)
from bessemer.baremetal.domain.provision.work import PHASES, Done, Failed, Outcome, StepCall
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT, BootInterface, Purpose
from bessemer.baremetal.interfaces.frames import (
    BY_AGENT,
    FROM_VOLUME,
    DeployFrame,
    into_ramdisk,
    reboot_into_ramdisk,
)
from bessemer.baremetal.interfaces.plugin import Plugin, StepFacts, step
from bessemer.baremetal.interfaces.reserved import RESERVED
from bessemer.baremetal.interfaces.task import Interfaces, Task

ORIGINAL: Final = "original_deploy_interface"
"""In driver_internal_info: the deploy interface that the node has again when its instance is gone."""


class DeployInterface(Plugin):
    """Steps marked `deploy` with a priority above 0 run in every deployment, the highest first."""

    kind: ClassVar = InterfaceKind.DEPLOY
    frame: ClassVar[DeployFrame] = BY_AGENT
    frame_from_volume: ClassVar[DeployFrame | None] = FROM_VOLUME
    """The same when the node boots from a volume; None: it never does, whatever volumes it has."""
    manages_machine: ClassVar[bool] = True
    """Whether its machines are switched, booted and cleaned by us."""

    @step()
    @abstractmethod
    async def prepare_image(self, task: Task) -> Outcome:
        """Find the image and put what the agent needs into instance_info (`image_url` …)."""

    @step()
    @abstractmethod
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        """Wait for the first heartbeat of the agent that was booted for this work."""

    async def ramdisk_runs(self, task: Task) -> bool:
        """Whether the agent of an earlier flow answers still."""
        return False

    @step()
    async def find_ramdisk(self, task: Task, purpose: str) -> Outcome:
        """Done at once with a ramdisk that runs already, else with its boot as `then`."""
        if await self.ramdisk_runs(task):
            return Done("the ramdisk of an earlier flow runs still: fast track")
        boot = (StepCall("power", "power_off"), *into_ramdisk(Purpose(purpose)))
        return Done("no ramdisk runs: one is booted", then=boot)

    def validate_boot(self, node: Node, boot: BootInterface) -> None:
        """Raises Invalid when it needs what the boot interface cannot do."""

    def supports_deploy(self, node: Node) -> bool:
        """Whether what instance_info asks for is this interface's to deploy."""
        return False

    def switch_interface(self, node: Node) -> str | None:
        """The name of the interface that is to do the node's deploy; None: this one."""
        return None

    @abstractmethod
    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        """What the agent offers for `phase` (deploy, clean or service); else an outcome: why not."""

    @abstractmethod
    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Have the agent run one of its own steps."""

    @step()
    async def take_over(self, task: Task) -> Outcome:
        """Adopt a machine that runs its instance already: nothing on it is touched."""
        return Done("the machine runs its instance already; nothing was touched")

    @step()
    async def collect_clean_steps(
        self, task: Task, priorities: Mapping[str, int] | None = None
    ) -> Outcome:
        """Automated cleaning: Done with the plug-ins' and the agent's clean steps as `then`.

        Those of priority above 0, the highest first; `priorities` by `interface.step` win.
        """
        offered = await self.in_band_steps(task, "clean")
        if not isinstance(offered, Sequence):
            return offered
        own = _own_calls(task.interfaces, "clean")
        named = {str(call) for call in own}
        calls = [*own, *(_call(each) for each in offered if str(each) not in named)]
        chosen = ranked(with_priorities(calls, priorities or {}))
        return _planned(task, chosen, offered)

    @step()
    async def check_steps(self, task: Task, wanted: Sequence[Mapping[str, Any]]) -> Outcome:
        """Done with the `wanted` calls as `then`, once the agent has said that it knows its part."""
        offered = await self.in_band_steps(task, PHASES[task.work.flow])
        if not isinstance(offered, Sequence):
            return offered
        calls = msgspec.convert(list(wanted), tuple[StepCall, ...])
        by_name = {str(each): each for each in offered}
        checked = []
        for call in calls:
            if _is_out_of_band(task.interfaces, call):
                checked.append(call)
                continue
            found = by_name.get(str(call))
            problem = _problem(call, found, by_name)
            if found is None or problem is not None:
                return Failed(f"The steps asked for cannot be run: {problem}.")
            checked.append(replace(call, abortable=found.abortable))
        return _planned(task, checked, offered)

    @step()
    async def release_instance(self, task: Task) -> Outcome:
        """Forget everything of the instance (Ironic's tear down, without its network ports)."""
        node = with_own_deploy_interface(task.node)
        is_automatic = AUTOMATIC_LESSEE in node.driver_internal_info
        bare = replace(
            node.without_agent().with_internal(**{AUTOMATIC_LESSEE: None, INSTANCE_BOOT: None}),
            instance_uuid=None,
            instance_name=None,
            instance_info={},
            lessee=None if is_automatic else node.lessee,
        )
        await task.save(bare)
        return Done("the instance is forgotten")


def with_own_deploy_interface(node: Node) -> Node:
    """The node with the interface that it had before its deploy found another one."""
    own = node.driver_internal_info.get(ORIGINAL)
    if own is None:
        return node
    restored = replace(node, interfaces={**node.interfaces, InterfaceKind.DEPLOY: own})
    return restored.with_internal(**{ORIGINAL: None})


def with_deploy_interface_found(node: Node, found: str) -> Node:
    """The node with the interface found for its deploy, remembering its own."""
    own = node.interfaces[InterfaceKind.DEPLOY]
    switched = replace(node, interfaces={**node.interfaces, InterfaceKind.DEPLOY: found})
    return switched.with_internal(**{ORIGINAL: own})


def _own_calls(interfaces: Interfaces, phase: str) -> list[StepCall]:
    calls = []
    for kind in InterfaceKind:
        plugin = getattr(interfaces, kind.value, None)
        facts = plugin.steps().values() if isinstance(plugin, Plugin) else ()
        calls += [call_of(kind, each) for each in facts if phase in each.phases]
    return calls


def call_of(kind: InterfaceKind, facts: StepFacts) -> StepCall:
    """A plug-in's step as it runs when nobody says otherwise."""
    return StepCall(
        kind.value, facts.name, priority=facts.priority, abortable=facts.abortable, chosen=True
    )


def _call(offered: OfferedStep) -> StepCall:
    return StepCall(
        offered.interface,
        offered.name,
        priority=offered.priority,
        abortable=offered.abortable,
        chosen=True,
    )


def _is_out_of_band(interfaces: Interfaces, call: StepCall) -> bool:
    if call.name in RESERVED or call.on_children:
        return True
    plugin = getattr(interfaces, call.interface, None)
    return isinstance(plugin, Plugin) and call.name in plugin.steps()


def _problem(
    call: StepCall, found: OfferedStep | None, offered: Mapping[str, OfferedStep]
) -> str | None:
    if found is None:
        names = ", ".join(sorted(offered)) or "none"
        return f"there is no step {call}; steps of the agent: {names}"
    return refusal(call, found.arguments) if found.arguments is not None else None


def _planned(task: Task, calls: Sequence[StepCall], offered: Sequence[OfferedStep]) -> Done:
    """With a boot into the ramdisk after each step that wants one."""
    rebooting = {str(each) for each in offered if each.reboot}
    then: list[StepCall] = []
    for call in calls:
        then.append(call)
        if str(call) in rebooting:
            then.extend(reboot_into_ramdisk(task.work.flow))
    names = ", ".join(str(call) for call in calls) or "none"
    return Done(f"steps to run: {names}", then=tuple(then))
