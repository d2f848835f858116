"""Fixtures of the image API's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.image.room import Room, a_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_room(tmp_path) as room:
        yield room
