"""Desired state in a real database, a switch that misbehaves: what ports say, and what happens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.network.cloud import (
    ADMIN,
    SOON,
    SWITCH_ID,
    a_link,
    a_network,
    a_plugged_port,
    a_room,
    eventually,
    fake_of,
)

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import Database
from bessemer.errors import Conflict, Invalid
from bessemer.network.domain.network import Network
from bessemer.network.public import (
    Binding,
    LocalLink,
    NetworkService,
    PortSpec,
    PortStatus,
    SwitchFailure,
)
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings, SwitchSettings

BRIEF = timedelta(milliseconds=200)
SETTINGS = NetworkSettings(
    dhcp="none",
    resync_interval=timedelta(milliseconds=50),
    switches={"tor": SwitchSettings(driver="fake", switch_id=SWITCH_ID)},
)


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[EmbeddedNetwork]:
    async with a_room(database, SETTINGS, tmp_path) as started:
        yield started


@pytest.fixture
async def blue(room: EmbeddedNetwork) -> Network:
    return await a_network(room, "blue", 100)


def bound_to(*ports: str) -> Binding:
    return Binding("node", tuple(a_link(port) for port in ports))


async def test_the_room_is_a_network_service(room: EmbeddedNetwork) -> None:
    service: NetworkService = room
    assert (await service.list_ports(ADMIN)) == []


async def test_a_network_is_found_by_id_and_by_name(room: EmbeddedNetwork, blue: Network) -> None:
    by_name = await room.get_network(ADMIN, "blue")
    assert by_name == await room.get_network(ADMIN, blue.id)
    assert (by_name.vlan, by_name.subnets[0].service_address) == (100, "10.100.0.1")


async def test_an_ambiguous_name_is_refused_with_the_ids(
    room: EmbeddedNetwork, blue: Network
) -> None:
    other = await a_network(room, "blue", 101)
    with pytest.raises(Conflict, match=f"{other.id}|{blue.id}"):
        await room.get_network(ADMIN, "blue")


async def test_a_port_lives_bound_unbound_and_deleted(room: EmbeddedNetwork, blue: Network) -> None:
    port = await a_plugged_port(room, blue, "p1")
    assert fake_of(room).vlans["p1"] == 100
    await room.unbind_port(ADMIN, port.id)
    await room.wait_until_unplugged((a_link("p1"),), SOON)
    assert fake_of(room).vlans["p1"] == 4094
    assert (await room.get_port(ADMIN, port.id)).status is PortStatus.DOWN
    for _ in range(2):
        await room.delete_port(ADMIN, port.id)


async def test_waiting_for_a_port_that_is_bound_nowhere_fails_at_once(
    room: EmbeddedNetwork, blue: Network
) -> None:
    port = await room.create_port(ADMIN, PortSpec(blue.id))
    with pytest.raises(SwitchFailure, match="Bind it"):
        await room.wait_until_active(port.id, SOON)


async def test_the_second_bind_of_a_switch_port_is_refused_naming_the_first(
    room: EmbeddedNetwork, blue: Network
) -> None:
    first = await a_plugged_port(room, blue, "p1")
    second = await room.create_port(ADMIN, PortSpec(blue.id))
    with pytest.raises(Conflict, match=first.id):
        await room.bind_port(ADMIN, second.id, bound_to("p2", "p1"))
    assert (await room.get_port(ADMIN, second.id)).links == ()
    await room.wait_until_unplugged((a_link("p2"),), SOON)
    assert (await room.wait_until_active(first.id, SOON)).status is PortStatus.ACTIVE


async def test_many_racing_binds_of_one_switch_port_have_one_winner(
    room: EmbeddedNetwork, blue: Network
) -> None:
    ports = [await room.create_port(ADMIN, PortSpec(blue.id)) for _ in range(8)]
    results = await asyncio.gather(
        *(room.bind_port(ADMIN, port.id, bound_to("p1")) for port in ports),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Conflict) for result in results) == 7


async def test_a_cable_to_an_unknown_switch_is_refused_naming_the_known(
    room: EmbeddedNetwork, blue: Network
) -> None:
    port = await room.create_port(ADMIN, PortSpec(blue.id))
    stranger = LocalLink("02:00:00:00:00:99", "p1", "other")
    with pytest.raises(Invalid, match="tor"):
        await room.bind_port(ADMIN, port.id, Binding("node", (stranger,)))


async def test_what_comes_while_a_commit_runs_goes_into_one_next_commit(
    room: EmbeddedNetwork, blue: Network
) -> None:
    fake = fake_of(room)
    fake.may_commit.clear()
    ports = [
        await room.create_port(ADMIN, PortSpec(blue.id, links=(a_link(f"p{i}"),)))
        for i in range(20)
    ]
    fake.may_commit.set()
    await asyncio.gather(*(room.wait_until_active(port.id, SOON) for port in ports))
    assert len(fake.commits) <= 2
    assert sum(map(len, fake.commits)) == 20


async def test_a_refused_port_fails_alone_in_the_switchs_words_and_heals(
    room: EmbeddedNetwork, blue: Network
) -> None:
    fake = fake_of(room)
    fake.refused_ports.add("bad")
    fake.may_commit.clear()
    bad = await room.create_port(ADMIN, PortSpec(blue.id, links=(a_link("bad"),)))
    good = await room.create_port(ADMIN, PortSpec(blue.id, links=(a_link("good"),)))
    fake.may_commit.set()
    await room.wait_until_active(good.id, SOON)
    with pytest.raises(SwitchFailure, match="refused to change port bad"):
        await room.wait_until_active(bad.id, SOON)
    failed = await room.get_port(ADMIN, bad.id)
    assert failed.status is PortStatus.ERROR
    assert "refused" in failed.detail
    fake.refused_ports.clear()

    async def is_active() -> bool:
        return (await room.get_port(ADMIN, bad.id)).status is PortStatus.ACTIVE

    await eventually(is_active)


async def test_a_switch_that_forgets_is_caught_by_reading_back(
    room: EmbeddedNetwork, blue: Network
) -> None:
    fake_of(room).deaf_ports.add("p1")
    port = await room.create_port(ADMIN, PortSpec(blue.id, links=(a_link("p1"),)))
    with pytest.raises(SwitchFailure, match="reads back no access VLAN"):
        await room.wait_until_active(port.id, SOON)


async def test_a_silent_switch_keeps_the_port_in_build_until_it_answers(
    room: EmbeddedNetwork, blue: Network
) -> None:
    fake = fake_of(room)
    fake.unreachable = True
    port = await room.create_port(ADMIN, PortSpec(blue.id, links=(a_link("p1"),)))
    with pytest.raises(SwitchFailure, match="does not answer"):
        await room.wait_until_active(port.id, BRIEF)
    assert (await room.get_port(ADMIN, port.id)).status is PortStatus.BUILD
    fake.unreachable = False
    assert (await room.wait_until_active(port.id, SOON)).status is PortStatus.ACTIVE


async def test_silence_does_not_unplug_what_is_plugged(
    room: EmbeddedNetwork, blue: Network
) -> None:
    port = await a_plugged_port(room, blue, "p1")
    fake_of(room).unreachable = True
    with pytest.raises(SwitchFailure, match="wished for network port"):
        await room.wait_until_unplugged((a_link("p1"),), BRIEF)
    assert (await room.get_port(ADMIN, port.id)).status is PortStatus.ACTIVE


async def test_drift_is_put_back_and_shown(room: EmbeddedNetwork, blue: Network) -> None:
    port = await a_plugged_port(room, blue, "p1")
    fake = fake_of(room)
    fake.vlans["p1"] = 77

    async def is_shown() -> bool:
        return "Drift" in (await room.get_port(ADMIN, port.id)).detail

    await eventually(is_shown)
    shown = await room.wait_until_active(port.id, SOON)
    assert fake.vlans["p1"] == 100
    assert "VLAN 77 instead of VLAN 100" in shown.detail


async def test_drift_of_a_parked_port_is_put_back_too(room: EmbeddedNetwork, blue: Network) -> None:
    port = await a_plugged_port(room, blue, "p1")
    await room.delete_port(ADMIN, port.id)
    await room.wait_until_unplugged((a_link("p1"),), SOON)
    fake = fake_of(room)
    fake.vlans["p1"] = 100

    async def is_back() -> bool:
        return fake.vlans["p1"] == 4094

    await eventually(is_back)


async def test_moving_a_port_releases_the_cable_it_leaves(
    room: EmbeddedNetwork, blue: Network
) -> None:
    port = await a_plugged_port(room, blue, "p1")
    await room.bind_port(ADMIN, port.id, bound_to("p1", "p2"))
    await room.wait_until_active(port.id, SOON)
    await room.bind_port(ADMIN, port.id, bound_to("p2"))
    await room.wait_until_unplugged((a_link("p1"),), SOON)
    assert fake_of(room).vlans == {"p1": 4094, "p2": 100}


async def test_a_wait_sees_what_another_process_wrote(
    room: EmbeddedNetwork, blue: Network, database: Database, tmp_path: Path
) -> None:
    elsewhere = EmbeddedNetwork(database, MemoryBus(), SETTINGS, tmp_path)
    port = await elsewhere.create_port(ADMIN, PortSpec(blue.id, links=(a_link("p1"),)))
    assert (await elsewhere.wait_until_active(port.id, SOON)).status is PortStatus.ACTIVE


async def test_wishes_survive_a_restart(database: Database, tmp_path: Path) -> None:
    before = EmbeddedNetwork(database, MemoryBus(), SETTINGS, tmp_path)
    network = await a_network(before, "blue", 100)
    port = await before.create_port(ADMIN, PortSpec(network.id, links=(a_link("p1"),)))
    async with a_room(database, SETTINGS, tmp_path) as after:
        await after.wait_until_active(port.id, SOON)
        assert fake_of(after).vlans["p1"] == 100
