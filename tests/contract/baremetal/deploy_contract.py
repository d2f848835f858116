"""What every deploy plug-in must do."""

from dataclasses import replace

from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.node import InterfaceKind, Power
from bessemer.baremetal.domain.provision.ranking import ranked
from bessemer.baremetal.domain.provision.work import Done, StepCall
from bessemer.baremetal.interfaces.boot import BootInterface
from bessemer.baremetal.interfaces.deploy import DeployInterface, call_of
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.interfaces.storage import StorageInterface

_OTHERS: dict[str, type[Plugin]] = {
    "boot": BootInterface,
    "management": ManagementInterface,
    "network": NetworkInterface,
    "power": PowerInterface,
    "storage": StorageInterface,
}


def own_calls(deploy: DeployInterface) -> tuple[StepCall, ...]:
    """What it does in every deployment, in order."""
    facts = [each for each in deploy.steps().values() if "deploy" in each.phases and each.priority]
    return ranked(call_of(InterfaceKind.DEPLOY, each) for each in facts)


class DeployContract:
    """Subclasses give `deploy` and `task`: a node as the frame before its own steps leaves it."""

    def test_the_steps_around_it_are_steps_of_every_such_interface(
        self, deploy: DeployInterface
    ) -> None:
        for frame in filter(None, (deploy.frame, deploy.frame_from_volume)):
            for call in (*frame.before, *frame.after, *frame.clean_up):
                owner = _OTHERS.get(call.interface, type(deploy))
                assert hasattr(getattr(owner, call.name), "__step__"), call

    def test_a_good_node_is_valid(self, deploy: DeployInterface, task: MemoryTask) -> None:
        deploy.validate(task.node, task.ports)

    async def test_its_steps_end_with_the_instance_booted_each_run_twice(
        self, deploy: DeployInterface, task: MemoryTask
    ) -> None:
        for call in own_calls(deploy):
            for _ in range(2):
                outcome = await run_to_end(task, deploy, call.name)
                assert isinstance(outcome, Done), (call, outcome)
        wanted = Power.ON if deploy.manages_machine else None
        assert task.node.power_state is wanted

    async def test_taking_over_leaves_the_machine_running(
        self, deploy: DeployInterface, task: MemoryTask
    ) -> None:
        task.node = replace(task.node, power_state=Power.ON)
        for _ in range(2):
            assert isinstance(await run_to_end(task, deploy, "take_over"), Done)
        assert (task.node.power_state, task.destruction_permitted) == (Power.ON, 0)

    async def test_a_released_instance_is_forgotten(
        self, deploy: DeployInterface, task: MemoryTask
    ) -> None:
        task.node = replace(task.node, instance_uuid="1", instance_name="web")
        for _ in range(2):
            assert isinstance(await run_to_end(task, deploy, "release_instance"), Done)
        node = task.node
        assert (node.instance_uuid, node.instance_name, node.instance_info) == (None, None, {})
        kept = {key for key in node.driver_internal_info if key.startswith(("agent_", "instance_"))}
        assert kept == set()
