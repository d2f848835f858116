"""One fresh cloud per test; `tenancy` has an owner, a lessee and a stranger in it."""

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.api.security.personas import a_tenancy


@pytest.fixture
async def tenancy(tmp_path):
    async with a_tenancy(tmp_path) as made:
        yield made


@pytest.fixture
async def cloud(tmp_path):
    async with a_cloud(tmp_path) as made:
        yield made
