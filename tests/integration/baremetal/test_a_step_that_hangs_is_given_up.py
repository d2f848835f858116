"""Steps that never answer end in words, long ones do not; and only so many run at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.api.baremetal.cloud import PATIENCE_S
from tests.baremetal_room import HOST, Room, a_room

from bessemer.baremetal.conductor.conductor import Conductor, Identity
from bessemer.baremetal.conductor.step_deadline import longest_run
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Outcome, StepCall
from bessemer.baremetal.drivers.fake.deploy import FakeDeploy
from bessemer.baremetal.drivers.iscsi.deploy import IscsiDeploy
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import journal
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.context import admin_context

SOON = timedelta(seconds=3)
"""Longer than any step takes that does not hang, on a busy machine."""


async def test_a_hanging_step_fails_with_its_name_the_time_and_what_to_do(tmp_path):
    async with a_room(tmp_path, step_timeout=SOON) as room:
        node = await room.a_node(State.AVAILABLE, {"fake_hang_step": "deploy.write_image"})
        failed = await room.do(node, "active")
        assert failed.provision_state is State.DEPLOY_FAILED
        assert failed.last_error.startswith(
            "Step deploy.write_image gave no answer within 3 s and was given up"
        )
        assert "baremetal.step_timeout" in failed.last_error
        well = replace(failed, driver_info={})
        async with room.database.write() as connection:
            await room.nodes.save(connection, well)
        patient = replace(room, settings=BareMetalSettings(agent_poll_interval=timedelta(0)))
        assert (await patient.do(node, "active")).provision_state is State.ACTIVE


async def test_the_child_node_whose_step_hangs_is_named(tmp_path):
    async with a_room(tmp_path, step_timeout=SOON) as room:
        parent = await room.a_node(State.MANAGEABLE)
        more = {"parent_node": parent.uuid, "name": "blade-1"}
        await room.a_node(State.MANAGEABLE, {"fake_hang_step": "bios.factory_reset"}, **more)
        reset = StepCall("bios", "factory_reset", chosen=True, on_children=True)
        failed = await room.do(parent, "clean", steps=(reset,))
        assert failed.provision_state is State.CLEAN_FAILED
        assert "Child node blade-1: Step bios.factory_reset gave no answer" in failed.last_error


class SlowDeploy(FakeDeploy):
    """Says of one step that it is slow."""

    @step("deploy", priority=80, timeout=timedelta(hours=1))
    async def write_image(self, task: Task) -> Outcome:
        return await super().write_image(task)


async def test_a_step_that_says_that_it_is_long_is_left_in_peace(tmp_path):
    async with a_room(tmp_path, step_timeout=SOON) as room:
        slow = SlowDeploy(FakeMachines(room.database))
        for name, limit in (("write_image", timedelta(hours=1)), ("boot_instance", SOON)):
            assert longest_run(room.engine(), slow, StepCall("deploy", name)) == limit


def test_writing_an_image_through_the_conductor_is_long():
    assert IscsiDeploy.write_image.__step__.timeout > timedelta(hours=1)


async def begun(room: Room, nodes) -> int:
    async with room.database.read() as connection:
        return sum([bool(await journal.of_node(connection, node.uuid)) for node in nodes])


async def test_no_more_steps_than_the_pool_has_room_for_run_at_once(tmp_path):
    hanging = {"fake_hang_step": "power.verify"}
    async with a_room(tmp_path, step_timeout=SOON, workers_pool_size=2) as room:
        nodes = [await room.a_node(State.ENROLL, hanging) for _ in range(5)]
        for node in nodes:
            await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("manage"))
        changed: asyncio.Queue[str] = asyncio.Queue()
        engine = replace(room.engine(), changed=changed.put_nowait)
        conductor = Conductor(engine, room.desk.bus, Identity(HOST, "2"), room.settings)
        await conductor.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await changed.get()
                assert await begun(room, nodes) == 2
                while await begun(room, nodes) < len(nodes):
                    await changed.get()
        finally:
            await conductor.stop()
