"""Deploy interface ramdisk through whole flows: the instance's boot is kept while the node is active."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import journal
from bessemer.context import admin_context
from bessemer.errors import Invalid

RAMDISK = {InterfaceKind.DEPLOY: "ramdisk"}
INFO = {"kernel": IMAGE.id, "ramdisk": "http://files.test/initramfs"}


@pytest.fixture
async def room(tmp_path: Path):
    def make(settings, machines):
        clients = IpmiClients(settings)
        return registry(
            settings, SomeNetworks(), SomeImages(), AgentClient(), clients, machines, tmp_path
        )

    async with a_room(tmp_path, make) as made:
        yield made


async def do(room: Room, node: Node, verb: str, **more) -> Node:
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest(verb, **more))
    return await room.run_to_rest(node.uuid)


async def steps_done(room: Room, node: Node) -> list[str]:
    async with room.database.read() as connection:
        entries = await journal.of_node(connection, node.uuid)
    return [f"{entry.interface}.{entry.step}" for entry in entries]


def boots(node: Node) -> tuple[object, object]:
    internal = node.driver_internal_info
    return internal.get("instance_boot"), internal.get("persistent_boot_device")


async def test_a_deploy_boots_it_and_writes_nothing(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    done = await do(room, node, "active")
    assert (done.provision_state, done.power_state) == (State.ACTIVE, Power.ON)
    assert boots(done) == (INFO, BootDevice.PXE)
    assert await steps_done(room, node) == [
        "power.power_off",
        "network.unconfigure_tenant_networks",
        "deploy.prepare_image",
        "deploy.deploy",
    ]


async def test_after_an_adoption_it_is_booted_at_the_next_start(room: Room):
    node = await room.a_node(
        State.MANAGEABLE, interfaces=RAMDISK, instance_info=INFO, power_state=Power.ON
    )
    adopted = await do(room, node, "adopt")
    assert (adopted.provision_state, adopted.power_state) == (State.ACTIVE, Power.ON)
    assert boots(adopted) == (INFO, BootDevice.PXE)


async def test_after_a_service_it_is_booted_again(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    await do(room, node, "active")
    reset = StepCall("bios", "factory_reset", chosen=True)
    served = await do(room, node, "service", steps=(reset,), disable_ramdisk=True)
    assert (served.provision_state, boots(served)) == (State.ACTIVE, (INFO, BootDevice.PXE))


async def test_with_its_instance_it_is_forgotten(room: Room):
    node = await room.a_node(
        State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO, automated_clean=False
    )
    await do(room, node, "active")
    gone = await do(room, node, "deleted")
    assert (gone.provision_state, gone.power_state) == (State.AVAILABLE, Power.OFF)
    assert boots(gone)[0] is None


async def test_a_failure_leaves_the_machine_off_and_says_what_is_missing(room: Room):
    info = {"image_source": IMAGE.id}
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=info)
    failed = await do(room, node, "active")
    assert (failed.provision_state, failed.power_state) == (State.DEPLOY_FAILED, Power.OFF)
    assert "kernel_id" in failed.last_error


async def test_a_step_of_an_agent_is_refused_as_there_is_none(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    step = StepCall("deploy", "erase_devices_metadata", priority=50, chosen=True)
    with pytest.raises(Invalid, match="a deploy interface that boots one"):
        await do(room, node, "active", steps=(step,))
