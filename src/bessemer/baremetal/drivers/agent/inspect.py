"""Inspect interface `agent`: the ramdisk looks at the machine from inside and reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bessemer.baremetal.domain.inspection_rules.actions import Case
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, Signal, WaitFor
from bessemer.baremetal.drivers.agent.findings import Findings, findings
from bessemer.baremetal.drivers.agent.inventory import read_machine, reported_error
from bessemer.baremetal.drivers.agent.rules import applied, built_in_rules, fingerprint
from bessemer.baremetal.drivers.agent.stored_report import plugin_data, storable
from bessemer.baremetal.drivers.agent.words import next_command, not_heard
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid

_LEAVES: Final = "leaves"
"""In the work's memo: the fingerprint of what processing the report leaves behind."""


class AgentInspect(InspectInterface):
    """In-band inspection (Ironic's inspect interface `agent`)."""

    def __init__(self, settings: BareMetalSettings) -> None:
        self._settings = settings
        self._built_in = built_in_rules(settings.inspection_rules_file)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing of its own: the boot interface says what it needs."""

    @step()
    async def wait_for_data(self, task: Task) -> Outcome:
        """The ramdisk posts to /v1/continue_inspection."""
        if await task.inspection_data() is not None:
            return Done("the ramdisk's report is here")
        return WaitFor(
            Signal.INSPECTION,
            self._settings.inspect_wait_timeout,
            not_heard(
                "the inspection ramdisk has not reported",
                task.work.flow,
                task.node,
                has_switch=task.interfaces.power.has_switch(task.node),
            ),
        )

    @step()
    async def process_data(self, task: Task) -> Outcome:
        """Properties, ports, cabling, inventory; the same data leave the same node, however often."""
        again = f"Then: {next_command(task.work.flow, task.node)}."
        data = await task.inspection_data()
        if data is None:
            return Failed(f"The ramdisk's report is gone. {again}")
        complaint = reported_error(data)
        if complaint is not None:
            return Failed(f"The inspection ramdisk reports: {complaint} {again}")
        if task.work.memo.get(_LEAVES) == fingerprint(task.node, task.ports):
            return Done("all that was found is kept already")
        try:
            found = findings(task.node, task.ports, read_machine(data))
            await self._keep(task, await self._judged(task, found, data))
        except (Invalid, Conflict) as error:
            return Failed(f"{error} {again}")
        return Done(_summary(task.node, found))

    async def _judged(self, task: Task, found: Findings, data: Mapping[str, Any]) -> Case:
        """What was found, after the inspection rules. Raises RuleFailed."""
        case = Case(
            node=replace(task.node, properties=found.properties),
            ports=_merged(task.ports, found.ports),
            inventory=storable(data["inventory"]),
            plugin_data=plugin_data(data),
        )
        # Kept before any rule can fail, so that one can look up what the rule saw.
        await task.save_inventory(case.inventory, case.plugin_data)
        rules = [*await task.inspection_rules("main"), *self._built_in]
        return await applied(rules, case, may_call=self._settings.inspection_rule_api_calls)

    async def _keep(self, task: Task, case: Case) -> None:
        await task.save_inventory(case.inventory, storable(case.plugin_data))
        # A rule may append to a list: were it applied again to what it has already changed, because
        # the worker died right after saving, it would append twice.
        await task.note(**{_LEAVES: fingerprint(case.node, case.ports)})
        for port in case.ports:
            if port not in task.ports:
                await task.save_port(port)
        await task.save(case.node)


def _merged(ports: Sequence[Port], changed: Sequence[Port]) -> tuple[Port, ...]:
    by_address = {port.address: port for port in (*ports, *changed)}
    return tuple(by_address.values())


def _summary(node: Node, found: Findings) -> str:
    names = ("cpus", "memory_mb", "local_gb", "cpu_arch")
    facts = [f"{name} {node.properties[name]}" for name in names if name in node.properties]
    return "; ".join([", ".join(facts), f"{len(found.ports)} ports new or changed", *found.notes])
