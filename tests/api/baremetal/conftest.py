"""One fresh cloud per test."""

import pytest
from tests.api.baremetal.cloud import a_cloud


@pytest.fixture
async def cloud(tmp_path):
    async with a_cloud(tmp_path) as made:
        yield made
