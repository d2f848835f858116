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


def boots(node: Node) -> tuple[object, object]:
    internal = node.driver_internal_info
    return internal.get("instance_boot"), internal.get("persistent_boot_device")


async def test_a_deploy_boots_it_and_writes_nothing(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    done = await room.do(node, "active")
    assert (done.provision_state, done.power_state) == (State.ACTIVE, Power.ON)
    assert boots(done) == (INFO, BootDevice.PXE)
    assert await room.steps_done(node) == [
        "power.power_off",
        "network.unconfigure_tenant_networks",
        "deploy.prepare_image",
        "deploy.deploy",
    ]


async def test_after_an_adoption_it_is_booted_at_the_next_start(room: Room):
    node = await room.a_node(
        State.MANAGEABLE, interfaces=RAMDISK, instance_info=INFO, power_state=Power.ON
    )
    adopted = await room.do(node, "adopt")
    assert (adopted.provision_state, adopted.power_state) == (State.ACTIVE, Power.ON)
    assert boots(adopted) == (INFO, BootDevice.PXE)


async def test_after_a_service_it_is_booted_again(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    await room.do(node, "active")
    reset = StepCall("bios", "factory_reset", chosen=True)
    served = await room.do(node, "service", steps=(reset,), disable_ramdisk=True)
    assert (served.provision_state, boots(served)) == (State.ACTIVE, (INFO, BootDevice.PXE))


async def test_with_its_instance_it_is_forgotten(room: Room):
    node = await room.a_node(
        State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO, automated_clean=False
    )
    await room.do(node, "active")
    gone = await room.do(node, "deleted")
    assert (gone.provision_state, gone.power_state) == (State.AVAILABLE, Power.OFF)
    assert boots(gone)[0] is None


async def test_a_failure_leaves_the_machine_off_and_says_what_is_missing(room: Room):
    info = {"image_source": IMAGE.id}
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=info)
    failed = await room.do(node, "active")
    assert (failed.provision_state, failed.power_state) == (State.DEPLOY_FAILED, Power.OFF)
    assert "kernel_id" in failed.last_error


async def test_a_step_of_an_agent_is_refused_as_there_is_none(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=RAMDISK, instance_info=INFO)
    step = StepCall("deploy", "erase_devices_metadata", priority=50, chosen=True)
    with pytest.raises(Invalid, match="a deploy interface that boots one"):
        await room.do(node, "active", steps=(step,))
