"""The rows of the whole bare metal API, for tests that go through all of them."""

import re
from typing import Any, Final

from tests.baremetal_task import MemoryMachines

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import FieldTable
from bessemer.baremetal.api.operators import endpoints
from bessemer.baremetal.api.ramdisk import RamdiskApi
from bessemer.baremetal.drivers.catalogue import fake_registry
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.bus.memory import MemoryBus


def _desk() -> Desk:
    """A desk without a database: rows are only read here, their handlers never called."""
    settings = BareMetalSettings()
    no_database: Any = None
    hardware = fake_registry(settings, MemoryMachines())
    return Desk(no_database, hardware, Flows(settings), MemoryBus(), "host-1", settings)


OPERATORS: Final[tuple[Endpoint, ...]] = endpoints(_desk(), object())
RAMDISK: Final[tuple[Endpoint, ...]] = RamdiskApi(_desk()).endpoints()


def ident(row: Endpoint) -> str:
    """`GET /nodes/{ident}/states`: a row's name in test reports."""
    return f"{row.method} {row.path}"


def in_reference(row: Endpoint) -> str:
    """The same, with parameters named as the reference names them."""
    path = re.sub(r"\{\w+\}", "{ident}", row.path, count=1)
    head, _, tail = path.partition("{ident}")
    return f"{row.method} {head}{'{ident}' if '{ident}' in path else ''}{_unnamed(tail)}"


def _unnamed(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def tables() -> dict[str, FieldTable[Any]]:
    """Every table of fields, by its noun."""
    return {row.table.noun: row.table for row in OPERATORS if row.table is not None}


def introduced(noun: str) -> int:
    """The minor version since which objects of this kind are served at all."""
    return min(row.since for row in OPERATORS if row.table and row.table.noun == noun)
