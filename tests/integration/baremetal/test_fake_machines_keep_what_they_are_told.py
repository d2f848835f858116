"""Fake machines on a real database: their memory outlives conductors, and steps leave their traces."""

import asyncio
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.drivers.catalogue import fake_registry
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import bios_settings, firmware_components
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.context import admin_context
from bessemer.errors import NotFound

VOLUME = {"size_gb": "MAX", "raid_level": "1", "volume_name": "root", "is_root_volume": True}


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def do(room: Room, node: Node, verb: str, *steps: StepCall) -> Node:
    await provision(
        room.desk, admin_context(), node.uuid, ProvisionRequest(verb, steps=tuple(steps))
    )
    return await room.run_to_rest(node.uuid)


async def kept(room: Room, node: Node) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """BIOS settings by name, and firmware versions by component."""
    async with room.database.read() as connection:
        settings = await bios_settings.of_node(connection, node.uuid)
        components = await firmware_components.of_node(connection, node.uuid)
    return (
        {each.name: each.value for each in settings},
        {each.component: each.current_version for each in components},
    )


async def test_another_conductor_finds_the_machine_as_it_was_left(room: Room):
    node = await room.a_node()
    power = room.desk.registry.interfaces_of(node).power
    await power.switch(node, PowerTarget.ON)
    others = fake_registry(room.settings, FakeMachines(room.database))
    assert await others.interfaces_of(node).power.get_power_state(node) is Power.ON


async def test_orders_at_the_same_time_are_all_remembered(room: Room):
    node, machines = await room.a_node(), FakeMachines(room.database)

    async def count(key: str) -> None:
        await machines.change(node.uuid, lambda memory: {**memory, key: 1})

    await asyncio.gather(*(count(f"order-{number}") for number in range(10)))
    assert len(await machines.read(node.uuid)) == 10


async def test_an_order_that_makes_no_sense_changes_nothing(room: Room):
    node, machines = await room.a_node(), FakeMachines(room.database)
    await machines.change(node.uuid, lambda memory: {"a": 1})
    with pytest.raises(ZeroDivisionError):
        await machines.change(node.uuid, lambda memory: {"a": 1 // 0})
    assert await machines.read(node.uuid) == {"a": 1}


async def test_a_machine_goes_with_its_node(room: Room):
    node, machines = await room.a_node(), FakeMachines(room.database)
    await machines.change(node.uuid, lambda memory: {"a": 1})
    async with room.database.write() as connection:
        await room.nodes.remove(connection, node.uuid)
    assert await machines.read(node.uuid) == {}
    with pytest.raises(NotFound, match=node.uuid):
        await machines.change(node.uuid, lambda memory: memory)


async def test_a_verified_node_shows_its_settings_and_versions(room: Room):
    node = await room.a_node(State.ENROLL)
    assert (await do(room, node, "manage")).provision_state is State.MANAGEABLE
    settings, versions = await kept(room, node)
    assert settings["HyperThreading"] == "Enabled"
    assert versions["bmc"] == "1.0.0"


async def test_steps_asked_for_change_the_machine(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    change = {"settings": [{"name": "HyperThreading", "value": "Disabled"}]}
    update = {"settings": [{"component": "bmc", "url": "http://images.test/bmc-2.1.0.bin"}]}
    cleaned = await do(
        room,
        node,
        "clean",
        StepCall("bios", "apply_configuration", change, chosen=True),
        StepCall("firmware", "update", update, chosen=True),
    )
    assert (cleaned.provision_state, cleaned.last_error) == (State.MANAGEABLE, None)
    settings, versions = await kept(room, node)
    assert settings["HyperThreading"] == "Disabled"
    assert versions == {"bios": "1.0.0", "bmc": "2.1.0", "nic:NIC1": "1.0.0"}


async def test_raid_is_made_by_cleaning(room: Room):
    node = await room.a_node(State.MANAGEABLE, target_raid_config={"logical_disks": [VOLUME]})
    cleaned = await do(room, node, "clean", StepCall("raid", "create_configuration", chosen=True))
    assert cleaned.raid_config["logical_disks"] == [VOLUME]
    assert "last_updated" in cleaned.raid_config
    emptied = await do(room, node, "clean", StepCall("raid", "delete_configuration", chosen=True))
    assert emptied.raid_config == {}


async def test_what_was_read_before_is_compared_with_what_is_read_now(room: Room):
    node = await room.a_node()
    numbers, words = BiosSetting("N", "1", lower_bound=0), BiosSetting("W", "a")
    for settings in (
        [numbers, words],
        [numbers, BiosSetting("W", "b", allowable_values=("a", "b"))],
    ):
        async with room.database.write() as connection:
            await bios_settings.replace_all(connection, node.uuid, settings)
    async with room.database.read() as connection:
        same, changed = await bios_settings.of_node(connection, node.uuid)
    assert (same.name, same.updated_at) == ("N", None)
    assert changed.allowable_values == ("a", "b")
    assert changed.updated_at is not None
    assert changed.created_at is not None
    assert changed.updated_at >= changed.created_at


async def test_a_components_first_version_is_not_forgotten(room: Room):
    node = await room.a_node()
    for component in (
        FirmwareComponent("bmc", "1.0", "1.0"),
        FirmwareComponent("bmc", "2.0", "2.0", last_version_flashed="2.0"),
        FirmwareComponent("bmc", "3.0", "3.0"),
    ):
        async with room.database.write() as connection:
            await firmware_components.replace_all(connection, node.uuid, [component])
    async with room.database.read() as connection:
        (found,) = await firmware_components.of_node(connection, node.uuid)
    assert found.initial_version == "1.0"
    assert found.current_version == "3.0"
    assert found.last_version_flashed == "2.0"
    assert found.updated_at is not None
