"""Inspection of fake machines: finds what driver_info says they are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bessemer import clock
from bessemer.baremetal.domain.inspection_rules.actions import Case
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.drivers.agent.rules import Rulebook
from bessemer.baremetal.drivers.agent.words import GIB, next_command
from bessemer.baremetal.drivers.fake.play import PROPERTIES, Now, played, script_of
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid
from bessemer.json_types import JsonObject

_PLAIN: Final = {"cpu_arch": "x86_64", "cpus": 1, "memory_mb": 1024, "local_gb": 10}


class FakeInspect(InspectInterface):
    """Named "fake". `driver_info.fake_properties` is what it finds; without it, a small x86_64."""

    def __init__(self, settings: BareMetalSettings, now: Now = clock.now) -> None:
        self._rules = Rulebook(settings)
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)
        _properties(node)

    def properties(self) -> Mapping[str, str]:
        return {**PROPERTIES, "fake_properties": "What inspection finds: an object of properties."}

    @step()
    async def wait_for_data(self, task: Task) -> Outcome:
        """Nothing is posted; the script may want a delay."""
        before = await played(task, "inspect.wait_for_data", self._now)
        return before or Done("the fake machine has been looked at")

    @step()
    async def process_data(self, task: Task) -> Outcome:
        """Properties, and an inventory of the same content, as the inspection rules leave them."""
        before = await played(task, "inspect.process_data", self._now)
        if before is not None:
            return before
        if self._rules.is_kept(task):
            return Done("all that was found is kept already")
        node, found = task.node, _properties(task.node)
        looked_at = replace(node, properties={**node.properties, **found})
        try:
            inventory = _inventory(found, task.ports)
            await self._rules.keep(task, Case(looked_at, task.ports, inventory, {}))
        except (Invalid, Conflict) as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, node)}.")
        return Done(", ".join(f"{key}={value}" for key, value in sorted(found.items())))


def _inventory(found: Mapping[str, Any], ports: Sequence[Port]) -> JsonObject:
    """As the agent reports a machine (Ironic Python Agent's `list_hardware_info`)."""
    return {
        "cpu": {"count": found.get("cpus"), "architecture": found.get("cpu_arch")},
        "memory": {"physical_mb": found.get("memory_mb")},
        "disks": [{"name": "/dev/fake", "size": _gigabytes(found.get("local_gb")) * GIB}],
        "interfaces": [
            {"name": f"fake{number}", "mac_address": port.address}
            for number, port in enumerate(ports)
        ],
        "system_vendor": {"manufacturer": "Fake", "product_name": "fake-hardware"},
        "fake": dict(found),
    }


def _gigabytes(given: Any) -> int:
    return int(given) if str(given).isdecimal() else 0


def _properties(node: Node) -> dict[str, Any]:
    given = node.driver_info.get("fake_properties", _PLAIN)
    if not isinstance(given, dict):
        raise Invalid("driver_info.fake_properties must be an object.")
    return dict(given)
