"""Sensors: read round by round by each node's conductor; the last readings are kept for who asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from sqlalchemy import ColumnElement

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.sensors import SensorReport, of_types
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.operations.at_hardware import in_time
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.own_nodes import PAGE, free_ones, own_uuids
from bessemer.baremetal.operations.pacing import Pace, each
from bessemer.baremetal.sensor_settings import SensorDataSettings
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store.blobs import Blob
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import BessemerError, NotFound

log = structlog.get_logger()

LONGEST_PAUSE: Final = 32
"""Rounds in which a BMC is left alone at most that fails again and again."""


@dataclass(slots=True)
class SensorRounds:
    """One round reads every node of this conductor that nobody holds and that is not in maintenance.

    A BMC that fails is left alone for one round, then for three, seven … after each further failure.
    A restart begins to count anew.
    """

    desk: Desk
    settings: SensorDataSettings
    _round: int = 0
    _failures: dict[str, int] = field(default_factory=dict)
    _due: dict[str, int] = field(default_factory=dict)
    """The round in which a node is read next; none: at once."""

    async def round(self) -> None:
        """Read each node once, those first that waited longest; ends after `wait_timeout`."""
        self._round += 1
        conditions = self._conditions()
        present = await own_uuids(self.desk, conditions)
        self._failures = {uuid: self._failures.get(uuid, 0) for uuid in present}
        self._due = {uuid: self._due.get(uuid, 0) for uuid in present}
        due = sorted(
            (uuid for uuid in present if self._due[uuid] <= self._round), key=self._due.__getitem__
        )
        pace = Pace(self.settings.workers, self.desk.settings.power_sync_per_second)
        try:
            async with asyncio.timeout(self.settings.wait_timeout.total_seconds()):
                await each(free_ones(self.desk, due, conditions), self._read, pace)
        except TimeoutError:
            left = sum(self._due[uuid] <= self._round for uuid in due)
            log.warning(
                "sensors.round_too_long",
                nodes_left_out=left,
                remedy="raise baremetal.sensor_data.workers or wait_timeout",
            )

    def _conditions(self) -> tuple[ColumnElement[bool], ...]:
        known = (nodes.c.maintenance.is_(False), nodes.c.provision_state != State.ENROLL)
        if self.settings.enable_for_undeployed_nodes:
            return known
        return (*known, nodes.c.instance_uuid.is_not(None))

    async def _read(self, node: Node) -> None:
        try:
            await self._keep(node)
        except Unsupported:
            self._succeeded(node)
        except BessemerError as error:
            await self._failed(node, error.message)
        except Exception as error:
            # One odd machine must not keep the others from being read.
            log.exception("sensors.broke_off", node=node.uuid)
            await self._failed(
                node, f"a fault of Bessemer itself ({type(error).__name__}: {error})"
            )

    async def _keep(self, node: Node) -> None:
        management = self.desk.registry.interfaces_of(node).management
        async with in_time(self.desk, node, "reading its sensors"):
            readings = await management.get_sensors_data(node)
        kept = SensorReport(of_types(readings, self.settings.data_types), now())
        await keep_report(self.desk.shelves, node.uuid, kept)
        self._succeeded(node)

    def _succeeded(self, node: Node) -> None:
        self._failures[node.uuid] = 0
        self._due[node.uuid] = self._round + 1

    async def _failed(self, node: Node, why: str) -> None:
        count = self._failures[node.uuid] = self._failures[node.uuid] + 1
        self._due[node.uuid] = self._round + min(2**count, LONGEST_PAUSE)
        log.warning("sensors.failed", node=node.uuid, times_in_a_row=count, why=why)
        before = await last_report(self.desk.shelves, node.uuid) or SensorReport()
        await keep_report(self.desk.shelves, node.uuid, before.failed(why, now()))


async def keep_report(shelves: Shelves, node_uuid: str, report: SensorReport) -> None:
    """Instead of the one before; nothing happens when the node is gone."""
    content = msgspec.json.encode(report).decode()
    with suppress(NotFound):
        async with shelves.database.write() as connection:
            await shelves.nodes.get(connection, node_uuid)
            await blobs.put(connection, node_uuid, Blob.SENSORS, content)


async def last_report(shelves: Shelves, node_uuid: str) -> SensorReport | None:
    """None when its sensors were never read."""
    async with shelves.database.read() as connection:
        content = await blobs.find(connection, node_uuid, Blob.SENSORS)
    return _report(content) if content is not None else None


async def last_reports(shelves: Shelves) -> AsyncIterator[tuple[str, str | None, SensorReport]]:
    """Of all nodes that have one: uuid, name, report; read page by page."""
    after = ""
    while True:
        async with shelves.database.read() as connection:
            page = await blobs.of_kind(connection, Blob.SENSORS, after, PAGE)
        for uuid, name, content in page:
            yield uuid, name, _report(content)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _report(content: str) -> SensorReport:
    return msgspec.json.decode(content, type=SensorReport)
