"""Deploy interface autodetect: another one does the deploy, and is gone with the instance."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room
from tests.baremetal_task import MemoryMachines
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.context import admin_context
from bessemer.errors import ConfigurationError, Invalid

AUTODETECT = {InterfaceKind.DEPLOY: "autodetect"}
ENABLED = ("autodetect", "direct", "ramdisk", "bootc", "fake")
IN_MEMORY = {"kernel": IMAGE.id, "ramdisk": "http://files.test/initramfs"}
ON_DISK = {"image_source": IMAGE.id}


def make_registry(settings, machines):
    clients = IpmiClients(settings)
    room = SomeNetworks(), SomeImages()
    return registry(settings, *room, AgentClient(), clients, machines, Path("unused"))


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path, make_registry, enabled_deploy_interfaces=ENABLED) as made:
        yield made


async def ask(room: Room, node: Node, verb: str, **more) -> None:
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest(verb, **more))


async def look(room: Room, node: Node) -> Node:
    async with room.database.read() as connection:
        return await room.nodes.get(connection, node.uuid)


def interface_of(node: Node) -> str:
    return node.interfaces[InterfaceKind.DEPLOY]


@pytest.mark.parametrize(
    ("info", "found"),
    [
        (ON_DISK, "direct"),
        (IN_MEMORY, "ramdisk"),
        ({"boot_iso": "http://files.test/a.iso"}, "ramdisk"),
        ({**ON_DISK, **IN_MEMORY}, "ramdisk"),
        ({"image_source": "oci://registry.test/os/debian:13"}, "bootc"),
    ],
)
async def test_what_is_asked_for_decides(room: Room, info, found: str):
    node = await room.a_node(State.AVAILABLE, interfaces=AUTODETECT, instance_info=info)
    await ask(room, node, "active")
    switched = await look(room, node)
    assert interface_of(switched) == found
    assert switched.driver_internal_info["original_deploy_interface"] == "autodetect"


async def test_a_whole_life_ends_with_the_nodes_own_interface(room: Room):
    node = await room.a_node(
        State.AVAILABLE, interfaces=AUTODETECT, instance_info=IN_MEMORY, automated_clean=False
    )
    await ask(room, node, "active")
    active = await room.run_to_rest(node.uuid)
    assert (active.provision_state, interface_of(active)) == (State.ACTIVE, "ramdisk")
    await ask(room, node, "rebuild")
    rebuilt = await room.run_to_rest(node.uuid)
    assert (rebuilt.provision_state, interface_of(rebuilt)) == (State.ACTIVE, "ramdisk")
    assert rebuilt.driver_internal_info["original_deploy_interface"] == "autodetect"
    await ask(room, node, "deleted")
    gone = await room.run_to_rest(node.uuid)
    assert (gone.provision_state, interface_of(gone)) == (State.AVAILABLE, "autodetect")
    assert "original_deploy_interface" not in gone.driver_internal_info


async def test_what_nobody_supports_is_refused_in_the_words_of_the_last_and_changes_nothing(
    room: Room,
):
    node = await room.a_node(State.AVAILABLE, interfaces=AUTODETECT)
    with pytest.raises(Invalid, match="has no image_source"):
        await ask(room, node, "active")
    assert interface_of(await look(room, node)) == "autodetect"


async def test_an_adopted_instance_is_not_guessed(room: Room):
    node = await room.a_node(State.MANAGEABLE, interfaces=AUTODETECT, instance_info=ON_DISK)
    await ask(room, node, "adopt")
    failed = await room.run_to_rest(node.uuid)
    assert failed.provision_state is State.ADOPT_FAILED
    assert "ramdisk, bootc, direct" in failed.last_error


def test_it_chooses_only_what_is_enabled():
    settings = BareMetalSettings(enabled_deploy_interfaces=("autodetect", "direct", "fake"))
    with pytest.raises(ConfigurationError, match=r"autodetect_deploy_interfaces names 'ramdisk'"):
        make_registry(settings, MemoryMachines())


def test_left_out_it_asks_for_nothing():
    settings = BareMetalSettings(enabled_deploy_interfaces=("direct", "fake"))
    assert make_registry(settings, MemoryMachines()).hardware_types
