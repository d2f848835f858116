"""Storage interface cinder against a volume service that speaks Cinder's API, over a real socket."""

from contextlib import asynccontextmanager

import pytest
from tests.baremetal_task import MemoryTask, a_node, run_to_end
from tests.live_server import serving
from tests.simulated.cinder import CHAP, PASSWORD, SimulatedCinder
from tests.volumes import IQN, a_connector, a_target

from bessemer.baremetal.cinder_settings import CinderSettings
from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.drivers.volumes.cinder import CinderStorage
from bessemer.baremetal.drivers.volumes.cinder_session import CinderSession
from bessemer.errors import Invalid, Transient

DATA = "volume-2"


@asynccontextmanager
async def a_cinder(*, password: str = PASSWORD):
    cinder = SimulatedCinder({"volume-1": "available", DATA: "available"})
    async with serving(cinder.app()) as url:
        session = CinderSession(CinderSettings(auth_url=f"{url}/identity/v3", password=password))
        try:
            yield cinder, CinderStorage(session)
        finally:
            await session.close()


def a_task(**changes) -> MemoryTask:
    targets = (a_target(properties={}), a_target(boot_index=1, volume_id=DATA, properties={}))
    return MemoryTask(a_node(**changes), its_volumes=Volumes((a_connector(),), targets))


async def test_volumes_are_attached_found_and_detached_whatever_runs_twice():
    async with a_cinder() as (cinder, storage):
        task = a_task(instance_uuid="3c1a4b1e-1111-4222-8333-444455556666")
        for _ in range(2):
            assert isinstance(await run_to_end(task, storage, "attach_volumes"), Done)
        assert cinder.volumes == {"volume-1": "in-use", DATA: "in-use"}
        assert {each["instance"] for each in cinder.attachments.values()} == {
            task.node.instance_uuid
        }
        connectors = [each["connector"] for each in cinder.attachments.values()]
        assert connectors == [{"initiator": IQN, "host": task.node.uuid, "multipath": True}] * 2
        target = task.its_volumes.targets[0]
        assert target.properties["auth_password"] == Secret(CHAP["auth_password"])
        san = task.node.driver_internal_info["instance_boot"]["san"]
        assert [each["paths"] for each in san["volumes"]] == [
            [f"iscsi:10.0.0.5::3260:1:iqn.2010-10.org.openstack:volume-{volume}"]
            for volume in ("volume-1", DATA)
        ]
        for _ in range(2):
            assert isinstance(await run_to_end(task, storage, "detach_volumes"), Done)
        assert cinder.volumes == {"volume-1": "available", DATA: "available"}
        assert not cinder.attachments
        assert [each.properties for each in task.its_volumes.targets] == [{}, {}]
        assert cinder.logins == 1


@pytest.mark.parametrize("call", ["POST /attachments", "POST /attachments/", "DELETE "])
async def test_a_lost_answer_leaves_no_second_attachment(call):
    async with a_cinder() as (cinder, storage):
        task = a_task()
        cinder.fails_after = call
        for step in ("attach_volumes", "detach_volumes"):
            try:
                await run_to_end(task, storage, step)
            except Transient:
                assert isinstance(await run_to_end(task, storage, step), Done)
            assert len(cinder.attachments) == (2 if step == "attach_volumes" else 0)
        assert cinder.fails_after == ""
        assert cinder.volumes == {"volume-1": "available", DATA: "available"}


async def test_a_volume_reserved_for_the_instance_is_taken_as_it_is():
    async with a_cinder() as (cinder, storage):
        task = a_task()
        cinder.volumes["volume-1"] = "reserved"
        cinder.attachments["a-1"] = {
            "id": "a-1",
            "volume_id": "volume-1",
            "instance": task.node.uuid,
            "status": "reserved",
            "connection_info": {},
        }
        assert isinstance(await run_to_end(task, storage, "attach_volumes"), Done)
        assert len(cinder.attachments) == 2
        assert cinder.attachments["a-1"]["status"] == "attached"


async def test_a_volume_in_use_elsewhere_is_said_and_the_other_one_is_let_go():
    async with a_cinder() as (cinder, storage):
        cinder.volumes[DATA] = "in-use"
        task = a_task()
        failed = await run_to_end(task, storage, "attach_volumes")
        assert isinstance(failed, Failed)
        assert "status must be available" in failed.reason
        assert isinstance(await run_to_end(task, storage, "detach_volumes"), Done)
        assert cinder.volumes == {"volume-1": "available", DATA: "in-use"}


async def test_a_token_that_ran_out_is_fetched_anew():
    async with a_cinder() as (cinder, storage):
        task = a_task()
        await run_to_end(task, storage, "attach_volumes")
        cinder.tokens.clear()
        assert isinstance(await run_to_end(task, storage, "detach_volumes"), Done)
        assert cinder.logins == 2


async def test_while_it_is_down_the_step_is_tried_again():
    async with a_cinder() as (cinder, storage):
        cinder.down = True
        with pytest.raises(Transient, match="503"):
            await run_to_end(a_task(), storage, "attach_volumes")


async def test_a_wrong_password_is_named_by_its_setting():
    async with a_cinder(password="wrong") as (_, storage):
        failed = await run_to_end(a_task(), storage, "attach_volumes")
        assert isinstance(failed, Failed)
        assert "check baremetal.cinder" in failed.reason
        assert "wrong" not in failed.reason


async def test_without_a_cinder_volumes_are_refused_and_nothing_else():
    storage, task = CinderStorage(None), a_task()
    with pytest.raises(Invalid, match=r"set baremetal\.cinder"):
        storage.validate_volumes(task.node, task.its_volumes)
    storage.validate_volumes(task.node, Volumes())
    bare = MemoryTask(a_node())
    assert isinstance(await run_to_end(bare, storage, "attach_volumes"), Done)
    assert isinstance(await run_to_end(bare, storage, "detach_volumes"), Done)
