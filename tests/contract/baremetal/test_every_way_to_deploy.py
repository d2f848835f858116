"""The deploy plug-ins against their contract: the agents' beside an agent's real command API."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node, a_port, run_to_end
from tests.contract.baremetal.deploy_contract import DeployContract
from tests.integration.baremetal_agent.loopback_agent import (
    LoopbackAgent,
    SomePower,
    a_certificate,
)
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.custom_deploy import CustomAgentDeploy
from bessemer.baremetal.drivers.anaconda.deploy import AnacondaDeploy
from bessemer.baremetal.drivers.bootc.deploy import BootcDeploy
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.fake.boot import FakeBoot
from bessemer.baremetal.drivers.fake.deploy import FakeDeploy
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.manual.power import AgentPower
from bessemer.baremetal.drivers.none.deploy import NoopDeploy
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.ramdisk.deploy import RamdiskDeploy
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

SETTINGS = BareMetalSettings(agent_poll_interval=timedelta(milliseconds=20))


class PowerOfAgentsMachine(SomePower):
    """A machine that goes off when its agent is told to switch it off."""

    def __init__(self, agent: LoopbackAgent) -> None:
        super().__init__()
        self._agent = agent

    async def get_power_state(self, node: Node) -> Power:
        switched_on = PowerTarget.ON in self.orders
        off = self._agent.power_off.begun.is_set() and not switched_on
        return Power.OFF if off else Power.ON


def a_task(power: PowerInterface) -> MemoryTask:
    machines = MemoryMachines()
    node = a_node(instance_info={"image_source": IMAGE.id})
    plugins = {
        InterfaceKind.BOOT: FakeBoot(),
        InterfaceKind.MANAGEMENT: FakeManagement(machines),
        InterfaceKind.NETWORK: NoopNetwork(),
        InterfaceKind.POWER: power,
    }
    return MemoryTask(node, (a_port(node),), plugins=plugins)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackAgent]:
    certificate = a_certificate(Path(tmp_path_factory.mktemp("certificate")))
    agent = LoopbackAgent(certificate).start()
    agent.held.may_end.set()
    yield agent
    agent.die()


class ByAgent(DeployContract):
    """With a ramdisk that has called back."""

    @pytest.fixture
    async def client(self) -> AgentClient:
        client = AgentClient()
        yield client
        await client.close()

    @pytest.fixture
    def task(self, agent: LoopbackAgent) -> MemoryTask:
        agent.power_off.begun.clear()
        task = a_task(PowerOfAgentsMachine(agent))
        task.node = task.node.with_internal(**agent.facts())
        return task


class TestDirect(ByAgent):
    """The contract."""

    @pytest.fixture
    def deploy(self, client: AgentClient) -> DirectDeploy:
        return DirectDeploy(SomeImages(), SomeNetworks(), SETTINGS, client)


class TestBootc(ByAgent):
    """The contract, with a container in place of an image."""

    @pytest.fixture
    def deploy(self, client: AgentClient) -> BootcDeploy:
        return BootcDeploy(SETTINGS, client)

    @pytest.fixture
    def task(self, agent: LoopbackAgent) -> MemoryTask:
        agent.power_off.begun.clear()
        task = a_task(PowerOfAgentsMachine(agent))
        container = {"image_source": "oci://registry.test/os/debian:13"}
        task.node = replace(task.node, instance_info=container)
        task.node = task.node.with_internal(**agent.facts())
        return task

    @pytest.mark.parametrize("source", ["debian", "https://files.test/a.qcow2", "oci://x", None])
    def test_it_takes_nothing_but_containers(self, deploy: BootcDeploy, source: object) -> None:
        with pytest.raises(Invalid, match="oci://REGISTRY/IMAGE"):
            deploy.validate(a_node(instance_info={"image_source": source}), ())


class TestCustomAgent(ByAgent):
    """The contract, and that it writes nothing by itself."""

    @pytest.fixture
    def deploy(self, client: AgentClient) -> CustomAgentDeploy:
        return CustomAgentDeploy(SETTINGS, client)

    def test_it_needs_no_image(self, deploy: DeployInterface) -> None:
        deploy.validate(a_node(), ())

    def test_it_has_the_agents_steps_and_no_other(self, deploy: DeployInterface) -> None:
        facts = deploy.steps().values()
        assert {each.name: each.priority for each in facts if "deploy" in each.phases} == {
            "prepare_instance_boot": 60,
            "tear_down_agent": 40,
            "switch_to_tenant_network": 30,
            "boot_instance": 20,
        }


class TestFake(DeployContract):
    """The contract."""

    @pytest.fixture
    def deploy(self) -> FakeDeploy:
        return FakeDeploy(MemoryMachines())

    @pytest.fixture
    def task(self) -> MemoryTask:
        return a_task(FakePower(SETTINGS, MemoryMachines()))


class TestAnaconda(DeployContract):
    """The contract, with an installer that has reported its end."""

    @pytest.fixture
    async def deploy(self, task: MemoryTask) -> AnacondaDeploy:
        settings = SETTINGS.model_copy(update={"anaconda_power_off_timeout": timedelta(0)})
        deploy = AnacondaDeploy(SomeImages(), SomeNetworks(), settings, AgentClient())
        outcome = await run_to_end(task, deploy, "prepare_image")
        assert isinstance(outcome, Done), outcome
        assert task.destruction_permitted == 1
        task.destruction_permitted = 0
        task.node = replace(
            task.node.with_internal(agent_status="end", agent_status_message="done"),
            power_state=Power.ON,
        )
        return deploy

    @pytest.fixture
    def task(self) -> MemoryTask:
        task = a_task(FakePower(SETTINGS, MemoryMachines()))
        wanted = {
            "image_source": "http://files.test/os/",
            "kernel": IMAGE.id,
            "ramdisk": "http://files.test/initrd.img",
        }
        task.node = replace(task.node, instance_info=wanted)
        return task

    async def test_the_kickstart_is_kept_until_the_machine_is_off(
        self, deploy: DeployInterface, task: MemoryTask
    ) -> None:
        assert task.kickstart is not None
        assert task.node.driver_internal_info["agent_secret_token"].reveal() in task.kickstart
        await run_to_end(task, deploy, "tear_down_agent")
        assert task.kickstart is None

    def test_it_needs_a_boot_interface_that_can_do_that(self, deploy: DeployInterface) -> None:
        class DiskOnly(FakeBoot):
            capabilities = frozenset()

        deploy.validate_boot(a_node(), FakeBoot())
        with pytest.raises(Unsupported, match="installer_boot"):
            deploy.validate_boot(a_node(), DiskOnly())

    async def test_a_machine_without_a_switch_is_refused(self, task: MemoryTask) -> None:
        task.plugins = {**task.plugins, InterfaceKind.POWER: AgentPower(AgentClient(), SETTINGS)}
        deploy = AnacondaDeploy(SomeImages(), SomeNetworks(), SETTINGS, AgentClient())
        outcome = await run_to_end(task, deploy, "prepare_image")
        assert "power switch" in str(outcome)


class TestRamdisk(DeployContract):
    """The contract, and that no disk is written."""

    @pytest.fixture
    async def deploy(self, task: MemoryTask) -> RamdiskDeploy:
        deploy = RamdiskDeploy(SomeImages(), SETTINGS, AgentClient())
        await run_to_end(task, deploy, "prepare_image")
        return deploy

    @pytest.fixture
    def task(self) -> MemoryTask:
        task = a_task(FakePower(SETTINGS, MemoryMachines()))
        wanted = {"kernel": IMAGE.id, "ramdisk": "http://files.test/initramfs"}
        task.node = replace(task.node, instance_info=wanted)
        return task

    async def test_it_boots_from_the_network_for_good_and_destroys_nothing(
        self, deploy: DeployInterface, task: MemoryTask
    ) -> None:
        await run_to_end(task, deploy, "deploy")
        told = task.node.driver_internal_info["persistent_boot_device"]
        assert (told, task.destruction_permitted) == (BootDevice.PXE, 0)

    def test_it_needs_a_boot_interface_that_can_do_that(self, deploy: DeployInterface) -> None:
        class DiskOnly(FakeBoot):
            capabilities = frozenset()

        deploy.validate_boot(a_node(), FakeBoot())
        with pytest.raises(Unsupported, match="ramdisk_boot"):
            deploy.validate_boot(a_node(), DiskOnly())


class TestNoop(DeployContract):
    """The contract, and that the machine is left to whoever looks after it."""

    @pytest.fixture
    def deploy(self) -> NoopDeploy:
        return NoopDeploy()

    @pytest.fixture
    def task(self) -> MemoryTask:
        return MemoryTask(a_node())

    def test_there_is_nothing_to_do(self, deploy: DeployInterface) -> None:
        assert [each.name for each in deploy.steps().values() if each.phases] == []
        assert (deploy.frame.before, deploy.frame.clean_up) == ((), ())

    async def test_there_is_no_agent(self, deploy: DeployInterface, task: MemoryTask) -> None:
        for talk in (
            deploy.in_band_steps(task, "clean"),
            deploy.run_in_band_step(task, "erase_devices", {}),
            deploy.run_step("wait_for_ramdisk", task, {}),
        ):
            with pytest.raises(Unsupported, match="deploy ramdisk"):
                await talk
