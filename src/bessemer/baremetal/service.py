"""The bare metal room put together: what other rooms call, and the conductor behind it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bessemer.baremetal.conductor.conductor import SWEEP_INTERVAL, Conductor, Identity
from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.nics import VifWish
from bessemer.baremetal.domain.node import Node, PowerTarget
from bessemer.baremetal.domain.provision.work import Work
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.operations import at_conductor, provision, set_power, vifs
from bessemer.baremetal.operations.allocations import WANTED, Allocator
from bessemer.baremetal.operations.console import SWITCHED, ConsoleKeeper
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.discover import check_discovery
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.operations.orphans import fail_orphans
from bessemer.baremetal.operations.sensors import SensorRounds
from bessemer.baremetal.operations.sync_power import PowerSync
from bessemer.baremetal.public import (
    NODE_CHANGED,
    BondView,
    JournalEntry,
    NodeTaken,
    NodeView,
    Progress,
    Validation,
)
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import blobs, journal
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import KEY_FILE, SecretBox
from bessemer.baremetal.store.work import Due
from bessemer.bus.bus import Bus
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.db.known_keys import check_known_key
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import Json, JsonObject

LOST_ORDERS_SOUGHT_EVERY: Final = timedelta(minutes=1)
ORPHANS_SOUGHT_EVERY: Final = timedelta(minutes=1)
CONSOLES_CHECKED_EVERY: Final = timedelta(minutes=1)
CONDUCTORS_FORGOTTEN_EVERY: Final = timedelta(days=1)


class EmbeddedBareMetal:
    """Implements `public.BareMetalService` in process.

    `hostname` names the conductor that it becomes with `start`; leases name it.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        registry: Registry,
        settings: BareMetalSettings,
        state_directory: Path,
        hostname: str,
    ) -> None:
        identity = Identity(hostname, str(uuid.uuid4()))
        self._key_file = settings.secret_key_file or state_directory / KEY_FILE
        shelves = Shelves(database, NodeStore(SecretBox.from_file(self._key_file)))
        flows = Flows(settings)
        self._bus = bus
        self._settings = settings
        self.desk = Desk(shelves, registry, flows, bus, hostname, settings)
        engine = Engine(
            shelves=shelves,
            registry=registry,
            owner=identity.owner,
            lease_duration=settings.lease_duration,
            next_work=flows.after,
            changed=self._announce,
            nudge=self._wake,
            step_timeout=settings.step_timeout,
            limits=flows.limits,
            not_in_maintenance=flows.not_in_maintenance,
        )
        self.conductor = Conductor(engine, bus, identity, settings)
        self._consoles = ConsoleKeeper(self.desk)
        self._subscriptions: list[Callable[[], None]] = []
        self._end_serving: Callable[[], Awaitable[None]] | None = None

    async def prepare(self) -> None:
        """Raises ConfigurationError for an auto-discovery that cannot be, or another sealing key."""
        check_discovery(self.desk)
        await check_known_key(self.desk.shelves.database, KEY_FILE, self._key_file)

    async def start(self) -> None:
        """Be a conductor: answer requests, and take up whatever work there is.

        Without it, what others do through this room is carried out by conductors elsewhere.
        """
        self._end_serving = await at_conductor.serve(self.desk)
        await self.conductor.start()
        await set_power.forget_lost_orders(self.desk)
        self.conductor.every(LOST_ORDERS_SOUGHT_EVERY, self._forget_lost_orders)
        await fail_orphans(self.desk)
        self.conductor.every(ORPHANS_SOUGHT_EVERY, partial(fail_orphans, self.desk))
        allocator = Allocator(self.desk)
        self._subscriptions = [
            self._bus.subscribe(WANTED, allocator.on_wanted),
            self._bus.subscribe(NODE_CHANGED, self._consoles.on_change),
            self._bus.subscribe(SWITCHED, self._consoles.on_switched),
        ]
        self.conductor.every(SWEEP_INTERVAL, allocator.round)
        sync = PowerSync(self.desk)
        self.conductor.every(self._settings.sync_power_state_interval, sync.round)
        self.conductor.every(self._settings.power_failure_recovery_interval, sync.recover)
        sensors = self._settings.sensor_data
        if sensors.send_sensor_data:
            self.conductor.every(sensors.interval, SensorRounds(self.desk, sensors).round)
        await self.conductor.forget_silent()
        self.conductor.every(CONDUCTORS_FORGOTTEN_EVERY, self.conductor.forget_silent)
        await self._consoles.round()
        self.conductor.every(CONSOLES_CHECKED_EVERY, self._consoles.round)

    async def stop(self) -> None:
        """End in good order: what is in hand may go on for `graceful_shutdown_timeout`."""
        for unsubscribe in self._subscriptions:
            unsubscribe()
        if self._end_serving is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    self._settings.graceful_shutdown_timeout.total_seconds()
                ):
                    await self._drain(self._end_serving)
            await self.conductor.stop()
        await self.desk.background.stop()
        await self._consoles.stop()

    async def list_nodes(self, context: RequestContext) -> Sequence[NodeView]:
        async with self.desk.reading() as connection:
            nodes = await self.desk.shelves.nodes.list(connection)
        return [_view(node, None) for node in nodes]

    async def get_node(self, context: RequestContext, ident: str) -> NodeView:
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, ident)
            return _view(node, await work_store.find(connection, node.uuid))

    async def claim(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        async with self.desk.shelves.database.write() as connection:
            taken = await self.desk.shelves.nodes.claim(connection, node_uuid, instance_uuid)
        if not taken:
            raise NodeTaken(f"Node {node_uuid} is not free any more.")
        self._announce(node_uuid)

    async def release(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        async with self.desk.shelves.database.write() as connection:
            node = await self.desk.shelves.nodes.get(connection, node_uuid)
            if node.instance_uuid != instance_uuid:
                return
            free = replace(node, instance_uuid=None, instance_info={}, instance_name=None)
            await self.desk.shelves.nodes.save(connection, free)
        self._announce(node_uuid)

    async def set_instance_info(
        self, context: RequestContext, node_uuid: str, info: JsonObject
    ) -> None:
        async with self.desk.changing(node_uuid) as (connection, node):
            changed = replace(node, instance_info=dict(info))
            await self.desk.shelves.nodes.save(connection, changed.named_by_instance_info())

    async def validate(self, context: RequestContext, node_uuid: str) -> Mapping[str, Validation]:
        return await provision.validate(self.desk, node_uuid)

    async def attach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> str:
        return await vifs.attach(self.desk, context, node_uuid, VifWish(vif_id))

    async def detach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> None:
        if vif_id in await vifs.list_vifs(self.desk, node_uuid):
            await vifs.detach(self.desk, context, node_uuid, vif_id)

    async def list_bonds(self, context: RequestContext, node_uuid: str) -> Sequence[BondView]:
        return await vifs.list_bonds(self.desk, node_uuid)

    async def provision(
        self, context: RequestContext, node_uuid: str, target: str, *, configdrive: Json = None
    ) -> None:
        request = provision.ProvisionRequest(target, configdrive)
        await provision.provision(self.desk, context, node_uuid, request)

    async def set_power(self, context: RequestContext, node_uuid: str, target: str) -> None:
        try:
            wanted = PowerTarget(target)
        except ValueError:
            raise Invalid(f"Invalid power target {target!r}.") from None
        await set_power.order(self.desk, node_uuid, wanted)

    async def journal(self, context: RequestContext, node_uuid: str) -> Sequence[JournalEntry]:
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, node_uuid)
            return await journal.of_node(connection, node.uuid)

    async def find_node(self, mac_or_uuid: str) -> Node | None:
        """The node of a NIC's MAC (lower case, colons), or of a uuid."""
        async with self.desk.reading() as connection:
            if ":" in mac_or_uuid:
                return await self.desk.shelves.nodes.find_by_macs(connection, [mac_or_uuid])
            try:
                return await self.desk.shelves.nodes.get(connection, mac_or_uuid)
            except NotFound:
                return None

    async def find_kickstart(self, node_uuid: str) -> str | None:
        """What the node's installer is to do, if there is one."""
        async with self.desk.reading() as connection:
            sealed = await blobs.find(connection, node_uuid, Blob.KICKSTART)
        return self.desk.shelves.nodes.box.open_whole(sealed) if sealed is not None else None

    async def _drain(self, end_serving: Callable[[], Awaitable[None]]) -> None:
        """No new work; what is in hand comes to its end: requests, power orders, steps."""
        await asyncio.gather(end_serving(), self.conductor.drain())
        await self.desk.background.idle()

    async def _forget_lost_orders(self) -> None:
        await set_power.forget_lost_orders(self.desk)

    def _wake(self, due: Due) -> None:
        self.desk.background.start(self.desk.wake(due))

    def _announce(self, node_uuid: str) -> None:
        self.desk.background.start(self._bus.publish(NODE_CHANGED, {"node_uuid": node_uuid}))


def _view(node: Node, work: Work | None) -> NodeView:
    progress = None
    if work is not None and work.progress_total:
        progress = Progress(work.progress_done, work.progress_total)
    return NodeView(
        uuid=node.uuid,
        name=node.name,
        provision_state=node.provision_state,
        target_provision_state=node.target_provision_state,
        power_state=node.power_state,
        maintenance=node.maintenance,
        instance_uuid=node.instance_uuid,
        resource_class=node.resource_class,
        traits=node.traits,
        properties=node.properties,
        last_error=node.last_error,
        step=str(work.step) if work is not None and work.step is not None else None,
        progress=progress,
        extra=node.extra,
        retired=node.retired,
    )
