"""Rescue and servicing on both sides of the wire: our steps, and the agent as a process."""

import asyncio
from dataclasses import replace

import pytest
from tests.baremetal_task import MemoryTask
from tests.integration.agent.image_server import ImageServer
from tests.integration.baremetal_agent.test_the_true_agent_does_what_the_steps_say import (
    RAW,
    SETTINGS,
    a_machine,
    a_task,
    run_on,
)
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.provision.work import Done, Failed, Flow
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.rescue import AgentRescue
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy

HASHED = "$2b$12$abcdefghijklmnopqrstuv"


@pytest.fixture
def rescue(client):
    return AgentRescue(client, SETTINGS)


async def a_rescue_task(conductor) -> MemoryTask:
    return await asyncio.to_thread(
        a_task,
        conductor,
        ImageServer(RAW),
        rescue_password=Secret("hunter22"),
        hashed_rescue_password=Secret(HASHED),
    )


async def test_the_ramdisk_takes_the_password_once(tmp_path, rescue):
    with a_machine(tmp_path) as (room, process, conductor):
        task = await a_rescue_task(conductor)
        outcome = await run_on(task, rescue.rescue, flow=Flow.RESCUE)
        assert isinstance(outcome, Done), outcome
        assert (room.root / "etc/shadow").read_text() == f"rescue:{HASHED}:::::::\n"
        process.wait(timeout=30)
        again = await run_on(task, rescue.rescue, flow=Flow.RESCUE)
        assert isinstance(again, Done), again
        assert isinstance(await rescue.forget(task), Done)
        assert "rescue_password" not in task.node.instance_info
        assert "hashed_rescue_password" not in task.node.instance_info
        assert "rescued_under" not in task.node.driver_internal_info
        assert not any(key.startswith("agent_") for key in task.node.driver_internal_info)


async def test_a_password_that_is_gone_is_asked_for_again(tmp_path, rescue):
    with a_machine(tmp_path) as (_, _, conductor):
        task = await a_rescue_task(conductor)
        task.node = replace(task.node, instance_info={})
        outcome = await run_on(task, rescue.rescue, flow=Flow.RESCUE)
        assert isinstance(outcome, Failed)
        assert "`openstack baremetal node rescue n1`" in outcome.reason


async def test_an_agent_that_is_dead_fails_the_rescue(tmp_path, rescue):
    with a_machine(tmp_path) as (_, process, conductor):
        task = await a_rescue_task(conductor)
        process.kill()
        outcome = await run_on(task, rescue.rescue, flow=Flow.RESCUE)
        assert isinstance(outcome, Failed)
        assert "the agent is lost" in outcome.reason


async def test_the_agent_offers_its_service_steps_and_refuses_others(tmp_path, client):
    deploy = DirectDeploy(SomeImages(), SomeNetworks(), SETTINGS, client)
    with a_machine(tmp_path) as (_, _, conductor):
        task = await asyncio.to_thread(a_task, conductor, ImageServer(RAW))
        offered = await deploy.in_band_steps(task, "service")
        assert {str(each) for each in offered} == {
            "deploy.write_image",
            *(f"deploy.burnin_{part}" for part in ("cpu", "gpu", "memory", "network")),
        }

        async def erase(task):
            return await deploy.run_in_band_step(task, "erase_devices", {})

        outcome = await run_on(task, erase, flow=Flow.SERVICE)
        assert isinstance(outcome, Failed)
        assert "there is no service step 'erase_devices'" in outcome.reason
