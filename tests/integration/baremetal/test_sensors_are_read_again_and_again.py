"""Round by round each conductor reads its nodes' sensors; what was read last is kept and shown."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.baremetal_room import Room, a_room
from tests.databases import url_of

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.sensors import SensorReport
from bessemer.baremetal.operations.sensors import SensorRounds, keep_report, last_report
from bessemer.baremetal.sensor_settings import SensorDataSettings
from bessemer.baremetal.store.tables import nodes as table
from bessemer.cli.node import describe_sensors
from bessemer.clock import now

BESSEMER = Path(sys.executable).with_name("bessemer")
REFUSES = {"fake_bmc": "refuses"}


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


def rounds(room: Room, **settings) -> SensorRounds:
    return SensorRounds(room.desk, SensorDataSettings(send_sensor_data=True, **settings))


async def report(room: Room, node: Node) -> SensorReport | None:
    return await last_report(room.desk.shelves, node.uuid)


async def told(room: Room, node: Node, **driver_info) -> None:
    async with room.database.write() as connection:
        present = await room.nodes.get(connection, node.uuid)
        await room.nodes.save(connection, replace(present, driver_info=driver_info))


async def test_nodes_with_an_instance_are_read_and_others_if_so_wished(room):
    active = await room.a_node(State.ACTIVE)
    free = await room.a_node(State.AVAILABLE)
    aside = await room.a_node(State.ACTIVE, maintenance=True)
    unknown = await room.a_node(State.ENROLL)
    await rounds(room).round()
    assert (await report(room, active)).readings["Fan"]
    assert [await report(room, node) for node in (free, aside, unknown)] == [None] * 3
    await rounds(room, enable_for_undeployed_nodes=True, data_types=("temperature",)).round()
    assert list((await report(room, free)).readings) == ["Temperature"]
    assert [await report(room, node) for node in (aside, unknown)] == [None] * 2


async def test_a_failure_is_shown_beside_the_last_good_readings(room):
    node = await room.a_node(State.ACTIVE)
    reading = rounds(room)
    await reading.round()
    good = await report(room, node)
    await told(room, node, **REFUSES)
    await reading.round()
    bad = await report(room, node)
    assert bad.readings == good.readings
    assert bad.read_at == good.read_at
    assert "fake BMC" in bad.failure
    words = "\n".join(describe_sensors(node.uuid, bad))
    assert f"failed: {bad.failure}" in words
    assert "4800 RPM" in words


async def test_a_bmc_that_fails_again_and_again_is_left_alone_for_longer_and_longer(room):
    node = await room.a_node(State.ACTIVE, REFUSES)
    reading = rounds(room)
    tried = []
    for number in range(1, 17):
        before = await report(room, node)
        await reading.round()
        if await report(room, node) != before:
            tried.append(number)
    assert tried == [1, 3, 7, 15]
    await told(room, node)
    for _ in range(15):
        await reading.round()
    assert (await report(room, node)).failure is None


async def test_a_deleted_nodes_report_goes_with_it(room):
    node = await room.a_node(State.ACTIVE)
    await rounds(room).round()
    async with room.database.write() as connection:
        await connection.execute(table.delete().where(table.c.uuid == node.uuid))
    assert await report(room, node) is None


async def test_the_command_shows_what_was_read_last(room, tmp_path):
    node = await room.a_node(State.ACTIVE, name="blade-1")
    config = tmp_path / "cloud.toml"
    database = f'[database]\nurl = "{url_of(room.database)}"\n'
    config.write_text(f'[server]\nstate_directory = "{tmp_path}"\n{database}')

    async def shown(*flags: str) -> str:
        asked = [BESSEMER, "node", "sensors", "blade-1", "--config", config, *flags]
        done = await asyncio.to_thread(
            subprocess.run, asked, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    assert f"The sensors of node {node.uuid} were never read." in await shown()
    await rounds(room).round()
    assert "Inlet (0x01)" in await shown()
    said = json.loads(await shown("--json"))["readings"]["Temperature"]["Inlet (0x01)"]
    assert said["Sensor Reading"] == "21 degrees C"


async def test_prometheus_is_told(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        good = await cloud.enrol(name="rack-1")
        bad = await cloud.enrol(driver_info=REFUSES)
        for node in (good, bad):
            await cloud.put_in_state(node["uuid"], State.AVAILABLE)
        everywhere = SensorDataSettings(enable_for_undeployed_nodes=True)
        await SensorRounds(cloud.desk, everywhere).round()
        hostile = {"Other": {'Fan "1"\n\\': {"Sensor Reading": "3 parsecs"}}}
        other = await cloud.enrol()
        await keep_report(cloud.desk.shelves, other["uuid"], SensorReport(hostile, now()))
        answer = await cloud.client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.content.decode()
    of_good = f'node_uuid="{good["uuid"]}",node="rack-1"'
    assert "# TYPE bessemer_node_temperature_celsius gauge\n" in text
    assert f"bessemer_node_temperature_celsius{{{of_good}," in text
    assert 'kind="Fan",sensor="Fan 1 (0x10)"} 4800.0\n' in text
    assert 'kind="Other",sensor="Fan \\"1\\"\\n\\\\",unit="parsecs"} 3.0\n' in text
    assert f"bessemer_node_sensors_failed{{{of_good}}} 0\n" in text
    assert f'bessemer_node_sensors_failed{{node_uuid="{bad["uuid"]}",node=""}} 1\n' in text
