"""`bessemer node`: what an operator does to nodes with the database at hand, past the API."""

import asyncio
import getpass
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DatabaseError

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.lease import Holder
from bessemer.baremetal.domain.sensors import READING, SensorReport
from bessemer.baremetal.operations.sensors import last_report
from bessemer.baremetal.operations.unlock import Unlocking, unlock
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import KEY_FILE, SecretBox
from bessemer.db.engine import open_database
from bessemer.errors import ConfigurationError
from bessemer.settings import Settings

_Found = TypeVar("_Found")


def unlock_node(settings: Settings, ident: str, *, forced: bool) -> Holder | None:
    """Break the node's lock; who held it, None when nobody did.

    Raises NotFound, HolderAlive, ConfigurationError.
    """
    how = Unlocking(
        operator=getpass.getuser(),
        hostname=socket.gethostname(),
        forced=forced,
        alive_within=settings.baremetal.conductor_heartbeat_timeout,
    )
    return _with_nodes(settings, lambda shelves: unlock(shelves, ident, how))


def sensors_of_node(settings: Settings, ident: str) -> tuple[str, SensorReport | None]:
    """The node's uuid, and what its sensors said last; None when they were never read.

    Raises NotFound, ConfigurationError.
    """

    async def find(shelves: Shelves) -> tuple[str, SensorReport | None]:
        async with shelves.database.read() as connection:
            node = await shelves.nodes.get(connection, ident)
        return node.uuid, await last_report(shelves, node.uuid)

    return _with_nodes(settings, find)


def describe_sensors(ident: str, report: SensorReport | None) -> Iterator[str]:
    """In lines: each sensor with what it says and whether that is well, and how old this is."""
    if report is None:
        yield (
            f"The sensors of node {ident} were never read. Conductors read them when "
            "baremetal.sensor_data.send_sensor_data is on; without enable_for_undeployed_nodes, only "
            "of nodes that carry an instance."
        )
        return
    if report.failure is not None:
        yield f"The last attempt, at {_moment(report.failed_at)}, failed: {report.failure}"
    if report.read_at is None:
        return
    yield f"Read at {_moment(report.read_at)}:"
    for kind, sensors in report.readings.items():
        for sensor, said in sensors.items():
            state = said.get("Status") or said.get("States Asserted") or ""
            yield f"  {kind:<24} {sensor:<32} {said.get(READING, '')!s:<28} {state}".rstrip()


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "?"


def _with_nodes(settings: Settings, act: Callable[[Shelves], Awaitable[_Found]]) -> _Found:
    own = settings.server.state_directory / KEY_FILE
    box = SecretBox.from_file(settings.baremetal.secret_key_file or own)

    async def run() -> _Found:
        database = open_database(settings.database_url)
        try:
            return await act(Shelves(database, NodeStore(box)))
        except (DatabaseError, OSError) as error:
            why = error.orig if isinstance(error, DatabaseError) else error
            raise ConfigurationError(
                f"database.url: cannot find nodes there: {why}. Name the cloud's own settings with "
                "--config."
            ) from error
        finally:
            await database.close()

    return asyncio.run(run())
