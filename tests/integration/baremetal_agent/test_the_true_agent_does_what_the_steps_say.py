"""Both sides of the wire: our steps, and the agent as a process with files for its disks."""

import asyncio
import hashlib
import random
import threading
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port
from tests.contract.baremetal.deploy_contract import own_calls
from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.agent_process import a_room, parameters_for, running_agent
from tests.integration.agent.conductor_server import TOKEN, ConductorServer
from tests.integration.agent.image_server import ImageServer
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, StepCall, WaitFor
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.custom_deploy import CustomAgentDeploy
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.settings import BareMetalSettings

MIB = 1024 * 1024
SETTINGS = BareMetalSettings(
    agent_poll_interval=timedelta(milliseconds=50), agent_lost_after=timedelta(seconds=1)
)
PATIENCE_S = 60
RAW = random.Random(1).randbytes(3 * MIB)


@pytest.fixture
def deploy(client):
    return DirectDeploy(SomeImages(), SomeNetworks(), SETTINGS, client)


@contextmanager
def a_machine(folder, *parameters, disk_size=8 * MIB * 1024):
    """Its root, its agent's process, and the conductor that it calls back."""
    with conductor_server.running(ConductorServer()) as conductor:
        room = a_room(folder, parameters_for(conductor, *parameters))
        room.add_disk("sda", disk_size)
        with running_agent(room) as process:
            yield room, process, conductor


def a_task(conductor, image, **info):
    beat = conductor.next_heartbeat()
    node = a_node(
        driver_internal_info={
            "agent_url": beat["callback_url"],
            "agent_verify_ca": beat["agent_verify_ca"],
            "agent_secret_token": Secret(TOKEN),
        },
        instance_info={
            "image_source": image.url,
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": hashlib.sha256(image.content).hexdigest(),
            "image_disk_format": "raw",
            **info,
        },
    )
    return MemoryTask(node, (a_port(node),))


async def run_on(task, step, *, flow=Flow.DEPLOY, begin=True):
    """The step as the worker runs it, until it is over."""
    if begin:
        task.work = task.work_for(StepCall("deploy", "step"), flow=flow)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            outcome = await step(task)
            if not isinstance(outcome, WaitFor):
                return outcome
            await asyncio.sleep(outcome.look_again.total_seconds())


async def test_the_image_is_on_the_disk_when_the_step_is_done(tmp_path, deploy):
    with image_server.running(ImageServer(RAW)) as image, a_machine(tmp_path) as machine:
        room, _, conductor = machine
        task = await asyncio.to_thread(a_task, conductor, image)
        assert isinstance(await run_on(task, deploy.prepare_image), Done)
        outcome = await run_on(task, deploy.write_image)
        assert isinstance(outcome, Done), outcome
        with (room.root / "dev/sda").open("rb") as disk:
            assert disk.read(len(RAW)) == RAW


async def test_a_checksum_that_is_not_the_images_is_told(tmp_path, deploy):
    with image_server.running(ImageServer(RAW)) as image, a_machine(tmp_path) as machine:
        task = await asyncio.to_thread(a_task, machine[2], image, image_os_hash_value="ab" * 32)
        outcome = await run_on(task, deploy.write_image)
        assert isinstance(outcome, Failed)
        assert "ab" * 32 in outcome.reason
        assert "`openstack baremetal node deploy n1`" in outcome.reason


async def test_an_agent_killed_while_it_writes_is_lost(tmp_path, deploy):
    gate = threading.Event()
    with image_server.running(ImageServer(RAW, gate=gate)) as image, a_machine(tmp_path) as machine:
        _, process, conductor = machine
        task = await asyncio.to_thread(a_task, conductor, image)
        assert isinstance(await deploy.write_image(task), WaitFor)
        process.kill()
        outcome = await run_on(task, deploy.write_image, begin=False)
        gate.set()
        assert isinstance(outcome, Failed)
        assert "the agent is lost" in outcome.reason


async def test_an_agent_that_is_started_again_has_forgotten_the_order(tmp_path, deploy):
    gate = threading.Event()
    with image_server.running(ImageServer(RAW, gate=gate)) as image, a_machine(tmp_path) as machine:
        room, process, conductor = machine
        task = await asyncio.to_thread(a_task, conductor, image)
        assert isinstance(await deploy.write_image(task), WaitFor)
        process.kill()
        process.wait()
        with running_agent(room):
            beat = await asyncio.to_thread(conductor.next_heartbeat)
            assert beat["callback_url"] == task.node.driver_internal_info["agent_url"]
            task.node = task.node.with_internal(agent_verify_ca=beat["agent_verify_ca"])
            outcome = await run_on(task, deploy.write_image, begin=False)
            gate.set()
        assert isinstance(outcome, Failed)
        assert "started anew" in outcome.reason


async def test_its_own_clean_steps_run(tmp_path, deploy):
    with a_machine(tmp_path, disk_size=8 * MIB) as machine:
        room, _, conductor = machine
        task = await asyncio.to_thread(a_task, conductor, ImageServer(RAW))
        before = (room.root / "dev/sda").read_bytes()
        plan = await run_on(task, deploy.collect_clean_steps, flow=Flow.CLEAN)
        assert isinstance(plan, Done)
        for call in plan.then:

            async def in_band(task, call=call):
                return await deploy.run_in_band_step(task, call.name, call.args)

            outcome = await run_on(task, in_band, flow=Flow.CLEAN)
            assert isinstance(outcome, Done), outcome
        assert any(before)
        assert not any((room.root / "dev/sda").read_bytes())


async def test_custom_agent_does_the_step_that_a_user_gave_and_no_other(tmp_path, client):
    deploy = CustomAgentDeploy(SETTINGS, client)
    with a_machine(tmp_path, disk_size=8 * MIB) as machine:
        room, _, conductor = machine
        task = await asyncio.to_thread(a_task, conductor, ImageServer(RAW))
        (room.root / "dev/sda").write_bytes(RAW)
        wanted = (StepCall("deploy", "erase_devices_metadata", priority=50), *own_calls(deploy))

        async def check(task):
            return await deploy.check_steps(task, msgspec.to_builtins(wanted))

        task.plugins = {InterfaceKind.DEPLOY: deploy}
        plan = await run_on(task, check)
        assert isinstance(plan, Done), plan
        assert plan.then[0].name == "erase_devices_metadata"

        async def erase(task):
            return await deploy.run_in_band_step(task, "erase_devices_metadata", {})

        outcome = await run_on(task, erase)
        assert isinstance(outcome, Done), outcome
        with (room.root / "dev/sda").open("rb") as disk:
            assert not any(disk.read(MIB))


async def test_what_the_true_ramdisk_reports_fills_the_node(tmp_path):
    with a_machine(tmp_path) as (room, process, conductor):
        process.kill()
        callback = f"ipa-inspection-callback-url=http://127.0.0.1:{conductor.port}/v1/x"
        command_line = room.root / "proc/cmdline"
        command_line.write_text(f"{command_line.read_text().strip()} {callback}\n")
        with running_agent(room):
            posted, _ = await asyncio.to_thread(conductor.inspections.get, timeout=PATIENCE_S)
        task = MemoryTask(a_node(), posted=posted)
        outcome = await run_on(task, AgentInspect(SETTINGS).process_data, flow=Flow.INSPECT)
        assert isinstance(outcome, Done), outcome
        assert task.node.properties["local_gb"] == 7
        assert task.node.properties["cpus"] > 0
        (port,) = task.ports
        assert port.address == "52:54:00:12:34:56"
        assert port.pxe_enabled
