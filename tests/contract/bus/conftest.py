"""Both buses, each as two parties: for the one in process these are the same object."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from tests.rabbitmq import Broker, shared_broker

from bessemer.bus.bus import Bus
from bessemer.bus.memory import MemoryBus
from bessemer.bus.rabbitmq import RabbitBus


@dataclass(frozen=True)
class Parties:
    """Who asks, and who answers."""

    here: Bus
    there: Bus


@pytest.fixture(scope="session")
def broker(tmp_path_factory) -> Iterator[Broker]:
    """The session's own RabbitMQ."""
    with shared_broker(tmp_path_factory) as running:
        yield running


@pytest.fixture(params=["memory", "rabbitmq"])
async def parties(request) -> AsyncIterator[Parties]:
    """Started, and closed afterwards."""
    if request.param == "memory":
        bus = MemoryBus()
        both = Parties(bus, bus)
    else:
        url = request.getfixturevalue("broker").url
        both = Parties(RabbitBus(url), RabbitBus(url))
    for bus in {both.here, both.there}:
        await bus.start()
    yield both
    for bus in {both.here, both.there}:
        await bus.close()
