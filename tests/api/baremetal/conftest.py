"""One fresh cloud per test; one populated world per module for tests that leave it as it was."""

import pytest
import pytest_asyncio
from tests.api.baremetal.cloud import a_cloud
from tests.api.baremetal.world import a_world


@pytest.fixture
async def cloud(tmp_path):
    async with a_cloud(tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory, database_kind):
    async with a_world(tmp_path_factory.mktemp("world")) as made:
        yield made
