"""Each flow on fake hardware: its end, its failures, what an abort does, and what is left behind."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.operations.preconditions import NodeInMaintenance, NodeProtected
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import history
from bessemer.baremetal.store import work as work_store
from bessemer.context import RequestContext, admin_context
from bessemer.errors import Invalid

PASSWORD = Secret("hunter22")
OUT_OF_BAND = StepCall("bios", "factory_reset", chosen=True)
IN_BAND = StepCall("deploy", "burnin_cpu", {"minutes": 1}, chosen=True)
ALICE = RequestContext(
    user_id="u-alice", user_name="alice", project_id="p-1", roles=frozenset({"admin"})
)


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def ask(room: Room, node: Node, verb: str, **more) -> None:
    await provision(room.desk, ALICE, node.uuid, ProvisionRequest(verb, **more))


async def do(room: Room, node: Node, verb: str, **more) -> Node:
    await ask(room, node, verb, **more)
    return await room.run_to_rest(node.uuid)


async def look(room: Room, node: Node) -> Node:
    async with room.database.read() as connection:
        return await room.nodes.get(connection, node.uuid)


async def until_it_waits(room: Room, node: Node, state: State) -> None:
    while (await look(room, node)).provision_state is not state:
        await worker.work_on(room.engine(), node.uuid)


async def test_adoption_touches_nothing(room: Room):
    node = await room.a_node(State.MANAGEABLE, power_state=Power.ON)
    adopted = await do(room, node, "adopt")
    assert adopted.provision_state is State.ACTIVE
    assert adopted.power_state is Power.ON
    assert await room.steps_done(node) == ["power.verify", "deploy.take_over"]


async def test_an_adoption_that_fails_can_be_tried_again(room: Room):
    node = await room.a_node(State.MANAGEABLE, {"fake_fail_step": "power.verify"})
    failed = await do(room, node, "adopt")
    assert failed.provision_state is State.ADOPT_FAILED
    assert failed.target_provision_state is State.ACTIVE
    assert failed.last_error is not None
    assert not failed.maintenance


async def test_a_rescue_and_the_way_back(room: Room):
    node = await room.a_node(State.ACTIVE)
    rescued = await do(room, node, "rescue", rescue_password=PASSWORD)
    assert rescued.provision_state is State.RESCUE
    assert rescued.target_provision_state is None
    assert rescued.power_state is Power.ON
    assert rescued.instance_info["rescue_password"] == PASSWORD
    assert rescued.instance_info["hashed_rescue_password"].reveal().startswith("$2b$")
    assert rescued.instance_uuid == node.instance_uuid
    back = await do(room, node, "unrescue")
    assert back.provision_state is State.ACTIVE
    assert back.instance_info == {}
    assert back.power_state is Power.ON
    assert back.instance_uuid == node.instance_uuid


async def test_a_rescue_that_fails_forgets_the_password_and_stays_off(room: Room):
    node = await room.a_node(State.ACTIVE, {"fake_fail_step": "rescue.rescue"})
    failed = await do(room, node, "rescue", rescue_password=PASSWORD)
    assert failed.provision_state is State.RESCUE_FAILED
    assert failed.target_provision_state is State.RESCUE
    assert failed.instance_info == {}
    assert failed.power_state is Power.OFF
    assert failed.fault is None


async def test_a_node_in_rescue_can_be_deleted(room: Room):
    node = await room.a_node(State.ACTIVE)
    await do(room, node, "rescue", rescue_password=PASSWORD)
    gone = await do(room, node, "deleted")
    assert gone.provision_state is State.AVAILABLE
    assert (gone.instance_uuid, gone.instance_info) == (None, {})


async def test_an_unrescue_that_fails_can_be_tried_again(room: Room):
    node = await room.a_node(State.RESCUE, {"fake_fail_step": "rescue.unrescue"})
    failed = await do(room, node, "unrescue")
    assert failed.provision_state is State.UNRESCUE_FAILED


async def test_service_with_the_ramdisk_puts_the_instance_back(room: Room):
    node = await room.a_node(State.ACTIVE)
    served = await do(room, node, "service", steps=(OUT_OF_BAND, IN_BAND))
    assert served.provision_state is State.ACTIVE
    assert served.power_state is Power.ON
    assert served.instance_uuid == node.instance_uuid
    done = await room.steps_done(node)
    assert done.index("bios.factory_reset") + 1 == done.index("deploy.burnin_cpu")
    assert done[-4:] == [
        "network.remove_network",
        "network.configure_tenant_networks",
        "boot.restore_instance",
        "power.power_on",
    ]


async def test_service_without_the_ramdisk_runs_the_steps_and_nothing_else(room: Room):
    node = await room.a_node(State.ACTIVE)
    served = await do(room, node, "service", steps=(OUT_OF_BAND,), disable_ramdisk=True)
    assert served.provision_state is State.ACTIVE
    assert await room.steps_done(node) == ["bios.factory_reset"]


async def test_reserved_power_steps_alone_need_no_ramdisk(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    cleaned = await do(
        room,
        node,
        "clean",
        steps=(
            StepCall("power", "power_on", chosen=True),
            StepCall("power", "reboot", chosen=True),
        ),
    )
    assert cleaned.provision_state is State.MANAGEABLE
    assert await room.steps_done(node) == [
        "power.power_on",
        "power.reboot",
        "power.power_off",
        "power.power_on",
    ]


async def test_service_that_fails_is_a_fault_and_abort_makes_it_active(room: Room):
    node = await room.a_node(State.ACTIVE, {"fake_fail_step": "bios.factory_reset"})
    failed = await do(room, node, "service", steps=(OUT_OF_BAND,))
    assert failed.provision_state is State.SERVICE_FAILED
    assert (failed.fault, failed.maintenance) == ("service failure", True)
    assert failed.target_provision_state is State.ACTIVE
    await ask(room, node, "abort")
    back = await look(room, node)
    assert back.provision_state is State.ACTIVE
    assert (back.fault, back.maintenance, back.last_error) == (None, False, None)


async def test_cleaning_by_hand_ends_in_manageable(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    await ask(room, node, "clean", steps=(IN_BAND,))
    assert (await look(room, node)).target_provision_state is State.MANAGEABLE
    cleaned = await room.run_to_rest(node.uuid)
    assert cleaned.provision_state is State.MANAGEABLE
    assert "deploy.erase_devices" not in await room.steps_done(node)


async def test_cleaning_by_hand_fails_for_a_step_that_the_agent_does_not_have(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    unknown = StepCall("deploy", "polish", chosen=True)
    failed = await do(room, node, "clean", steps=(IN_BAND, unknown))
    assert failed.provision_state is State.CLEAN_FAILED
    assert failed.last_error is not None
    assert "there is no step deploy.polish" in failed.last_error
    assert "deploy.burnin_cpu" not in await room.steps_done(node)
    assert failed.fault is None


async def test_the_agent_says_which_arguments_its_steps_take(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    wrong = StepCall("deploy", "flash_nic", chosen=True)
    failed = await do(room, node, "clean", steps=(wrong,))
    assert failed.last_error is not None
    assert "lacks its required args: url" in failed.last_error


@pytest.mark.parametrize(
    ("failing", "fault"),
    [("deploy.erase_devices", "clean failure"), ("deploy.wait_for_ramdisk", None)],
)
async def test_cleaning_is_a_fault_only_when_a_clean_step_failed(room: Room, failing, fault):
    node = await room.a_node(State.MANAGEABLE, {"fake_fail_step": failing})
    failed = await do(room, node, "provide")
    assert failed.provision_state is State.CLEAN_FAILED
    assert (failed.fault, failed.maintenance) == (fault, fault is not None)
    assert (await do(room, node, "manage")).provision_state is State.MANAGEABLE


ABORTS = [
    ("provide", State.MANAGEABLE, State.CLEANING, State.CLEAN_FAILED, {}),
    ("active", State.AVAILABLE, State.DEPLOYING, State.DEPLOY_FAILED, {}),
    ("inspect", State.MANAGEABLE, State.INSPECTING, State.INSPECT_FAILED, {}),
    ("rescue", State.ACTIVE, State.RESCUING, State.RESCUE_FAILED, {"rescue_password": PASSWORD}),
    ("service", State.ACTIVE, State.SERVICING, State.SERVICE_FAILED, {"steps": (IN_BAND,)}),
]


@pytest.mark.parametrize(("verb", "start", "running", "end", "more"), ABORTS)
async def test_an_abort_ends_the_work_without_a_fault(room: Room, verb, start, running, end, more):
    node = await room.a_node(start)
    await ask(room, node, verb, **more)
    async with room.database.write() as connection:
        await work_store.request_abort(connection, node.uuid, "aborted by alice")
    assert (await look(room, node)).provision_state is running
    stopped = await room.run_to_rest(node.uuid)
    assert stopped.provision_state is end
    assert stopped.last_error == "aborted by alice"
    assert (stopped.fault, stopped.maintenance) == (None, False)


async def test_a_rescue_that_cannot_be_taken_back_is_a_fault(room: Room):
    node = await room.a_node(State.ACTIVE, {"fake_fail_step": "boot.clean_up_ramdisk"})
    await ask(room, node, "rescue", rescue_password=PASSWORD)
    async with room.database.write() as connection:
        await work_store.request_abort(connection, node.uuid, "aborted by alice")
    stuck = await room.run_to_rest(node.uuid)
    assert stuck.provision_state is State.RESCUE_FAILED
    assert (stuck.fault, stuck.maintenance) == ("rescue abort failure", True)
    assert stuck.last_error is not None
    assert "Cleaning up failed, too" in stuck.last_error


async def test_history_says_who_wanted_it_and_how_long_the_node_was_at_it(room: Room):
    node = await room.a_node(State.AVAILABLE, {"fake_fail_step": "deploy.write_image"})
    await do(room, node, "active")
    async with room.database.read() as connection:
        (entry,) = await history.of_node(connection, node.uuid)
    assert (entry.event_type, entry.user, entry.project) == ("deploy failed", "u-alice", "p-1")
    assert (entry.state, entry.target_provision_state) == ("deploy failed", "active")
    assert entry.duration_seconds is not None
    assert 0 <= entry.duration_seconds < 60


async def test_history_keeps_the_newest_three_hundred(room: Room):
    node, other = await room.a_node(State.ACTIVE), await room.a_node(State.ACTIVE)
    async with room.database.write() as connection:
        for who in (other, node):
            for number in range(303):
                await history.record(
                    connection, who, f"error {number}", event_type="test", conductor="c"
                )
        kept = [await history.of_node(connection, each.uuid) for each in (node, other)]
    assert [len(each) for each in kept] == [300, 300]
    assert (kept[0][0].event, kept[0][-1].event) == ("error 3", "error 302")


REFUSALS = [
    ("active", State.AVAILABLE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("rebuild", State.ACTIVE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("clean", State.MANAGEABLE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("rescue", State.ACTIVE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("unrescue", State.RESCUE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("service", State.ACTIVE, {"maintenance": True}, NodeInMaintenance, "in maintenance"),
    ("rebuild", State.ACTIVE, {"protected": True}, NodeProtected, "is protected"),
    ("deleted", State.ACTIVE, {"protected": True}, NodeProtected, "is protected"),
    ("provide", State.MANAGEABLE, {"retired": True}, Invalid, "is retired"),
    ("rebuild", State.ACTIVE, {}, Invalid, "names no image"),
    (
        "active",
        State.AVAILABLE,
        {"instance_info": {"traits": ["CUSTOM_GPU", "CUSTOM_X"]}, "traits": {"CUSTOM_X"}},
        Invalid,
        "lacks traits .* CUSTOM_GPU",
    ),
    ("active", State.AVAILABLE, {"instance_info": {"traits": 7}}, Invalid, "list of strings"),
    (
        "rescue",
        State.ACTIVE,
        {"interfaces": {"rescue": "no-rescue"}},
        Invalid,
        "Failed to validate rescue interface",
    ),
]
ARGUMENTS = {
    "clean": {"steps": (OUT_OF_BAND,)},
    "service": {"steps": (OUT_OF_BAND,)},
    "rescue": {"rescue_password": PASSWORD},
}


@pytest.mark.parametrize(("verb", "state", "fields", "error", "words"), REFUSALS)
async def test_an_unfit_node_is_refused_and_nothing_has_changed(
    room: Room, verb, state, fields, error, words
):
    node = await room.a_node(state, **fields)
    before = await look(room, node)
    with pytest.raises(error, match=words):
        await ask(room, node, verb, **ARGUMENTS.get(verb, {}))
    assert await look(room, node) == before


async def test_a_retired_node_is_not_offered_after_its_instance(room: Room):
    node = await room.a_node(State.ACTIVE, retired=True)
    assert (await do(room, node, "deleted")).provision_state is State.MANAGEABLE


async def test_maintenance_stops_no_automated_cleaning_unless_so_set(room: Room):
    node = await room.a_node(State.MANAGEABLE, maintenance=True)
    assert (await do(room, node, "provide")).provision_state is State.AVAILABLE


async def test_without_a_context_of_a_user_the_cloud_itself_did_it(room: Room):
    node = await room.a_node(State.ENROLL, {"fake_fail_step": "power.verify"})
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("manage"))
    failed = await room.run_to_rest(node.uuid)
    assert (failed.provision_state, failed.target_provision_state) == (State.ENROLL, None)
    async with room.database.read() as connection:
        (entry,) = await history.of_node(connection, node.uuid)
    assert entry.user == "bessemer"
