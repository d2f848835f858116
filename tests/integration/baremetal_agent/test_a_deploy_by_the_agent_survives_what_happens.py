"""Deploy interface direct against the agent's real API: well, interrupted anywhere, and failing."""

import asyncio
import threading
from datetime import timedelta

import pytest
from tests.baremetal_task import ManualClock, MemoryTask, a_node, a_port, run_to_end
from tests.integration.baremetal_agent.loopback_agent import PATIENCE_S, LoopbackAgent, SomePower
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.lease import LeaseLost
from bessemer.baremetal.domain.node import InterfaceKind, Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, Signal, StepCall, WaitFor
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.farewell import Farewell
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.interfaces.boot import BootInterface
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.clock import now

SETTINGS = BareMetalSettings(agent_poll_interval=timedelta(milliseconds=20))


class NotedBoot(BootInterface):
    """Counts how often the instance's boot was prepared."""

    def __init__(self):
        self.prepared = 0

    def validate(self, node, ports):
        pass

    async def prepare_ramdisk(self, task, purpose):
        return Done()

    async def clean_up_ramdisk(self, task):
        return Done()

    async def prepare_instance(self, task):
        self.prepared += 1


@pytest.fixture
def images():
    return SomeImages()


@pytest.fixture
def hand():
    return ManualClock()


@pytest.fixture
def deploy(images, client, hand):
    return DirectDeploy(images, SomeNetworks(), SETTINGS, client, hand.now)


@pytest.fixture
def task(agent):
    return a_task(agent)


def a_task(agent, step="write_image", flow=Flow.DEPLOY, **changes):
    node = a_node(
        driver_internal_info=agent.facts(),
        instance_info={"image_source": "debian"},
        **changes,
    )
    plugins = {
        InterfaceKind.POWER: SomePower(),
        InterfaceKind.BOOT: NotedBoot(),
        InterfaceKind.NETWORK: NoopNetwork(),
    }
    task = MemoryTask(node, (a_port(node),), plugins=plugins, drive="ZHJpdmU=")
    task.work = task.work_for(StepCall("deploy", step), flow=flow)
    return task


async def until_begun(agent):
    assert await asyncio.to_thread(agent.held.begun.wait, 5)


async def look_until_not_waiting(deploy, task, hand, step="write_image", push=5):
    for _ in range(50):
        outcome = await getattr(deploy, step)(task)
        if not isinstance(outcome, WaitFor):
            return outcome
        hand.push(timedelta(seconds=push))
    raise AssertionError("it waits for ever")


async def run_on(deploy, task, step="write_image"):
    """Go on with the work as it stands, until it is over."""
    for _ in range(200):
        outcome = await getattr(deploy, step)(task)
        if not isinstance(outcome, WaitFor):
            return outcome
        await asyncio.sleep(0.01)
    raise AssertionError(f"it waits for ever: {outcome.reason}")


async def test_the_image_and_the_config_drive_are_ordered_and_the_progress_is_seen(
    agent, deploy, task
):
    await deploy.write_image(task)
    await until_begun(agent)
    await deploy.write_image(task)
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task), Done)
    (call,) = agent.held.calls
    arguments = call["step"]["args"]
    assert call["step"]["step"] == "write_image"
    assert arguments["configdrive"] == "ZHJpdmU="
    assert arguments["image_info"]["urls"][0].startswith("http://172.30.0.1:6386/v1/temp/")
    assert call["deploy_version"] == {"bessemer_hardware_manager": "2"}
    assert call["node"]["uuid"] == task.node.uuid
    assert task.progress_seen == [(430 * 1024**2, 1000 * 1024**2)]
    assert task.destruction_permitted == 1


async def test_while_it_runs_every_sign_of_life_extends_the_wait(agent, deploy, task):
    await deploy.write_image(task)
    await until_begun(agent)
    waiting = await deploy.write_image(task)
    assert isinstance(waiting, WaitFor)
    assert (waiting.signal, waiting.extends) == (Signal.AGENT, True)
    assert waiting.look_again == SETTINGS.agent_poll_interval
    assert waiting.reason == "the agent is at write_image: 43 % (430 of 1000 MiB)"


async def test_the_link_is_made_anew_when_the_order_goes_out(agent, deploy, task, images):
    await run_to_end(task, deploy, "prepare_image")
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task), Done)
    assert images.urls_made == 2


