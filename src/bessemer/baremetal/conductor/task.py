"""One step at work on one node: what the step sees, and its fenced ways of changing things."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.domain.lease import Lease, LeaseLost
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.work import Work
from bessemer.baremetal.domain.volume import Volumes, VolumeTarget
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.store import (
    bios_settings,
    blobs,
    firmware_components,
    leases,
    portgroups,
    volume,
)
from bessemer.baremetal.store import inspection_rules as rule_store
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.context import RequestContext, admin_context
from bessemer.db.engine import Database


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where a task keeps things."""

    database: Database
    nodes: NodeStore

    def __post_init__(self) -> None:
        self.nodes.box.attach(self.database)


class NodeTask:
    """`interfaces.task.Task` on the database, under a lease."""

    def __init__(
        self,
        shelves: Shelves,
        lease: Lease,
        interfaces: NodeInterfaces,
        state: tuple[Node, tuple[Port, ...], Work],
    ) -> None:
        self._shelves = shelves
        self._lease = lease
        self._interfaces = interfaces
        self._node, self._ports, self._work = state

    @property
    def node(self) -> Node:
        return self._node

    @property
    def ports(self) -> tuple[Port, ...]:
        return self._ports

    @property
    def work(self) -> Work:
        return self._work

    @property
    def context(self) -> RequestContext:
        return admin_context(self._work.request_id)

    @property
    def interfaces(self) -> NodeInterfaces:
        return self._interfaces

    async def note(self, **memo: Any) -> None:
        self._work = replace(self._work, memo={**self._work.memo, **memo})
        async with self._fenced() as connection:
            await work_store.note(connection, self._node.uuid, self._work.memo)

    async def progress(self, done: int, total: int) -> None:
        self._work = replace(self._work, progress_done=done, progress_total=total)
        async with self._fenced() as connection:
            await work_store.show_progress(connection, self._node.uuid, done, total)

    async def save(self, node: Node) -> None:
        async with self._fenced() as connection:
            await self._shelves.nodes.save(connection, node, self._node)
        self._node = node

    async def saw_power(self, state: Power) -> None:
        await self._saw(power_state=state)

    async def saw_boot_modes(self, boot_mode: str | None, secure_boot: bool | None) -> None:
        await self._saw(boot_mode=boot_mode, secure_boot=secure_boot)

    async def save_port(self, port: Port) -> None:
        async with self._fenced() as connection:
            await port_store.save(connection, port)
            self._ports = await port_store.of_node(connection, self._node.uuid)

    async def portgroups(self) -> tuple[Portgroup, ...]:
        async with self._shelves.database.read() as connection:
            return await portgroups.of_node(connection, self._node.uuid)

    async def save_portgroup(self, group: Portgroup) -> None:
        async with self._fenced() as connection:
            await portgroups.keep(connection, group)
            self._ports = await port_store.of_node(connection, self._node.uuid)

    async def volumes(self) -> Volumes:
        async with self._shelves.database.read() as connection:
            return await volume.of_node(connection, self._node.uuid)

    async def save_volume_target(self, target: VolumeTarget) -> None:
        async with self._fenced() as connection:
            await volume.TARGETS.save(connection, target)

    async def save_inventory(
        self, inventory: Mapping[str, Any], plugin_data: Mapping[str, Any]
    ) -> None:
        content = json.dumps({"inventory": inventory, "plugin_data": plugin_data})
        async with self._fenced() as connection:
            await blobs.put(connection, self._node.uuid, Blob.INVENTORY, content)

    async def save_bios_settings(self, settings: Sequence[BiosSetting]) -> None:
        async with self._fenced() as connection:
            await bios_settings.replace_all(connection, self._node.uuid, settings)

    async def save_firmware_components(self, components: Sequence[FirmwareComponent]) -> None:
        async with self._fenced() as connection:
            await firmware_components.replace_all(connection, self._node.uuid, components)

    async def inspection_data(self) -> Mapping[str, Any] | None:
        async with self._shelves.database.read() as connection:
            content = await blobs.find(connection, self._node.uuid, Blob.INSPECTION)
        if content is None:
            return None
        data: Mapping[str, Any] = json.loads(content)
        return data

    async def inspection_rules(self, phase: str) -> Sequence[InspectionRule]:
        async with self._shelves.database.read() as connection:
            return await rule_store.of_phase(connection, phase)

    async def config_drive(self) -> str | None:
        async with self._shelves.database.read() as connection:
            return await blobs.find(connection, self._node.uuid, Blob.CONFIG_DRIVE)

    async def save_kickstart(self, text: str | None) -> None:
        async with self._fenced() as connection:
            if text is None:
                await blobs.drop(connection, self._node.uuid, Blob.KICKSTART)
            else:
                sealed = self._shelves.nodes.box.seal_whole(text)
                await blobs.put(connection, self._node.uuid, Blob.KICKSTART, sealed)

    async def permit_destruction(self) -> None:
        async with self._shelves.database.write() as connection:
            node = await self._shelves.nodes.held(connection, self._lease)
            if node.intent != self._work.intent:
                raise LeaseLost(
                    f"Node {node.uuid} has been given another intent since this work began."
                )

    async def _saw(self, **states: Any) -> None:
        async with self._shelves.database.write() as connection:
            present = await self._shelves.nodes.held(connection, self._lease)
            await self._shelves.nodes.update(connection, present, replace(present, **states))
        self._node = replace(self._node, **states)

    @asynccontextmanager
    async def _fenced(self) -> AsyncIterator[AsyncConnection]:
        async with self._shelves.database.write() as connection:
            await leases.check(connection, self._lease)
            yield connection
