"""Inspect interface `agent`: the ramdisk looks at the machine from inside and reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.inspection_rules.actions import Case
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, Signal, WaitFor
from bessemer.baremetal.drivers.agent.boot_retry import patient
from bessemer.baremetal.drivers.agent.findings import Findings, findings
from bessemer.baremetal.drivers.agent.inventory import read_machine, reported_error
from bessemer.baremetal.drivers.agent.orders import Now
from bessemer.baremetal.drivers.agent.rules import Rulebook
from bessemer.baremetal.drivers.agent.stored_report import plugin_data, storable
from bessemer.baremetal.drivers.agent.words import next_command, not_heard
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid


class AgentInspect(InspectInterface):
    """In-band inspection (Ironic's inspect interface `agent`)."""

    def __init__(self, settings: BareMetalSettings, now: Now = clock.now) -> None:
        self._settings = settings
        self._now = now
        self._rules = Rulebook(settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing of its own: the boot interface says what it needs."""

    @step()
    async def wait_for_data(self, task: Task, until: str | None = None) -> Outcome:
        """The ramdisk posts to /v1/continue_inspection."""
        if await task.inspection_data() is not None:
            return Done("the ramdisk's report is here")
        wait = WaitFor(
            Signal.INSPECTION,
            self._settings.inspect_wait_timeout,
            not_heard(
                "the inspection ramdisk has not reported",
                task.work.flow,
                task.node,
                has_switch=task.interfaces.power.has_switch(task.node),
            ),
        )
        return await patient(task, wait, self._settings.boot_retry_timeout, self._now(), until)

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
        if self._rules.is_kept(task):
            return Done("all that was found is kept already")
        try:
            found = findings(task.node, task.ports, read_machine(data))
            await self._rules.keep(task, _case(task.node, task.ports, found, data))
        except (Invalid, Conflict) as error:
            return Failed(f"{error} {again}")
        return Done(_summary(task.node, found))

    async def discovered(
        self, node: Node, report: Mapping[str, Any], rules: Sequence[InspectionRule]
    ) -> Case:
        case = _case(node, (), findings(node, (), read_machine(report)), report)
        case = replace(case, plugin_data={**case.plugin_data, "auto_discovered": True})
        complaint = reported_error(report)
        try:
            if complaint is not None:
                raise Invalid(f"The inspection ramdisk reports: {complaint}")
            after = await self._rules.applied(rules, case)
            return replace(after, plugin_data=storable(after.plugin_data))
        except Invalid as error:
            return replace(case, node=replace(case.node, last_error=error.message))


def _case(node: Node, ports: tuple[Port, ...], found: Findings, data: Mapping[str, Any]) -> Case:
    return Case(
        node=replace(node, properties=found.properties),
        ports=_merged(ports, found.ports),
        inventory=storable(data["inventory"]),
        plugin_data=plugin_data(data),
    )


def _merged(ports: Sequence[Port], changed: Sequence[Port]) -> tuple[Port, ...]:
    by_address = {port.address: port for port in (*ports, *changed)}
    return tuple(by_address.values())


def _summary(node: Node, found: Findings) -> str:
    names = ("cpus", "memory_mb", "local_gb", "cpu_arch")
    facts = [f"{name} {node.properties[name]}" for name in names if name in node.properties]
    return "; ".join([", ".join(facts), f"{len(found.ports)} ports new or changed", *found.notes])
