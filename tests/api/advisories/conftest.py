"""One fresh cloud with an owner, a lessee and a stranger per test."""

import pytest
from tests.api.security.personas import a_tenancy


@pytest.fixture
async def tenancy(tmp_path):
    async with a_tenancy(tmp_path) as made:
        yield made
