"""`bessemer node unlock`: frees a node, fences its holder off, loses no work, and is written down."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_room import a_room
from tests.databases import url_of

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.domain.lease import LeaseLost, Span
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.operations.unlock import HolderAlive, Unlocking, unlock
from bessemer.baremetal.store import conductors, history, leases
from bessemer.clock import now
from bessemer.context import admin_context

BESSEMER = Path(sys.executable).with_name("bessemer")
LONG = timedelta(hours=1)
STUCK = "gone-host:1"


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


def by_hand(*, forced=False):
    return Unlocking("root", "admin-host", forced, timedelta(seconds=60))


async def held(room, node, owner=STUCK):
    async with room.database.write() as connection:
        return await leases.take(connection, node.uuid, owner, "provisioning", Span(now(), LONG))


async def test_work_goes_on_after_the_lock_of_a_lost_worker_was_broken(room):
    node = await room.a_node(State.AVAILABLE, instance_info={"image_source": "http://i/x"})
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("active"))
    lease = await held(room, node)
    await worker.work_on(room.engine(), node.uuid)
    async with room.database.read() as connection:
        assert (await room.nodes.get(connection, node.uuid)).provision_state is State.DEPLOYING

    broken = await unlock(room.desk.shelves, node.name, by_hand())

    assert broken is not None
    assert broken.owner == STUCK
    assert (await room.run_to_rest(node.uuid)).provision_state is State.ACTIVE
    with pytest.raises(LeaseLost):
        async with room.database.write() as connection:
            await leases.check(connection, lease)
    async with room.database.read() as connection:
        (entry,) = await history.of_node(connection, node.uuid)
    assert entry.severity == "INFO"
    assert entry.event.startswith(f"root broke the lock that {STUCK} held for provisioning since")


async def test_the_lock_of_a_living_conductor_is_broken_only_by_force(room):
    node = await room.a_node()
    async with room.database.write() as connection:
        await conductors.register(connection, "busy-host", "", ["fake-hardware"], "7")
    await held(room, node, "busy-host:7")
    with pytest.raises(HolderAlive, match="--force"):
        await unlock(room.desk.shelves, node.uuid, by_hand())
    assert await unlock(room.desk.shelves, node.uuid, by_hand(forced=True)) is not None


async def test_a_node_that_nobody_holds_is_left_as_it_is(room):
    node = await room.a_node()
    assert await unlock(room.desk.shelves, node.uuid, by_hand()) is None
    async with room.database.read() as connection:
        assert await history.of_node(connection, node.uuid) == []


async def command(tmp_path, url, ident):
    """Exit status and everything written."""
    (tmp_path / "cloud.toml").write_text(
        f'[server]\nstate_directory = "{tmp_path}"\n[database]\nurl = "{url}"\n'
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [BESSEMER, "node", "unlock", "--config", tmp_path / "cloud.toml", ident],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


async def test_the_command_says_whose_lock_it_broke(room, tmp_path):
    node = await room.a_node()
    await held(room, node)
    status, words = await command(tmp_path, url_of(room.database), node.name)
    assert (status, words) == (0, f"Node {node.name} is free. {STUCK} held it for provisioning.\n")
    status, words = await command(tmp_path, url_of(room.database), node.name)
    assert (status, words) == (0, f"Nobody holds node {node.name}; nothing was changed.\n")


async def test_the_command_refuses_what_it_does_not_find(room, tmp_path):
    status, words = await command(tmp_path, url_of(room.database), "no-such-node")
    assert status == 2
    assert words == "Node no-such-node could not be found.\n"


async def test_the_command_refuses_a_database_without_nodes(tmp_path):
    status, words = await command(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/empty.db", "n1")
    assert status == 2
    assert words.startswith("database.url: cannot find nodes there")
    assert "Traceback" not in words
