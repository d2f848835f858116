"""Fixtures: a real database, and a real switch in a namespace of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.integration.network.real_switch import RealSwitch, own_namespace, why_not

from bessemer.db.engine import Database, open_database
from bessemer.db.upgrade import upgrade


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/bessemer.db")
    await upgrade(opened)
    yield opened
    await opened.close()


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
