"""Deleting: at once or later, twice, and when the node will not be torn down."""

import asyncio

import pytest
from tests.simulated.baremetal import DEPLOY, a_node
from tests.simulated.cloud import SOMEBODY, a_compute_cloud

from bessemer.compute.domain.server import TaskState, VmState
from bessemer.errors import NotFound


@pytest.mark.parametrize("step", DEPLOY)
async def test_a_delete_during_the_deploy_waits_until_the_node_lets_go(tmp_path, step):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        node = cloud.baremetal.only()
        gate = cloud.baremetal.hold[step] = asyncio.Event()
        server = await cloud.create()
        await cloud.until(server.id, lambda _: node.view.step == step)
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until(server.id, lambda s: s.task_state is TaskState.DELETING)
        gate.set()
        await cloud.until_state(server.id, VmState.DELETED)
        assert node.view.instance_uuid is None
        assert cloud.network.ports == {}


async def test_the_server_is_gone_as_soon_as_its_node_is_being_cleaned(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        cloud.baremetal.hold["cleaning"] = asyncio.Event()
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ACTIVE)
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until_state(server.id, VmState.DELETED)
        assert cloud.baremetal.only().view.provision_state == "cleaning"


async def test_ports_stay_until_the_node_is_off_the_tenant_network(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        gate = cloud.baremetal.hold["tear_down"] = asyncio.Event()
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ACTIVE)
        await cloud.compute.delete_server(SOMEBODY, server.id)
        server = await cloud.until(server.id, lambda s: s.undeploy_asked)
        assert len(cloud.network.ports) == 1
        gate.set()
        await cloud.until_state(server.id, VmState.DELETED)
        assert cloud.network.ports == {}


async def test_a_delete_is_idempotent_and_then_not_found(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        gate = cloud.baremetal.hold["tear_down"] = asyncio.Event()
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ACTIVE)
        for _ in range(3):
            await cloud.compute.delete_server(SOMEBODY, server.id)
        gate.set()
        await cloud.until_state(server.id, VmState.DELETED)
        with pytest.raises(NotFound):
            await cloud.compute.delete_server(SOMEBODY, server.id)


async def test_a_node_that_cannot_be_torn_down_is_told_and_can_be_tried_again(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ACTIVE)
        cloud.baremetal.teardown_error = "the BMC does not answer"
        await cloud.compute.delete_server(SOMEBODY, server.id)
        server = await cloud.until_state(server.id, VmState.ERROR)
        assert "could not be torn down: the BMC does not answer" in server.fault.message
        assert len(cloud.network.ports) == 1
        cloud.baremetal.teardown_error = None
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until_state(server.id, VmState.DELETED)


async def test_a_server_that_never_got_a_node_is_gone_at_once(tmp_path):
    async with a_compute_cloud(tmp_path) as cloud:
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ERROR)
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until_state(server.id, VmState.DELETED)


async def test_a_delete_survives_a_crash(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        gate = cloud.baremetal.hold["tear_down"] = asyncio.Event()
        server = await cloud.create()
        await cloud.until_state(server.id, VmState.ACTIVE)
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.compute.stop()
        gate.set()
        await cloud.new_compute().start()
        await cloud.until_state(server.id, VmState.DELETED)
        assert cloud.network.ports == {}
