"""Inspect interface `agent`: the ramdisk looks at the machine from inside and reports."""

from dataclasses import replace

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, Signal, WaitFor
from bessemer.baremetal.drivers.agent.findings import Findings, findings
from bessemer.baremetal.drivers.agent.inventory import read_machine, reported_error
from bessemer.baremetal.drivers.agent.stored_report import plugin_data, storable
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid


class AgentInspect(InspectInterface):
    """In-band inspection (Ironic's inspect interface `agent`)."""

    def __init__(self, settings: BareMetalSettings) -> None:
        self._settings = settings

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
            "the inspection ramdisk has not reported since power-on; look at the machine's console "
            f"for where it stopped, then {next_command(task.work.flow, task.node)}",
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
        try:
            found = findings(task.node, task.ports, read_machine(data))
            await self._keep(task, found)
        except (Invalid, Conflict) as error:
            return Failed(f"{error} {again}")
        await task.save_inventory(storable(data["inventory"]), plugin_data(data))
        return Done(_summary(task.node, found))

    async def _keep(self, task: Task, found: Findings) -> None:
        for port in found.ports:
            await task.save_port(port)
        await task.save(replace(task.node, properties=found.properties))


def _summary(node: Node, found: Findings) -> str:
    names = ("cpus", "memory_mb", "local_gb", "cpu_arch")
    facts = [f"{name} {node.properties[name]}" for name in names if name in node.properties]
    return "; ".join([", ".join(facts), f"{len(found.ports)} ports new or changed", *found.notes])
