"""One populated world per module; every test leaves it as it was."""

import pytest_asyncio
from tests.api.baremetal.world import a_world
from tests.api.hostile.untouched import settled


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory):
    async with a_world(tmp_path_factory.mktemp("hostile")) as made:
        await settled(made)
        yield made