@pytest.mark.parametrize("where", ["note", "save", "progress", "permit_destruction"])
@pytest.mark.parametrize("skipped", [0, 1])
async def test_killed_anywhere_and_run_again_the_image_is_written_once(
    agent, deploy, task, where, skipped
):
    """`skipped`: how many calls of that kind pass before the worker is killed."""
    original = getattr(task, where)
    calls = 0

    async def dying(*arguments, **named):
        nonlocal calls
        await original(*arguments, **named)
        calls += 1
        if calls == skipped + 1:
            raise KeyboardInterrupt

    setattr(task, where, dying)
    killed = False
    for _ in range(100):
        try:
            outcome = await deploy.write_image(task)
        except KeyboardInterrupt:
            killed = True
            continue
        if isinstance(outcome, Done):
            break
        assert isinstance(outcome, WaitFor)
        await until_begun(agent)
        if calls > skipped or task.progress_seen:
            agent.held.may_end.set()
        await asyncio.sleep(0.01)
    assert isinstance(outcome, Done)
    assert len(agent.held.calls) == 1
    assert killed or skipped == 1


async def test_an_order_whose_answer_was_lost_is_found_again_not_given_twice(agent, deploy, task):
    agent.lose_next_answer()
    first = await deploy.write_image(task)
    assert isinstance(first, WaitFor)
    assert not first.extends
    await until_begun(agent)
    assert isinstance(await deploy.write_image(task), WaitFor)
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task), Done)
    assert len(agent.held.calls) == 1


async def test_nothing_is_ordered_once_the_node_has_another_intent(agent, deploy, task):
    task.raises_on["permit_destruction"] = LeaseLost("another intent")
    with pytest.raises(LeaseLost):
        await deploy.write_image(task)
    assert agent.held.calls == []


async def test_an_agent_that_dies_while_writing_is_given_up_in_words(agent, deploy, task, hand):
    await deploy.write_image(task)
    await until_begun(agent)
    await deploy.write_image(task)
    agent.die()
    outcome = await look_until_not_waiting(deploy, task, hand)
    assert isinstance(outcome, Failed)
    assert "write_image: the agent is lost, it has not answered for 45 s" in outcome.reason
    assert "It had come to 43 % (430 of 1000 MiB)." in outcome.reason
    assert "`openstack baremetal node deploy n1`" in outcome.reason


async def test_an_agent_that_falls_silent_and_comes_back_has_its_full_time_again(
    agent, deploy, task, hand
):
    await deploy.write_image(task)
    await until_begun(agent)
    real, task.node = task.node, task.node.with_internal(agent_url="https://127.0.0.1:1")
    for _ in range(2):
        assert isinstance(await deploy.write_image(task), WaitFor)
        hand.push(timedelta(seconds=40))
        task.node = real
        assert isinstance(await deploy.write_image(task), WaitFor)
        task.node = real.with_internal(agent_url="https://127.0.0.1:1")
        hand.push(timedelta(seconds=40))
    task.node = real
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task), Done)


async def test_an_agent_started_anew_in_the_middle_is_noticed(agent, deploy, task):
    await deploy.write_image(task)
    await until_begun(agent)
    await deploy.write_image(task)
    agent.restart()
    outcome = await run_on(deploy, task)
    assert isinstance(outcome, Failed)
    assert "started anew in the middle of it" in outcome.reason
    assert "43 %" in outcome.reason
    assert agent.held.calls == []


async def test_what_the_agent_says_of_a_bad_image_is_told(agent, deploy, task):
    agent.held.fails_with = "sha512 of the image is 11…, expected ab…"
    agent.held.may_end.set()
    outcome = await run_on(deploy, task)
    assert isinstance(outcome, Failed)
    assert "the agent says: sha512 of the image is 11…, expected ab…" in outcome.reason
    assert "`openstack baremetal node deploy n1`" in outcome.reason


async def test_a_token_that_is_not_the_agents_fails_at_once(agent, deploy, task):
    task.node = task.node.with_internal(**agent.facts(token="other"))
    outcome = await deploy.write_image(task)
    assert isinstance(outcome, Failed)
    assert "Token invalid" in outcome.reason


async def test_an_agent_at_other_work_is_waited_for(agent, deploy, task, client):
    await client.start(task.node, "other.work", {})
    waiting = await deploy.write_image(task)
    assert isinstance(waiting, WaitFor)
    assert "busy" in waiting.reason
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task), Done)
    assert [call.get("step", {}).get("step") for call in agent.held.calls] == [None, "write_image"]


async def test_a_ramdisk_without_deploy_steps_gets_the_older_order(certificate, deploy):
    agent = LoopbackAgent(certificate, generation="old").start()
    try:
        agent.held.may_end.set()
        assert isinstance(await run_on(deploy, a_task(agent)), Done)
        assert agent.orders() == ["prepare_image"]
        assert set(agent.held.calls[0]) == {"image_info", "configdrive"}
    finally:
        agent.die()


