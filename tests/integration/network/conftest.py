"""Fixtures: a real database, and a real switch in a namespace of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.databases import a_database
from tests.integration.network.real_switch import RealSwitch, own_namespace, why_not

from bessemer.db.engine import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[RealSwitch]:
    if why_not():
        pytest.skip(str(why_not()))
    with own_namespace():
        folder = tmp_path / "switch"
        folder.mkdir()
        real = RealSwitch(folder)
        real.start()
        yield real
        real.stop()
