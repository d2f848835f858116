"""A bare metal room on a real database with fake hardware: for tests of the engine and the verbs."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.databases import a_database

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.catalogue import fake_registry
from bessemer.baremetal.drivers.fake.machine import Machines
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import conductors, journal, leases
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.work import Due
from bessemer.bus.memory import MemoryBus
from bessemer.clock import now
from bessemer.context import admin_context
from bessemer.db.engine import Database

HOST = "test-host"
LONGEST_PAUSE_S = 0.05
"""Between two looks at a node whose step asked for a pause."""


@dataclass
class Room:
    """Everything of the room but its conductor: tests work on nodes by hand."""

    database: Database
    desk: Desk
    settings: BareMetalSettings

    @property
    def nodes(self) -> NodeStore:
        """The nodes' store."""
        return self.desk.shelves.nodes

    def engine(self, nudge: Callable[[Due], None] = lambda _: None) -> Engine:
        """A worker's engine, of a fresh incarnation."""
        return Engine(
            shelves=self.desk.shelves,
            registry=self.desk.registry,
            owner=f"{HOST}:{uuid.uuid4()}",
            lease_duration=self.settings.lease_duration,
            next_work=self.desk.flows.after,
            changed=lambda _: None,
            nudge=nudge,
            step_timeout=self.settings.step_timeout,
            limits=self.desk.flows.limits,
            not_in_maintenance=self.desk.flows.not_in_maintenance,
        )

    async def a_node(
        self,
        state: State = State.AVAILABLE,
        driver_info: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Node:
        """A fake-hardware node at rest in this state; `more` are further fields of it."""
        ident = str(uuid.uuid4())
        instance = str(uuid.uuid4()) if state in {State.ACTIVE, State.RESCUE} else None
        node = Node(
            uuid=ident,
            driver="fake-hardware",
            provision_state=state,
            driver_info=driver_info or {},
            **{"name": f"node-{ident[:8]}", "instance_uuid": instance, **more},
        )
        async with self.database.write() as connection:
            made = await self.nodes.add(connection, node)
            await leases.prepare(connection, ident)
        return made

    async def do(self, node: Node, verb: str, **more: Any) -> Node:
        """Ask for a verb, and work until the node is at rest."""
        await provision(self.desk, admin_context(), node.uuid, ProvisionRequest(verb, **more))
        return await self.run_to_rest(node.uuid)

    async def steps_done(self, node: Node) -> list[str]:
        """Every step that was begun on it, oldest first: `interface.step`."""
        async with self.database.read() as connection:
            entries = await journal.of_node(connection, node.uuid)
        return [f"{entry.interface}.{entry.step}" for entry in entries]

    async def run_to_rest(
        self, node_uuid: str, nudge: Callable[[Due], None] = lambda _: None
    ) -> Node:
        """Work on the node, again and again, until nothing is left to do."""
        for _ in range(5000):
            async with self.database.read() as connection:
                if await work_store.find(connection, node_uuid) is None:
                    return await self.nodes.get(connection, node_uuid)
            due = await worker.work_on(self.engine(nudge), node_uuid)
            pause = (due - now()).total_seconds() if due is not None else 0
            await asyncio.sleep(min(max(pause, 0), LONGEST_PAUSE_S))
        raise AssertionError("the work does not come to an end")

    async def forget_leases(self) -> None:
        """What a conductor does at its start for its dead former self."""
        async with self.database.write() as connection:
            await leases.release_all(connection, f"{HOST}:")


MakeRegistry = Callable[[BareMetalSettings, Machines], Registry]


@asynccontextmanager
async def a_room(
    directory: Path, make_registry: MakeRegistry = fake_registry, **settings_given: Any
) -> AsyncIterator[Room]:
    """A room on the database chosen, with one living conductor registered."""
    settings = BareMetalSettings(**{"agent_poll_interval": timedelta(0), **settings_given})
    async with a_database(directory) as database:
        registry = make_registry(settings, FakeMachines(database))
        shelves = Shelves(database, NodeStore(SecretBox.from_file(directory / "secret.key")))
        desk = Desk(shelves, registry, Flows(settings), MemoryBus(), HOST, settings)
        async with database.write() as connection:
            await conductors.register(connection, HOST, "", list(registry.hardware_types), "1")
        yield Room(database, desk, settings)
