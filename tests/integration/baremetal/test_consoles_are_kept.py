"""Consoles come back after a restart, and end with what they show."""

import asyncio
from dataclasses import replace

import pytest
from tests.api.baremetal.cloud import a_cloud

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.console import ConsoleKeeper

URL = "/v1/nodes/n1/states/console"


class Consoles:
    """The console plug-in of the fake hardware, watched."""

    def __init__(self, cloud, node, monkeypatch):
        self.running: set[str] = set()
        self.changed = asyncio.Event()
        plugin = cloud.desk.registry.interfaces_of(node).console
        start, stop = plugin.start_console, plugin.stop_console

        async def started(node):
            await start(node)
            self.running.add(node.uuid)
            self.changed.set()

        async def stopped(node):
            self.running.discard(node.uuid)
            self.changed.set()
            await stop(node)

        monkeypatch.setattr(plugin, "start_console", started)
        monkeypatch.setattr(plugin, "stop_console", stopped)

    async def until(self, running: set[str]) -> None:
        async with asyncio.timeout(20):
            while self.running != running:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def watched(tmp_path, monkeypatch):
    async with a_cloud(tmp_path) as cloud:
        node = await cloud.enrol(name="n1")
        consoles = Consoles(cloud, await cloud.stored(node["uuid"]), monkeypatch)
        await cloud.client.put(URL, {"enabled": True})
        assert consoles.running == {node["uuid"]}
        yield cloud, node["uuid"], consoles


async def test_a_new_process_starts_the_consoles_that_were_wished_for(watched):
    cloud, uuid, consoles = watched
    consoles.running.clear()
    keeper = ConsoleKeeper(cloud.desk)
    await keeper.round()
    assert consoles.running == {uuid}
    await keeper.stop()
    assert consoles.running == set()
    assert (await cloud.stored(uuid)).console_enabled is True


async def test_a_console_ends_with_its_node(watched):
    cloud, _, consoles = watched
    assert (await cloud.client.delete("/v1/nodes/n1")).status == 204
    await consoles.until(set())


async def test_a_console_ends_with_its_instance(watched):
    cloud, uuid, consoles = watched
    await cloud.put_in_state(uuid, State.ACTIVE)
    url = "/v1/nodes/n1/states/provision"
    assert (await cloud.client.put(url, {"target": "deleted"})).status == 202
    await consoles.until(set())
    assert (await cloud.until_state(uuid, "available"))["console_enabled"] is False


async def test_another_conductors_consoles_are_its_own(watched):
    cloud, _, consoles = watched
    consoles.running.clear()
    await ConsoleKeeper(replace(cloud.desk, hostname="another")).round()
    assert consoles.running == set()


async def test_a_console_that_cannot_start_keeps_nobody_else_from_starting(watched):
    cloud, uuid, consoles = watched
    other = await cloud.enrol(name="n2")
    await cloud.put_in_state(other["uuid"], State.AVAILABLE, console_enabled=True)
    node = await cloud.stored(uuid)
    await cloud.put_in_state(uuid, node.provision_state, driver_info={"fake_bmc": "refuses"})
    consoles.running.clear()
    await ConsoleKeeper(cloud.desk).round()
    assert consoles.running == {other["uuid"]}


async def test_what_a_verified_machine_says_of_itself_is_kept(watched):
    cloud, uuid, _ = watched
    await cloud.manage(uuid)
    node = await cloud.stored(uuid)
    assert (node.boot_mode, node.secure_boot) == ("bios", False)
    assert node.properties["vendor"] == "Bessemer fake hardware"
    assert (await cloud.client.get("/v1/nodes/n1/bios")).json["bios"]
    assert (await cloud.client.get("/v1/nodes/n1/firmware")).json["firmware"]