async def test_an_image_that_has_gone_meanwhile_fails_in_words(deploy, task, images, agent):
    images.images.clear()
    outcome = await deploy.write_image(task)
    assert isinstance(outcome, Failed)
    assert "No image found" in outcome.reason
    assert agent.held.calls == []


async def test_a_uefi_machine_gets_its_boot_entry_before_the_boot_device(agent, deploy):
    task = a_task(agent, properties={"capabilities": "boot_mode:uefi"})
    boot = task.plugins[InterfaceKind.BOOT]
    assert isinstance(await deploy.prepare_instance_boot(task), WaitFor)
    await until_begun(agent)
    assert boot.prepared == 0
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task, "prepare_instance_boot"), Done)
    assert agent.held.calls[0]["target_boot_mode"] == "uefi"
    assert agent.orders() == ["get_partition_uuids", "install_bootloader"]
    # killed before its answer was kept, the step is run once more:
    assert isinstance(await deploy.prepare_instance_boot(task), Done)
    assert agent.orders() == ["get_partition_uuids", "install_bootloader"]


async def test_a_bios_machine_starts_the_image_as_it_is(agent, deploy):
    task = a_task(agent)
    assert isinstance(await deploy.prepare_instance_boot(task), Done)
    assert agent.orders() == []
    assert task.plugins[InterfaceKind.BOOT].prepared == 1


async def test_the_agent_powers_off_and_is_forgotten(agent, deploy):
    task = a_task(agent)
    power = task.plugins[InterfaceKind.POWER]
    waiting = await deploy.tear_down_agent(task)
    assert isinstance(waiting, WaitFor)
    assert waiting.signal is Signal.TIMER
    await deploy.tear_down_agent(task)
    assert agent.orders() == ["power_off"]
    power.state = Power.OFF
    for _ in range(2):
        assert isinstance(await deploy.tear_down_agent(task), Done)
        assert not [key for key in task.node.driver_internal_info if key.startswith("agent_")]
    assert power.orders == []


async def test_a_machine_that_is_off_before_its_agent_has_answered_is_not_waited_for(agent):
    task = a_task(agent)
    gone = threading.Event()
    agent.before_answer = lambda: gone.wait(PATIENCE_S)
    client = AgentClient(command_within=timedelta(hours=1))
    try:
        async with asyncio.timeout(PATIENCE_S - 1):
            waiting = await Farewell(client, SETTINGS, now).say(task)
    finally:
        gone.set()
        await client.close()
    assert isinstance(waiting, WaitFor)
    assert waiting.look_again < timedelta(seconds=1)
    task.plugins[InterfaceKind.POWER].state = Power.OFF
    assert isinstance(await Farewell(client, SETTINGS, now).say(task), Done)


async def test_an_agent_that_is_busy_is_asked_again(agent, deploy):
    task = a_task(agent, properties={"capabilities": "boot_mode:uefi"})
    assert isinstance(await deploy.prepare_instance_boot(task), WaitFor)
    await until_begun(agent)
    leaving = a_task(agent)
    assert isinstance(await deploy.tear_down_agent(leaving), WaitFor)
    assert "power_off" not in agent.orders()
    agent.held.may_end.set()
    assert isinstance(await run_on(deploy, task, "prepare_instance_boot"), Done)
    for _ in range(2):
        assert isinstance(await deploy.tear_down_agent(leaving), WaitFor)
    assert agent.orders().count("power_off") == 1


@pytest.mark.parametrize("alive", [True, False])
async def test_what_the_agent_does_not_switch_off_in_time_the_bmc_does(agent, deploy, hand, alive):
    task = a_task(agent)
    power = task.plugins[InterfaceKind.POWER]
    if not alive:
        agent.die()
    assert isinstance(await deploy.tear_down_agent(task), WaitFor)
    hand.push(timedelta(seconds=29))
    await deploy.tear_down_agent(task)
    assert power.orders == []
    hand.push(timedelta(seconds=2))
    power.deaf = True
    for _ in range(2):
        waiting = await deploy.tear_down_agent(task)
        assert isinstance(waiting, WaitFor)
        assert "the BMC was told to" in waiting.reason
    assert power.orders == [PowerTarget.OFF]
    power.state = Power.OFF
    assert isinstance(await deploy.tear_down_agent(task), Done)


async def test_the_ramdisk_is_waited_for_until_it_has_called_back(agent, deploy):
    task = a_task(agent)
    assert isinstance(await deploy.wait_for_ramdisk(task), Done)
    task.node = a_node()
    waiting = await deploy.wait_for_ramdisk(task)
    assert isinstance(waiting, WaitFor)
    assert (waiting.signal, waiting.timeout) == (Signal.AGENT, timedelta(minutes=30))
    assert "has not called back since power-on" in waiting.reason


