"""A compute process that dies at any step: the next one takes the build up where it was."""

import asyncio
from dataclasses import replace

import pytest
from tests.simulated.baremetal import a_node
from tests.simulated.cloud import SOMEBODY, a_compute_cloud

from bessemer.compute.domain.server import VmState
from bessemer.compute.operations.build_steps import STEP, STEPS
from bessemer.compute.operations.outcomes import Done

NAMES = [step.name for step in STEPS]


class Killed(BaseException):
    """The process is gone: nothing catches this."""


def kill_after(monkeypatch, cloud, name):
    """The step runs, and the process dies before what it did is saved; returns the moment of death."""
    step, dead = STEP[name], asyncio.Event()

    async def run_and_die(rooms, server):
        outcome = await step.run(rooms, server)
        if name == "wait_until_active" and not isinstance(outcome, Done):
            return outcome
        monkeypatch.setitem(STEP, name, step)
        cloud.compute._worker._stopping.set()  # a dead process hears nothing
        dead.set()
        raise Killed

    monkeypatch.setitem(STEP, name, replace(step, run=run_and_die))
    return dead


@pytest.mark.parametrize("name", NAMES)
async def test_the_server_becomes_active_exactly_once(tmp_path, monkeypatch, name):
    async with a_compute_cloud(tmp_path, a_node("node-1"), a_node("node-2")) as cloud:
        dead = kill_after(monkeypatch, cloud, name)
        server = await cloud.create()
        async with asyncio.timeout(20):
            await dead.wait()
        await cloud.compute.stop()
        assert (await cloud.server(server.id)).step == name
        await cloud.new_compute().start()
        server = await cloud.until_state(server.id, VmState.ACTIVE, VmState.ERROR)
        assert server.fault is None
        nodes = list(cloud.baremetal.nodes.values())
        assert [node.view.instance_uuid for node in nodes].count(server.id) == 1
        assert sum(node.deploys for node in nodes) == 1
        assert len(cloud.network.ports) == 1
        assert sum(len(node.vifs) for node in nodes) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_a_delete_during_the_build_leaves_nothing_behind(tmp_path, monkeypatch, name):
    """The delete comes in after the step has run and before that is saved."""
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        step = STEP[name]

        async def run_then_delete(rooms, server):
            monkeypatch.setitem(STEP, name, step)
            outcome = await step.run(rooms, server)
            await cloud.compute.delete_server(SOMEBODY, server.id)
            return outcome

        monkeypatch.setitem(STEP, name, replace(step, run=run_then_delete))
        server = await cloud.create()
        server = await cloud.until_state(server.id, VmState.DELETED, VmState.ERROR)
        assert server.vm_state is VmState.DELETED
        node = cloud.baremetal.only()
        assert node.view.instance_uuid is None
        assert node.view.provision_state in ("available", "cleaning")
        assert node.vifs == {}
        assert cloud.network.ports == {}
