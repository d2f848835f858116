"""Storage interface external through whole flows: attached before the boot, let go in the end."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room
from tests.baremetal_task import a_node as a_plain_node
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks
from tests.volumes import IQN, a_connector, a_target

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.pxe.boot import HttpBoot, HttpIpxeBoot, PxeBoot
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.operations.boot_from_volume import check_volume_boot
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store.volume import CONNECTORS, TARGETS
from bessemer.errors import Invalid

EXTERNAL = {InterfaceKind.DEPLOY: "direct", InterfaceKind.STORAGE: "external"}
SAN = {
    "initiator": IQN,
    "volumes": [
        {
            "paths": ["iscsi:172.30.9.1::3260:1:iqn.2026-11.test:disk"],
            "username": "",
            "password": None,
        }
    ],
}
FROM_VOLUME = [
    "power.power_off",
    "network.unconfigure_tenant_networks",
    "storage.attach_volumes",
    "network.configure_tenant_networks",
    "boot.restore_instance",
    "power.power_on",
]


@pytest.fixture
async def room(tmp_path: Path):
    def make(settings, machines):
        clients = IpmiClients(settings)
        rooms = SomeNetworks(), SomeImages()
        return registry(settings, *rooms, AgentClient(), clients, machines, Path("unused"))

    async with a_room(tmp_path, make) as made:
        yield made


async def a_node(room: Room, state=State.AVAILABLE, *, target=None, connector=True, **changes):
    interfaces = {**EXTERNAL, **changes.pop("interfaces", {})}
    node = await room.a_node(state, interfaces=interfaces, automated_clean=False, **changes)
    async with room.database.write() as connection:
        await TARGETS.add(connection, a_target(node.uuid, **(target or {})))
        if connector:
            await CONNECTORS.add(connection, a_connector(node.uuid))
    return node


def boots(node: Node) -> tuple[object, object]:
    internal = node.driver_internal_info
    return internal.get("instance_boot"), internal.get("persistent_boot_device")


async def test_deploys_write_no_image_and_the_volume_is_let_go_with_the_instance(room: Room):
    node = await a_node(room)
    done = await room.do(node, "active")
    assert (done.provision_state, done.power_state) == (State.ACTIVE, Power.ON)
    assert boots(done) == ({"san": SAN}, BootDevice.PXE)
    assert await room.steps_done(node) == FROM_VOLUME
    again = await room.do(done, "rebuild")
    assert (again.provision_state, boots(again)) == (State.ACTIVE, boots(done))
    assert await room.steps_done(node) == FROM_VOLUME * 2
    gone = await room.do(node, "deleted")
    assert (gone.provision_state, gone.power_state) == (State.AVAILABLE, Power.OFF)
    assert boots(gone)[0] is None
    steps = (await room.steps_done(node))[2 * len(FROM_VOLUME) :]
    assert steps.index("power.power_off") < steps.index("storage.detach_volumes")
    assert steps.index("storage.detach_volumes") < steps.index("deploy.release_instance")


async def test_after_an_adoption_it_is_booted_at_the_next_start(room: Room):
    node = await a_node(room, State.MANAGEABLE, power_state=Power.ON)
    adopted = await room.do(node, "adopt")
    assert (adopted.provision_state, adopted.power_state) == (State.ACTIVE, Power.ON)
    assert boots(adopted) == ({"san": SAN}, BootDevice.PXE)


async def test_a_failure_lets_the_volumes_go(room: Room):
    node = await a_node(room, driver_info={"fake_bmc": "refuses"}, power_state=Power.OFF)
    failed = await room.do(node, "active")
    assert failed.provision_state is State.DEPLOY_FAILED
    assert (await room.steps_done(node))[-1] == "storage.detach_volumes"


async def test_with_an_image_the_nodes_own_disk_is_written_and_the_volume_attached(room: Room):
    fake = {InterfaceKind.DEPLOY: "fake"}
    node = await a_node(room, interfaces=fake, instance_info={"image_source": IMAGE.id})
    done = await room.do(node, "active")
    assert (done.provision_state, boots(done)) == (State.ACTIVE, (None, BootDevice.DISK))
    steps = await room.steps_done(node)
    assert steps.index("storage.attach_volumes") < steps.index("boot.prepare_ramdisk")
    assert "deploy.write_image" in steps


async def test_a_step_out_of_band_runs_before_the_boot_and_one_of_an_agent_is_refused(room: Room):
    node = await a_node(room)
    agents = StepCall("deploy", "erase_devices_metadata", priority=50, chosen=True)
    with pytest.raises(Invalid, match="a deploy interface that boots one"):
        await room.do(node, "active", steps=(agents,))
    reset = StepCall("bios", "factory_reset", priority=50, chosen=True)
    assert (await room.do(node, "active", steps=(reset,))).provision_state is State.ACTIVE
    assert await room.steps_done(node) == [
        *FROM_VOLUME[:3],
        "bios.factory_reset",
        *FROM_VOLUME[3:],
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"connector": False}, "connector of type iqn"),
        ({"target": {"properties": {}}}, "needs target_portal"),
        ({"target": {"volume_type": "rbd"}}, "volume_type must be iscsi or"),
        ({"target": {"volume_type": "fibre_channel"}}, "wwpn"),
    ],
)
async def test_what_it_could_not_boot_is_refused_before_anything_happens(
    room: Room, changes, words
):
    node = await a_node(room, **changes)
    with pytest.raises(Invalid, match=f"validate storage interface.*{words}"):
        await room.do(node, "active")
    assert await room.steps_done(node) == []


async def test_a_boot_interface_that_loads_no_ipxe_is_refused_by_its_capability():
    means = SomeImages(), SomeNetworks(), BareMetalSettings()
    for boot in (IpxeBoot(*means), HttpIpxeBoot(*means)):
        check_volume_boot(a_plain_node(), boot)
    for boot in (PxeBoot(*means), HttpBoot(*means)):
        with pytest.raises(Unsupported, match=r"iscsi_volume_boot.*give the node boot interface"):
            check_volume_boot(a_plain_node(), boot)


async def test_a_node_without_volumes_needs_an_image_as_ever(room: Room):
    node = await room.a_node(State.AVAILABLE, interfaces=EXTERNAL)
    with pytest.raises(Invalid, match="image_source"):
        await room.do(node, "active")


async def test_a_fake_machine_boots_from_a_fake_volume(room: Room):
    fake = {InterfaceKind.DEPLOY: "fake", InterfaceKind.STORAGE: "fake"}
    info = {"fake_boots_from_volume": True}
    node = await room.a_node(State.AVAILABLE, driver_info=info, interfaces=fake)
    done = await room.do(node, "active")
    assert (done.provision_state, done.power_state) == (State.ACTIVE, Power.ON)
    assert boots(done)[1] == BootDevice.PXE
    assert await room.steps_done(node) == FROM_VOLUME
    gone = await room.do(node, "deleted")
    assert boots(gone)[0] is None
