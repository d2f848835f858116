"""Nudges reach subscribers; requests are answered, refused, or end in time, and never late."""

import asyncio
import uuid
from datetime import timedelta

import pytest

from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.bus.bus import FaultElsewhere, NoAnswer, NobodyListens
from bessemer.errors import Unauthorized

LONG = timedelta(seconds=60)
SHORT = timedelta(seconds=0.3)


def an_address():
    return f"baremetal.conductor.{uuid.uuid4()}"


async def nudge_until(bus, topic, message, arrived):
    """Nudges may be lost: publish again until one is there."""
    async with asyncio.timeout(60):
        while not arrived.is_set():
            await bus.publish(topic, message)
            await asyncio.wait([asyncio.create_task(arrived.wait())], timeout=0.05)


async def test_a_nudge_reaches_every_subscriber(parties):
    topic, got = an_address(), []
    first, second = asyncio.Event(), asyncio.Event()

    async def on_first(message):
        got.append(message)
        first.set()

    async def on_second(_message):
        second.set()

    parties.there.subscribe(topic, on_first)
    parties.here.subscribe(topic, on_second)
    await nudge_until(parties.here, topic, {"node_uuid": "1"}, first)
    await nudge_until(parties.there, topic, {"node_uuid": "1"}, second)
    assert got[0] == {"node_uuid": "1"}


async def test_a_handler_that_fails_disturbs_nobody(parties):
    topic, arrived = an_address(), asyncio.Event()

    async def broken(_message):
        raise ValueError("broken")

    async def whole(_message):
        arrived.set()

    parties.there.subscribe(topic, broken)
    parties.there.subscribe(topic, whole)
    await nudge_until(parties.here, topic, {}, arrived)


async def test_who_has_unsubscribed_hears_nothing(parties):
    topic, arrived, heard = an_address(), asyncio.Event(), []

    async def gone(message):
        heard.append(message)

    async def present(_message):
        arrived.set()

    parties.there.subscribe(topic, gone)()
    parties.there.subscribe(topic, present)
    await nudge_until(parties.here, topic, {}, arrived)
    assert heard == []


async def test_a_bus_that_is_there_says_so(parties):
    await parties.here.check()
    await parties.there.check()


async def test_a_nudge_that_nobody_hears_is_no_error(parties):
    await parties.here.publish(an_address(), {})


async def test_a_request_is_answered(parties):
    address = an_address()

    async def double(message):
        return {"twice": 2 * message["number"]}

    await parties.there.serve(address, double)
    answers = await asyncio.gather(
        *(parties.here.request(address, {"number": n}, LONG) for n in range(200))
    )
    assert answers == [{"twice": 2 * n} for n in range(200)]


async def test_errors_of_the_house_arrive_as_themselves(parties):
    address = an_address()

    async def locked(_message):
        raise NodeLocked("Node 1 is held by host-2.")

    await parties.there.serve(address, locked)
    with pytest.raises(NodeLocked, match=r"^Node 1 is held by host-2\.$") as caught:
        await parties.here.request(address, {}, LONG)
    assert caught.value.message == "Node 1 is held by host-2."


async def test_what_an_error_carries_arrives_with_it(parties):
    address = an_address()

    async def refuse(_message):
        raise Unauthorized("Log in.", challenge="Basic")

    await parties.there.serve(address, refuse)
    with pytest.raises(Unauthorized) as caught:
        await parties.here.request(address, {}, LONG)
    assert caught.value.challenge == "Basic"


async def test_a_fault_is_told_without_its_words(parties):
    address = an_address()

    async def broken(_message):
        raise ValueError("password hunter2")

    await parties.there.serve(address, broken)
    with pytest.raises(FaultElsewhere) as caught:
        await parties.here.request(address, {}, LONG)
    assert "hunter2" not in str(caught.value)


async def test_an_address_that_nobody_serves_is_refused_at_once(parties):
    address = an_address()
    with pytest.raises(NobodyListens, match=address):
        await asyncio.wait_for(parties.here.request(address, {}, LONG), 30)


async def test_an_address_that_is_served_no_longer_is_refused_at_once(parties):
    address = an_address()

    async def answer(_message):
        return "here"

    end = await parties.there.serve(address, answer)
    assert await parties.here.request(address, {}, LONG) == "here"
    await end()
    with pytest.raises(NobodyListens, match=address):
        await asyncio.wait_for(parties.here.request(address, {}, LONG), 30)


async def test_who_ends_serving_finishes_what_is_in_hand(parties):
    address, begun, go_on = an_address(), asyncio.Event(), asyncio.Event()

    async def slow(_message):
        begun.set()
        await go_on.wait()
        return "done"

    end = await parties.there.serve(address, slow)
    asked = asyncio.create_task(parties.here.request(address, {}, LONG))
    await begun.wait()
    ending = asyncio.create_task(end())
    go_on.set()
    assert await asked == "done"
    await ending


async def test_a_slow_answer_is_given_up_in_time_on_both_sides(parties):
    address, begun, given_up = an_address(), asyncio.Event(), asyncio.Event()

    async def slow(_message):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    await parties.there.serve(address, slow)
    while not begun.is_set():  # on a busy machine the time may be up before it is begun
        with pytest.raises(NoAnswer, match=address):
            await parties.here.request(address, {}, SHORT)
    await asyncio.wait_for(given_up.wait(), 60)


async def test_a_request_whose_time_is_up_is_not_carried_out_late(parties):
    address, begun, go_on, seen = an_address(), asyncio.Event(), asyncio.Event(), []

    async def one_at_a_time(message):
        seen.append(message["name"])
        begun.set()
        await go_on.wait()
        return

    await parties.there.serve(address, one_at_a_time, at_once=1)
    first = asyncio.create_task(parties.here.request(address, {"name": "first"}, LONG))
    await begun.wait()
    with pytest.raises(NoAnswer):
        await parties.here.request(address, {"name": "late"}, SHORT)
    go_on.set()
    await first
    await parties.here.request(address, {"name": "next"}, LONG)
    assert seen == ["first", "next"]
