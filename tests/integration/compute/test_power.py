"""Stop, start, reboot; and what happens to the power behind our back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.simulated.baremetal import a_node
from tests.simulated.cloud import SOMEBODY, a_compute_cloud

from bessemer.baremetal.public import NODE_CHANGED
from bessemer.compute.domain.server import PowerState, TaskState, VmState
from bessemer.compute.operations.power import REBOOT_SOFT, START, STOP
from bessemer.errors import Conflict, NotFound


@pytest.fixture
async def cloud(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as made:
        yield made


@pytest.fixture
async def server(cloud):
    made = await cloud.create()
    return await cloud.until_state(made.id, VmState.ACTIVE)


async def test_stop_and_start(cloud, server):
    await cloud.compute.power.order(SOMEBODY, server.id, STOP)
    stopped = await cloud.until_state(server.id, VmState.STOPPED)
    assert stopped.power_state is PowerState.SHUTDOWN
    assert stopped.task_state is None
    with pytest.raises(Conflict, match="vm_state stopped"):
        await cloud.compute.power.order(SOMEBODY, server.id, STOP)
    await cloud.compute.power.order(SOMEBODY, server.id, START)
    assert (await cloud.until_state(server.id, VmState.ACTIVE)).status == "ACTIVE"


async def test_a_machine_without_soft_power_is_stopped_hard(cloud, server):
    cloud.baremetal.soft_power = False
    await cloud.compute.power.order(SOMEBODY, server.id, STOP)
    await cloud.until_state(server.id, VmState.STOPPED)


async def test_a_reboot_ends_active(cloud, server):
    await cloud.compute.power.order(SOMEBODY, server.id, REBOOT_SOFT)
    await cloud.until(server.id, lambda s: s.task_state is None and s.vm_state == "active")


async def test_what_does_not_stop_by_itself_is_cut_off(tmp_path):
    node = a_node("node-1")
    async with a_compute_cloud(
        tmp_path,
        node,
        soft_power_off_timeout=timedelta(milliseconds=50),
        sweep_interval=timedelta(milliseconds=100),
    ) as cloud:
        made = await cloud.create()
        server = await cloud.until_state(made.id, VmState.ACTIVE)
        orders, real = [], cloud.baremetal.set_power

        async def deaf_to_soft(context, node_uuid, target):
            orders.append(target)
            if not target.startswith("soft"):
                await real(context, node_uuid, target)

        cloud.baremetal.set_power = deaf_to_soft
        await cloud.compute.power.order(SOMEBODY, server.id, STOP)
        waiting = await cloud.server(server.id)
        assert waiting.task_state is TaskState.POWERING_OFF
        await cloud.until_state(server.id, VmState.STOPPED)
        assert orders[:2] == ["soft power off", "power off"]


async def test_a_refused_order_leaves_the_server_as_it_was(cloud, server):
    async def refuse(context, node_uuid, target):
        raise Conflict("The node is locked.")

    cloud.baremetal.set_power = refuse
    with pytest.raises(Conflict, match="locked"):
        await cloud.compute.power.order(SOMEBODY, server.id, STOP)
    after = await cloud.server(server.id)
    assert (after.vm_state, after.task_state) == (VmState.ACTIVE, None)


async def test_power_that_went_behind_our_back_is_noticed(cloud, server):
    node = cloud.baremetal.only()
    node.view = replace(node.view, power_state="power off")
    await cloud.bus.publish(NODE_CHANGED, {"node_uuid": node.view.uuid})
    stopped = await cloud.until_state(server.id, VmState.STOPPED)
    assert stopped.status == "SHUTOFF"


async def test_a_server_that_is_not_there(cloud):
    with pytest.raises(NotFound):
        await cloud.compute.power.order(SOMEBODY, "nope", STOP)
