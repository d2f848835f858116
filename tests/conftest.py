"""Which tests run on which databases; and none fails because the machine is busy."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.databases import CHOICE, KINDS, the_server

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

ON_BOTH = (
    "integration/baremetal/test_allocations_race_for_nodes.py",
    "integration/baremetal/test_ports_move_under_the_locks_of_both_nodes.py",
    "integration/compute/",
    "integration/db/test_both_databases_behave_alike.py",
    "integration/db/test_of_those_who_race_one_wins.py",
    "integration/db/test_the_migrated_schema_is_the_declared_one.py",
    "integration/network/test_switches_are_reconciled.py",
)
"""Folders, and single files, whose tests run on SQLite and on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Module by module, so that what a module keeps up for all its tests is made once per kind."""
    file = metafunc.module.__file__ or ""
    place = Path(file).relative_to(Path(__file__).parent).as_posix()
    if place.startswith(ON_BOTH):
        metafunc.parametrize("database_kind", KINDS, indirect=True, scope="module")


@pytest.fixture(scope="module", autouse=True)
def database_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The kind of database that `tests.databases` gives for as long as this fixture lives."""
    base = tmp_path_factory.getbasetemp()
    CHOICE.shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    CHOICE.kind = getattr(request, "param", "sqlite")
    if CHOICE.kind == "postgresql":
        the_server()
    yield CHOICE.kind
    CHOICE.kind = "sqlite"
