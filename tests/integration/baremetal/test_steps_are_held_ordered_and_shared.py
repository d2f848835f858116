"""Holds, waits, turns, child nodes, and whose word on a step counts."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.conductor import turns, worker
from bessemer.baremetal.domain.deploy_template import DeployTemplate, TemplateStep
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, Signal, StepCall, Waiting, Work
from bessemer.baremetal.domain.runbook import Runbook, RunbookStep
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import journal, leases
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.deploy_templates import DEPLOY_TEMPLATES
from bessemer.baremetal.store.runbooks import RUNBOOKS
from bessemer.baremetal.store.work import Due
from bessemer.clock import now
from bessemer.context import RequestContext, admin_context, new_request_id
from bessemer.errors import Invalid, NotFound

HOLD = StepCall("deploy", "hold", chosen=True)
BIOS = StepCall("bios", "factory_reset", chosen=True)
OFF = StepCall("power", "power_off", chosen=True, on_children=True)
ON = StepCall("power", "power_on", chosen=True, on_children=True)
HELD = [
    ("clean", State.MANAGEABLE, State.CLEAN_HOLD, State.CLEAN_WAIT, State.MANAGEABLE),
    ("service", State.ACTIVE, State.SERVICE_HOLD, State.SERVICE_WAIT, State.ACTIVE),
    ("active", State.AVAILABLE, State.DEPLOY_HOLD, State.DEPLOY_WAIT, State.ACTIVE),
]
FAILED = {
    State.CLEAN_HOLD: State.CLEAN_FAILED,
    State.SERVICE_HOLD: State.SERVICE_FAILED,
    State.DEPLOY_HOLD: State.DEPLOY_FAILED,
}


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def ask(room: Room, node: Node, verb: str, **more) -> None:
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest(verb, **more))


async def look(room: Room, node: Node) -> tuple[Node, Work | None]:
    async with room.database.read() as connection:
        found = await room.nodes.get(connection, node.uuid)
        return found, await work_store.find(connection, node.uuid)


async def work_until(room: Room, node: Node, state: State) -> Work:
    while (await look(room, node))[0].provision_state is not state:
        await worker.work_on(room.engine(), node.uuid)
    work = (await look(room, node))[1]
    assert work is not None
    return work


async def work_until_in(room: Room, node: Node, step: str) -> None:
    """Until this step has been begun, and waits."""
    while True:
        await worker.work_on(room.engine(), node.uuid)
        work = (await look(room, node))[1]
        if work is not None and str(work.step) == step and work.memo:
            return


@pytest.mark.parametrize(("verb", "start", "holds", "waits", "end"), HELD)
async def test_a_hold_lasts_until_somebody_says_unhold(room: Room, verb, start, holds, waits, end):
    node = await room.a_node(start)
    hold = replace(HOLD, priority=90 if verb == "active" else 0)
    await ask(room, node, verb, steps=(hold,))
    work = await work_until(room, node, holds)
    assert work.waiting is not None
    assert "unhold" in work.waiting.reason
    await room.forget_leases()
    for _ in range(3):
        await worker.work_on(room.engine(), node.uuid)
        assert (await look(room, node))[0].provision_state is holds
    await ask(room, node, "unhold")
    assert (await look(room, node))[0].provision_state is waits
    after = await room.run_to_rest(node.uuid)
    assert (after.provision_state, after.last_error) == (end, None)


@pytest.mark.parametrize(("verb", "start", "holds", "waits", "end"), HELD)
async def test_a_hold_can_be_aborted(room: Room, verb, start, holds, waits, end):
    node = await room.a_node(start)
    await ask(room, node, verb, steps=(replace(HOLD, priority=90),))
    await work_until(room, node, holds)
    await ask(room, node, "abort")
    stopped = await room.run_to_rest(node.uuid)
    assert stopped.provision_state is FAILED[holds]
    assert stopped.last_error == f"aborted by bessemer while in state {holds}"
    assert not stopped.maintenance


async def test_service_on_hold_can_be_begun_anew_or_deleted_after_a_failure(room: Room):
    node = await room.a_node(State.ACTIVE)
    await ask(room, node, "service", steps=(HOLD,))
    await work_until(room, node, State.SERVICE_HOLD)
    again = await room.do(node, "service", steps=(BIOS,), disable_ramdisk=True)
    assert again.provision_state is State.ACTIVE


async def test_an_abort_lets_a_step_finish_that_must_not_be_interrupted(room: Room):
    slow = {"fake_step_delay_s": {"deploy.erase_devices": 0.5}}
    node = await room.a_node(State.MANAGEABLE, slow)
    await ask(room, node, "provide")
    await work_until_in(room, node, "deploy.erase_devices")
    async with room.database.write() as connection:
        await work_store.request_abort(connection, node.uuid, "aborted by alice")
    stopped = await room.run_to_rest(node.uuid)
    assert stopped.provision_state is State.CLEAN_FAILED
    assert (stopped.last_error, stopped.fault) == ("aborted by alice", None)
    async with room.database.read() as connection:
        entries = await journal.of_node(connection, node.uuid)
    outcomes = {entry.step: entry.outcome for entry in entries}
    assert outcomes["erase_devices"] == "done"


async def test_an_abort_that_has_to_wait_costs_no_work_meanwhile(room: Room):
    slow = {"fake_step_delay_s": {"deploy.erase_devices": 60}}
    node = await room.a_node(State.MANAGEABLE, slow)
    await ask(room, node, "provide")
    await work_until_in(room, node, "deploy.erase_devices")
    async with room.database.write() as connection:
        await work_store.request_abort(connection, node.uuid, "aborted by alice")
    async with asyncio.timeout(20):
        due = await worker.work_on(room.engine(), node.uuid)
    assert due is not None


async def test_a_wait_waits(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    wait = StepCall("deploy", "wait", {"seconds": 1}, chosen=True)
    await ask(room, node, "clean", steps=(wait, BIOS), disable_ramdisk=True)
    due = await worker.work_on(room.engine(), node.uuid)
    work = (await look(room, node))[1]
    assert due is not None
    assert work is not None
    assert str(work.step) == "deploy.wait"
    assert (await look(room, node))[0].provision_state is State.CLEAN_WAIT
    assert (await room.run_to_rest(node.uuid)).provision_state is State.MANAGEABLE


async def test_steps_run_on_every_child_node(room: Room):
    parent = await room.a_node(State.MANAGEABLE)
    children = [
        await room.a_node(State.ENROLL, parent_node=parent.uuid, power_state=Power.ON)
        for _ in range(2)
    ]
    stranger = await room.a_node(State.ENROLL, power_state=Power.ON)
    cleaned = await room.do(parent, "clean", steps=(OFF,))
    assert cleaned.provision_state is State.MANAGEABLE
    for child in children:
        assert (await look(room, child))[0].power_state is Power.OFF
    assert (await look(room, stranger))[0].power_state is Power.ON
    assert await room.steps_done(parent) == ["power.power_off"]


async def test_steps_may_be_limited_to_some_children(room: Room):
    parent = await room.a_node(State.MANAGEABLE)
    one, other = [await room.a_node(State.ENROLL, parent_node=parent.uuid) for _ in range(2)]
    await room.do(parent, "clean", steps=(replace(ON, children=(one.uuid,)),))
    assert (await look(room, one))[0].power_state is Power.ON
    assert (await look(room, other))[0].power_state is None


async def test_a_child_that_is_none_fails_the_step(room: Room):
    parent = await room.a_node(State.MANAGEABLE)
    stranger = await room.a_node(State.ENROLL)
    failed = await room.do(parent, "clean", steps=(replace(ON, children=(stranger.uuid,)),))
    assert failed.provision_state is State.CLEAN_FAILED
    assert failed.last_error is not None
    assert stranger.uuid in failed.last_error


async def test_a_child_that_fails_is_named(room: Room):
    parent = await room.a_node(State.MANAGEABLE)
    child = await room.a_node(
        State.ENROLL, {"fake_fail_step": "bios.factory_reset"}, parent_node=parent.uuid
    )
    failed = await room.do(parent, "clean", steps=(replace(BIOS, on_children=True),))
    assert failed.provision_state is State.CLEAN_FAILED
    assert failed.last_error is not None
    assert str(child.name) in failed.last_error


async def test_a_child_that_is_held_by_another_operation_is_waited_for(room: Room):
    parent = await room.a_node(State.MANAGEABLE)
    child = await room.a_node(State.ENROLL, parent_node=parent.uuid)
    async with room.desk.shelves.database.write() as connection:
        span = worker.Span(worker.now(), room.settings.lease_duration)
        lease = await leases.acquire(connection, child.uuid, "other:1", "a test", span)
    assert lease is not None
    await ask(room, parent, "clean", steps=(ON,))
    await worker.work_on(room.engine(), parent.uuid)
    work = (await look(room, parent))[1]
    assert work is not None
    assert work.waiting is not None
    assert "another operation holds it" in work.waiting.reason
    async with room.desk.shelves.database.write() as connection:
        await leases.release(connection, lease)
    assert (await room.run_to_rest(parent.uuid)).provision_state is State.MANAGEABLE


async def a_template(room: Room, name: str, *steps: TemplateStep) -> None:
    uuid = f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012d}"
    async with room.database.write() as connection:
        await DEPLOY_TEMPLATES.add(connection, DeployTemplate(uuid, name, steps))


WITH_TRAITS = {
    "traits": frozenset({"CUSTOM_A", "CUSTOM_B"}),
    "instance_info": {"traits": ["CUSTOM_A"]},
}


async def test_templates_add_their_steps_for_the_traits_that_are_asked_for(room: Room):
    await a_template(room, "CUSTOM_A", TemplateStep("bios", "factory_reset", {}, 150))
    await a_template(room, "CUSTOM_B", TemplateStep("raid", "delete_configuration", {}, 150))
    node = await room.a_node(State.AVAILABLE, **WITH_TRAITS)
    assert (await room.do(node, "active")).provision_state is State.ACTIVE
    done = await room.steps_done(node)
    assert done[0] == "bios.factory_reset"
    assert "raid.delete_configuration" not in done


async def test_a_template_may_switch_a_step_off_and_a_user_on_again(room: Room):
    await a_template(room, "CUSTOM_A", TemplateStep("deploy", "prepare_instance_boot", {}, 0))
    off = await room.a_node(State.AVAILABLE, **WITH_TRAITS)
    await room.do(off, "active")
    assert "deploy.prepare_instance_boot" not in await room.steps_done(off)
    on = await room.a_node(State.AVAILABLE, **WITH_TRAITS)
    again = StepCall("deploy", "prepare_instance_boot", priority=61, chosen=True)
    await room.do(on, "active", steps=(again,))
    assert (await room.steps_done(on)).count("deploy.prepare_instance_boot") == 1


async def test_in_band_deploy_steps_run_between_the_others(room: Room):
    node = await room.a_node(State.AVAILABLE)
    steps = (
        StepCall("deploy", "burnin_cpu", {"minutes": 1}, priority=70, chosen=True),
        StepCall("deploy", "flash_nic", {"url": "http://f"}, priority=95, chosen=True),
        StepCall("bios", "factory_reset", priority=90, chosen=True),
    )
    assert (await room.do(node, "active", steps=steps)).provision_state is State.ACTIVE
    done = await room.steps_done(node)
    after = done[done.index("deploy.check_steps") + 1 :]
    assert after == [
        "deploy.flash_nic",
        "power.power_off",
        "boot.prepare_ramdisk",
        "management.boot_from_network",
        "power.power_on",
        "deploy.wait_for_ramdisk",
        "bios.factory_reset",
        "deploy.write_image",
        "deploy.burnin_cpu",
        "deploy.prepare_instance_boot",
        "deploy.tear_down_agent",
        "deploy.switch_to_tenant_network",
        "deploy.boot_instance",
    ]


def in_a_room_of(room: Room, **settings) -> Room:
    """The same room under other settings."""
    changed = BareMetalSettings(**{**room.settings.model_dump(), **settings})
    desk = replace(room.desk, settings=changed, flows=Flows(changed))
    return Room(room.database, desk, changed)


async def test_settings_change_the_priorities_of_automated_cleaning(room: Room):
    overrides = {"deploy.erase_devices": 0, "bios.factory_reset": 200}
    room = in_a_room_of(room, clean_step_priority_override=overrides)
    node = await room.a_node(State.MANAGEABLE)
    await room.do(node, "provide")
    done = await room.steps_done(node)
    assert "deploy.erase_devices" not in done
    assert done.index("bios.factory_reset") < done.index("deploy.erase_devices_metadata")


async def test_settings_deny_steps(room: Room):
    room = in_a_room_of(room, disallow_clean_steps=("bios.factory_reset",))
    node = await room.a_node(State.MANAGEABLE)
    with pytest.raises(Invalid, match="disallow_clean_steps"):
        await ask(room, node, "clean", steps=(BIOS,))


async def test_settings_deny_a_boot_mode(room: Room):
    room = in_a_room_of(room, disallowed_deployment_boot_modes=("bios",))
    bios = await room.a_node(State.AVAILABLE)
    with pytest.raises(Invalid, match="boots in mode bios"):
        await ask(room, bios, "active")
    uefi = await room.a_node(
        State.AVAILABLE, properties={"capabilities": "boot_mode:uefi,cpu_vt:true"}
    )
    await ask(room, uefi, "active")


async def test_settings_keep_nodes_in_maintenance_from_being_cleaned(room: Room):
    room = in_a_room_of(room, allow_provisioning_in_maintenance=False)
    node = await room.a_node(State.MANAGEABLE, maintenance=True)
    with pytest.raises(Invalid, match="in maintenance"):
        await ask(room, node, "provide")


@pytest.mark.parametrize(
    ("allowed", "end"), [(True, State.MANAGEABLE), (False, State.CLEAN_FAILED)]
)
async def test_maintenance_in_the_middle_ends_the_work_if_so_set(room: Room, allowed, end):
    room = in_a_room_of(room, allow_provisioning_in_maintenance=allowed)
    node = await room.a_node(State.MANAGEABLE)
    await ask(room, node, "clean", steps=(HOLD, BIOS))
    await work_until(room, node, State.CLEAN_HOLD)
    async with room.database.write() as connection:
        held = await room.nodes.get(connection, node.uuid)
        await room.nodes.save_states(connection, replace(held, maintenance=True))
    await ask(room, node, "unhold")
    stopped = await room.run_to_rest(node.uuid)
    assert stopped.provision_state is end
    assert stopped.fault is None
    assert ("is in maintenance" in (stopped.last_error or "")) is not allowed


@pytest.mark.parametrize(
    ("flow", "verb", "start"),
    [(Flow.DEPLOY, "active", State.AVAILABLE), (Flow.CLEAN, "provide", State.MANAGEABLE)],
)
async def test_no_more_than_allowed_run_at_once_and_the_others_queue(room: Room, flow, verb, start):
    room = in_a_room_of(room, max_concurrent_deploy=1, max_concurrent_clean=1)
    first, second, third = [await room.a_node(start) for _ in range(3)]
    for node in (first, second, third):
        await ask(room, node, verb)
    for node, ahead in ((third, 2), (second, 1)):
        assert await worker.work_on(room.engine(), node.uuid) > now() + timedelta(days=300)
        assert await waits_for(room, node) == (
            f"queued: 1 nodes may {flow} at once, and {ahead} are before this one "
            f"(setting baremetal.max_concurrent_{flow})"
        )
        assert await room.steps_done(node) == []
    called: list[str] = []
    assert (await room.run_to_rest(first.uuid, note_in(called))).last_error is None
    assert called == [second.uuid]
    assert "and 1 are before" in await waits_for(room, third)
    assert await worker.work_on(room.engine(), third.uuid) is not None
    assert await room.steps_done(third) == []
    ended = await room.run_to_rest(second.uuid, note_in(called))
    assert ended.last_error is None
    assert called == [second.uuid, third.uuid]
    ended = await room.run_to_rest(third.uuid, note_in(called))
    assert ended.last_error is None
    assert ended.target_provision_state is None
    assert called == [second.uuid, third.uuid]


def note_in(called: list[str]) -> Callable[[Due], None]:
    """As a nudge: who is told that its turn has come."""
    return lambda due: called.append(due.node_uuid)


async def waits_for(room: Room, node: Node) -> str:
    """In words, as the API shows it."""
    work = (await show_node(room.desk, node.uuid)).work
    assert work is not None
    assert work.waiting is not None
    return work.waiting.reason


async def test_who_was_forgotten_in_a_queue_is_called_by_the_next_round(room: Room):
    room = in_a_room_of(room, max_concurrent_deploy=1)
    first, second, third = [await room.a_node(State.AVAILABLE) for _ in range(3)]
    for node in (first, second, third):
        await ask(room, node, "active")
    for node in (second, third):
        await worker.work_on(room.engine(), node.uuid)
    called: list[str] = []
    await turns.call_all(room.engine(note_in(called)))
    assert called == [first.uuid]
    async with room.database.write() as connection:
        await work_store.remove(connection, first.uuid)
    await turns.call_all(room.engine(note_in(called)))
    assert called == [first.uuid, second.uuid]
    async with room.database.read() as connection:
        assert [due.node_uuid for due in await work_store.due(connection, now())] == [second.uuid]


async def test_who_waits_for_something_else_is_not_called(room: Room):
    room = in_a_room_of(room, max_concurrent_clean=1)
    held = await room.a_node(State.CLEAN_HOLD)
    waiting = Waiting(Signal.UNHOLD, now(), now() + timedelta(hours=1), "an operator's word")
    step = StepCall("deploy", "hold", chosen=True)
    parked = Work(held.uuid, Flow.CLEAN, "intent", new_request_id(), steps=(step,), waiting=waiting)
    async with room.database.write() as connection:
        await work_store.replace(connection, parked)
    called: list[str] = []
    await turns.call_all(room.engine(note_in(called)))
    assert called == []
    async with room.database.read() as connection:
        assert await work_store.due(connection, now()) == []


async def test_who_gives_up_in_a_queue_stands_in_nobodys_way(room: Room):
    room = in_a_room_of(room, max_concurrent_deploy=1)
    first, second, third = [await room.a_node(State.AVAILABLE) for _ in range(3)]
    for node in (first, second, third):
        await ask(room, node, "active")
    for node in (second, third):
        await worker.work_on(room.engine(), node.uuid)
    await ask(room, second, "abort")
    assert "and 1 are before" in await waits_for(room, third)
    called: list[str] = []
    await room.run_to_rest(first.uuid, note_in(called))
    assert called == [third.uuid]
    assert (await room.run_to_rest(third.uuid)).provision_state is State.ACTIVE


@pytest.mark.parametrize(
    ("verb", "start", "waits", "end"),
    [
        ("active", State.AVAILABLE, State.DEPLOY_WAIT, State.DEPLOY_FAILED),
        ("provide", State.MANAGEABLE, State.CLEAN_WAIT, State.CLEAN_FAILED),
    ],
)
async def test_who_queues_can_be_aborted(room: Room, verb, start, waits, end):
    room = in_a_room_of(room, max_concurrent_deploy=1, max_concurrent_clean=1)
    first, second = [await room.a_node(start) for _ in range(2)]
    for node in (first, second):
        await ask(room, node, verb)
    await worker.work_on(room.engine(), second.uuid)
    assert (await look(room, second))[0].provision_state is waits
    await ask(room, second, "abort")
    aborted = await room.run_to_rest(second.uuid)
    assert aborted.provision_state is end
    assert "aborted by" in aborted.last_error
    assert (await room.run_to_rest(first.uuid)).last_error is None


async def a_runbook(room: Room, **more) -> None:
    steps = (RunbookStep("power", "power_off", 2), RunbookStep("bios", "factory_reset", 1))
    book = Runbook("00000000-0000-4000-8000-000000000001", "CUSTOM_BOOK", steps, **more)
    async with room.database.write() as connection:
        await RUNBOOKS.add(connection, book)


@pytest.mark.parametrize(
    ("verb", "start"), [("clean", State.MANAGEABLE), ("service", State.ACTIVE)]
)
async def test_a_runbook_brings_its_steps_in_its_order(room: Room, verb, start):
    await a_runbook(room, disable_ramdisk=True)
    node = await room.a_node(start, traits=frozenset({"CUSTOM_BOOK"}))
    assert (await room.do(node, verb, runbook="CUSTOM_BOOK")).last_error is None
    assert await room.steps_done(node) == ["bios.factory_reset", "power.power_off"]


BY_RUNBOOK = {
    "automated_cleaning_step_source": "runbook",
    "automated_cleaning_runbook": "CUSTOM_BOOK",
}


@pytest.mark.parametrize(
    ("verb", "start"), [("provide", State.MANAGEABLE), ("deleted", State.ACTIVE)]
)
async def test_automated_cleaning_by_a_runbook(room: Room, verb, start):
    room = in_a_room_of(room, **BY_RUNBOOK)
    await a_runbook(room, disable_ramdisk=True)
    node = await room.a_node(start, traits=frozenset({"CUSTOM_BOOK"}))
    cleaned = await room.do(node, verb)
    assert cleaned.provision_state is State.AVAILABLE
    assert (await room.steps_done(node))[-2:] == ["bios.factory_reset", "power.power_off"]


async def test_automated_cleaning_without_its_runbook_fails_in_words(room: Room):
    room = in_a_room_of(room, **BY_RUNBOOK)
    idle, used = await room.a_node(State.MANAGEABLE), await room.a_node(State.ACTIVE)
    with pytest.raises(Invalid, match="is to be cleaned by a runbook"):
        await ask(room, idle, "provide")
    failed = await room.do(used, "deleted")
    assert failed.provision_state is State.CLEAN_FAILED
    assert failed.instance_uuid is None
    assert failed.last_error is not None
    assert "is to be cleaned by a runbook" in failed.last_error


async def test_automated_cleaning_by_a_runbook_or_else_by_priorities(room: Room):
    by_class = {"automated_cleaning_runbook_by_resource_class": {"gold": "CUSTOM_BOOK"}}
    room = in_a_room_of(room, automated_cleaning_step_source="hybrid", **by_class)
    await a_runbook(room, disable_ramdisk=True)
    traits = frozenset({"CUSTOM_BOOK"})
    gold = await room.a_node(State.MANAGEABLE, resource_class="gold", traits=traits)
    lead = await room.a_node(State.MANAGEABLE, resource_class="lead", traits=traits)
    for node in (gold, lead):
        assert (await room.do(node, "provide")).provision_state is State.AVAILABLE
    assert await room.steps_done(gold) == ["bios.factory_reset", "power.power_off"]
    assert "deploy.erase_devices" in await room.steps_done(lead)


async def test_automated_cleaning_by_the_nodes_own_runbook_if_so_set(room: Room):
    room = in_a_room_of(
        room,
        automated_cleaning_step_source="runbook",
        automated_cleaning_runbook_from_node=True,
    )
    await a_runbook(room, disable_ramdisk=True)
    traits = frozenset({"CUSTOM_BOOK"})
    own = {"cleaning_runbook": "CUSTOM_BOOK"}
    node = await room.a_node(State.MANAGEABLE, own, traits=traits)
    await room.do(node, "provide")
    assert await room.steps_done(node) == ["bios.factory_reset", "power.power_off"]


async def test_a_runbook_is_for_nodes_with_its_trait_and_for_those_who_may_see_it(room: Room):
    await a_runbook(room, owner="p-1")
    node = await room.a_node(State.MANAGEABLE)
    with pytest.raises(Invalid, match="none of the traits CUSTOM_BOOK"):
        await ask(room, node, "clean", runbook="CUSTOM_BOOK")
    stranger = RequestContext(user_name="bob", project_id="p-2", roles=frozenset({"member"}))
    request = ProvisionRequest("clean", runbook="CUSTOM_BOOK")
    with pytest.raises(NotFound):
        await provision(room.desk, stranger, node.uuid, request)


async def test_a_node_that_must_stay_on_is_never_switched_off(room: Room):
    node = await room.a_node(State.AVAILABLE, disable_power_off=True, power_state=Power.ON)
    await ask(room, node, "active")
    while True:
        await worker.work_on(room.engine(), node.uuid)
        found, work = await look(room, node)
        assert found.power_state is Power.ON
        if work is None:
            break
    assert found.provision_state is State.ACTIVE
