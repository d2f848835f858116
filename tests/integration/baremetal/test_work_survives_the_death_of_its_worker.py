"""Every step of every flow is run twice, and the worker dies after each; the world ends the same."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.baremetal_room import HOST, Room, a_room

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.conductor.ending import finish
from bessemer.baremetal.domain.lease import LeaseLost, Span
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.secret import Secret, masked
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import conductors, journal, leases
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.context import admin_context
from bessemer.errors import Unavailable

STEPS = (
    StepCall("bios", "factory_reset", chosen=True),
    StepCall("power", "reboot", chosen=True),
    StepCall("deploy", "flash_nic", {"url": "http://f/w"}, chosen=True),
    StepCall("deploy", "burnin_cpu", {"minutes": 1}, chosen=True),
    StepCall("power", "power_off", chosen=True, on_children=True),
    StepCall("deploy", "wait", {"seconds": 1}, chosen=True),
)
DEPLOY_STEPS = (
    StepCall("bios", "factory_reset", priority=150, chosen=True),
    StepCall("deploy", "burnin_cpu", priority=90, chosen=True),
)
PASSWORD = Secret("hunter22")


def a_request(verb: str, **more: Any) -> ProvisionRequest:
    """The verb with all that it needs."""
    return ProvisionRequest(verb, **more)


VERBS = [
    (a_request("manage"), State.ENROLL, State.MANAGEABLE),
    (a_request("inspect"), State.MANAGEABLE, State.MANAGEABLE),
    (a_request("provide"), State.MANAGEABLE, State.AVAILABLE),
    (a_request("clean", steps=STEPS), State.MANAGEABLE, State.MANAGEABLE),
    (a_request("clean", steps=STEPS[:2]), State.MANAGEABLE, State.MANAGEABLE),
    (a_request("adopt"), State.MANAGEABLE, State.ACTIVE),
    (a_request("active"), State.AVAILABLE, State.ACTIVE),
    (a_request("active", steps=DEPLOY_STEPS), State.AVAILABLE, State.ACTIVE),
    (a_request("deleted"), State.ACTIVE, State.AVAILABLE),
    (a_request("rescue", rescue_password=PASSWORD), State.ACTIVE, State.RESCUE),
    (a_request("unrescue"), State.RESCUE, State.ACTIVE),
    (a_request("deleted"), State.RESCUE, State.AVAILABLE),
    (a_request("service", steps=STEPS), State.ACTIVE, State.ACTIVE),
]


class KilledError(BaseException):
    """Stands for kill -9: nothing of ours may catch it, and nothing after it runs."""


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


def world(node: Node) -> dict[str, Any]:
    """What must not depend on how often a worker died."""
    moments = {"provision_updated_at", "created_at", "updated_at", "driver_internal_info"}
    moments |= {"inspection_started_at", "inspection_finished_at"}
    facts = {f: getattr(node, f) for f in node.__slots__ if f not in moments}
    return {**facts, "instance_info": masked(node.instance_info)}


@pytest.mark.parametrize(
    ("request_", "start", "end"), VERBS, ids=[f"{r.target}-{s}" for r, s, _ in VERBS]
)
async def test_killed_after_each_step_the_flow_ends_in_the_same_world(
    room: Room,
    request_: ProvisionRequest,
    start: State,
    end: State,
    monkeypatch: pytest.MonkeyPatch,
):
    calm, stormy = await room.a_node(start), await room.a_node(start)
    for node in (calm, stormy):
        await room.a_node(State.ENROLL, parent_node=node.uuid, power_state=Power.ON)
        await provision(room.desk, admin_context(), node.uuid, request_)
    expected = world(await room.run_to_rest(calm.uuid))

    kept, deaths = worker._keep, 0

    async def dies_before_keeping(*args: Any, **kwargs: Any) -> Any:
        nonlocal deaths
        work = args[2]
        key = (work.flow, work.index, work.failure)
        if key not in seen:
            seen.add(key)
            deaths += 1
            raise KilledError
        return await kept(*args, **kwargs)

    seen: set[Any] = set()
    monkeypatch.setattr(worker, "_keep", dies_before_keeping)
    survivor = None
    while survivor is None:
        try:
            survivor = await room.run_to_rest(stormy.uuid)
        except KilledError:
            await room.forget_leases()
    found = world(survivor)
    assert deaths > 0
    assert found["provision_state"] is end
    for name in ("uuid", "name", "instance_uuid", "properties"):
        expected.pop(name), found.pop(name)
    assert found == expected


async def test_a_late_worker_writes_nothing(room: Room):
    node = await room.a_node(State.ENROLL)
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("manage"))
    async with room.database.write() as connection:
        span = Span(now(), room.settings.lease_duration)
        late = await leases.acquire(connection, node.uuid, "late:1", "provisioning", span)
        assert late is not None
        await leases.release_all(connection, "late:")
        work = await work_store.find(connection, node.uuid)
        assert work is not None
    await room.run_to_rest(node.uuid)
    engine = replace(room.engine(), owner="late:1")
    with pytest.raises(LeaseLost):
        await finish(engine, late, work)


async def test_a_second_worker_leaves_a_held_node_alone(room: Room):
    node = await room.a_node(State.ENROLL)
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("manage"))
    async with room.database.write() as connection:
        span = Span(now(), room.settings.lease_duration)
        assert await leases.acquire(connection, node.uuid, "other:1", "provisioning", span)
    await worker.work_on(room.engine(), node.uuid)
    async with room.database.read() as connection:
        held = await room.nodes.get(connection, node.uuid)
    assert held.provision_state is State.VERIFYING


async def test_the_journal_tells_each_step_once_in_order(room: Room):
    node = await room.a_node(State.AVAILABLE)
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("active"))
    await room.run_to_rest(node.uuid)
    async with room.database.read() as connection:
        entries = await journal.of_node(connection, node.uuid)
    told = [f"{entry.interface}.{entry.step}" for entry in entries]
    assert told[:3] == [
        "power.power_off",
        "network.unconfigure_tenant_networks",
        "network.add_network",
    ]
    assert len(told) == len(set(told))
    assert all(entry.outcome == "done" and entry.finished_at for entry in entries)


async def test_a_failing_step_leaves_words_and_cleans_up(room: Room):
    node = await room.a_node(State.AVAILABLE, driver_info={"fake_fail_step": "deploy.write_image"})
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("active"))
    failed = await room.run_to_rest(node.uuid)
    assert failed.provision_state is State.DEPLOY_FAILED
    assert failed.last_error is not None
    assert "write_image" in failed.last_error
    async with room.database.read() as connection:
        entries = await journal.of_node(connection, node.uuid)
    assert [entry.outcome for entry in entries][-4:] == ["failed", "done", "done", "done"]


async def test_without_a_living_conductor_a_verb_is_refused_and_nothing_has_changed(room: Room):
    node = await room.a_node(State.ENROLL)
    async with room.database.write() as connection:
        await conductors.leave(connection, HOST, "1")
    with pytest.raises(Unavailable, match="conductor"):
        await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("manage"))
    async with room.database.read() as connection:
        untouched = await room.nodes.get(connection, node.uuid)
        assert await work_store.find(connection, node.uuid) is None
    assert untouched.provision_state is State.ENROLL
