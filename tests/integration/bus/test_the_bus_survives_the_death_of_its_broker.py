"""kill -9 of RabbitMQ: what is in flight fails in words, and all flows again once it is back."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.rabbitmq import Broker

from bessemer.bus.bus import NoAnswer, NobodyListens
from bessemer.bus.rabbitmq import RabbitBus
from bessemer.errors import ConfigurationError

LONG = timedelta(seconds=120)
ADDRESS = "baremetal.conductor.host-1"


@pytest.fixture
def broker(tmp_path) -> Broker:
    """One of this test's own, not yet started."""
    return Broker.prepare(tmp_path / "rabbitmq")


async def test_the_bus_recovers_by_itself(broker):
    running = broker.started()
    here, there = RabbitBus(running.url), RabbitBus(running.url)
    begun, arrived = asyncio.Event(), asyncio.Event()

    async def answer(message):
        if message.get("wait"):
            begun.set()
            await asyncio.Event().wait()
        return "here"

    async def on_nudge(_message):
        arrived.set()

    try:
        await here.start()
        await there.start()
        there.subscribe("topic", on_nudge)
        await there.serve(ADDRESS, answer)
        asked = asyncio.create_task(here.request(ADDRESS, {"wait": True}, LONG))
        await begun.wait()
        running.kill()
        with pytest.raises(NoAnswer, match="connection to the message bus broke"):
            await asyncio.wait_for(asked, 60)
        await here.publish("topic", {})
        with pytest.raises(NobodyListens, match=r"bus\.url"):
            await here.check()
        with pytest.raises(NobodyListens, match=r"bus\.url"):
            await here.request(ADDRESS, {}, LONG)
        running = await asyncio.to_thread(broker.started)
        assert await _asked_until_answered(here) == "here"
        async with asyncio.timeout(60):
            while not arrived.is_set():
                await here.publish("topic", {})
                await asyncio.wait([asyncio.create_task(arrived.wait())], timeout=0.05)
    finally:
        await here.close()
        await there.close()
        running.kill()


async def _asked_until_answered(bus: RabbitBus) -> object:
    async with asyncio.timeout(120):
        while True:
            try:
                return await bus.request(ADDRESS, {}, LONG)
            except (NobodyListens, NoAnswer):
                await asyncio.sleep(0.1)


async def test_who_asks_learns_soon_that_the_other_side_is_gone(broker):
    running = await asyncio.to_thread(broker.started)
    here, there = RabbitBus(running.url), RabbitBus(running.url)
    begun = asyncio.Event()

    async def never(_message):
        begun.set()
        await asyncio.Event().wait()

    try:
        await here.start()
        await there.start()
        await there.serve(ADDRESS, never)
        asked = asyncio.create_task(here.request(ADDRESS, {}, LONG))
        await begun.wait()
        await there.close()
        with pytest.raises(NoAnswer, match=f"{ADDRESS} went away"):
            await asyncio.wait_for(asked, 90)
    finally:
        await here.close()
        running.kill()


async def test_a_broker_that_is_not_there_is_named_without_the_password(broker):
    bus = RabbitBus(f"amqp://bessemer:hunter2@127.0.0.1:{broker.port}/")
    with capture_logs() as logs, pytest.raises(ConfigurationError, match=r"bus\.url") as caught:
        await bus.start()
    assert "hunter2" not in caught.value.message + repr(caught.value.__cause__) + repr(logs)


async def test_a_broker_that_refuses_the_password_is_named_without_it(broker):
    running = await asyncio.to_thread(broker.started)
    try:
        bus = RabbitBus(running.url.replace("guest:guest", "guest:hunter2"))
        with pytest.raises(ConfigurationError, match=r"bus\.url") as caught:
            await bus.start()
        assert "hunter2" not in caught.value.message
    finally:
        running.kill()