async def test_the_agents_clean_steps_become_calls_and_run(agent, deploy):
    task = a_task(agent, "collect_clean_steps", Flow.CLEAN)
    outcome = await deploy.collect_clean_steps(task)
    assert isinstance(outcome, Done)
    assert [(str(call), call.priority) for call in outcome.then] == [
        ("deploy.erase_devices_metadata", 99),
        ("deploy.erase_devices", 10),
    ]
    agent.held.may_end.set()
    for call in outcome.then:
        task.work = task.work_for(call, flow=Flow.CLEAN)
        for _ in range(100):
            outcome = await deploy.run_in_band_step(task, call.name, call.args)
            if not isinstance(outcome, WaitFor):
                break
            await asyncio.sleep(0.01)
        assert isinstance(outcome, Done), outcome
    assert [call["step"]["step"] for call in agent.held.calls] == [
        "erase_devices_metadata",
        "erase_devices",
    ]
    assert agent.held.calls[0]["clean_version"] == {"bessemer_hardware_manager": "2"}
    assert task.destruction_permitted == 2


async def test_a_dead_agent_fails_cleaning_with_the_command_for_cleaning(agent, deploy, hand):
    task = a_task(agent, "collect_clean_steps", Flow.CLEAN)
    agent.die()
    outcome = await look_until_not_waiting(deploy, task, hand, "collect_clean_steps")
    assert isinstance(outcome, Failed)
    assert "`openstack baremetal node manage n1`" in outcome.reason


class OrderedNetwork(NetworkInterface):
    """Says in which order it was asked; each part has to be asked twice."""

    def __init__(self):
        self.asked = []

    def validate(self, node, ports):
        pass

    async def _twice(self, what):
        self.asked.append(what)
        if self.asked.count(what) < 2:
            return WaitFor(Signal.TIMER, timedelta(seconds=9), what)
        return Done(what)

    async def add_network(self, task, purpose):
        raise NotImplementedError

    async def remove_network(self, task, purpose):
        return await self._twice(f"off {purpose}")

    async def configure_tenant_networks(self, task):
        return await self._twice("on tenant")

    async def unconfigure_tenant_networks(self, task):
        raise NotImplementedError

    async def vif_attach(self, context, node, nics, wish):
        raise NotImplementedError

    async def vif_detach(self, context, node, nics, vif_id):
        raise NotImplementedError


async def test_the_machine_is_off_the_provisioning_network_before_it_is_on_the_tenants(
    agent, deploy
):
    network = OrderedNetwork()
    task = a_task(agent)
    task.plugins = {InterfaceKind.NETWORK: network}
    assert isinstance(await run_on(deploy, task, "switch_to_tenant_network"), Done)
    assert "on tenant" not in network.asked[: network.asked.index("off provisioning") + 2]
    assert network.asked[-1] == "on tenant"


def test_the_steps_of_every_deployment_in_their_order(deploy):
    facts = sorted(deploy.steps().values(), key=lambda each: -each.priority)
    in_deployments = [(f.name, f.priority) for f in facts if f.priority and "deploy" in f.phases]
    assert in_deployments == [
        ("write_image", 80),
        ("prepare_instance_boot", 60),
        ("tear_down_agent", 40),
        ("switch_to_tenant_network", 30),
        ("boot_instance", 20),
    ]
    assert {"prepare_image", "wait_for_ramdisk", "collect_clean_steps", "release_instance"} <= set(
        deploy.steps()
    )


async def test_the_instance_is_started(agent, deploy):
    task = a_task(agent)
    task.plugins[InterfaceKind.POWER].state = Power.OFF
    assert isinstance(await run_to_end(task, deploy, "boot_instance"), Done)
    assert task.plugins[InterfaceKind.POWER].orders == [PowerTarget.ON]


async def test_a_ramdisk_runs_when_it_was_heard_lately_and_answers(agent, deploy, task, hand):
    assert not await deploy.ramdisk_runs(task)
    heard = task.node.with_internal(agent_last_heartbeat=hand.now().isoformat())
    task.node = heard
    assert await deploy.ramdisk_runs(task)
    found = await deploy.find_ramdisk(task, "cleaning")
    assert found == Done("the ramdisk of an earlier flow runs still: fast track")
    hand.push(SETTINGS.fast_track_timeout + timedelta(seconds=1))
    assert not await deploy.ramdisk_runs(task)
    task.node = heard.with_internal(agent_last_heartbeat=hand.now().isoformat())
    agent.die()
    boot = await deploy.find_ramdisk(task, "cleaning")
    names = [str(call) for call in boot.then]
    assert (names[0], names[-1]) == ("power.power_off", "deploy.wait_for_ramdisk")
