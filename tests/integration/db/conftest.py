"""A PostgreSQL of one's own, which a test may stop."""

import pytest
from tests.postgresql_server import PostgreSQL

from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade


@pytest.fixture(scope="module")
def server():
    made = PostgreSQL.made()
    made.stop_after_session()
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def database(server):
    opened = open_database(server.url("postgres"))
    await upgrade(opened)
    yield opened
    await opened.close()
