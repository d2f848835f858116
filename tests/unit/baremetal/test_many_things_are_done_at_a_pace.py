"""So many at once, so many begun each second, and all of them in the end."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bessemer.baremetal.operations.pacing import Pace, each


async def counted(number: int) -> AsyncIterator[int]:
    for thing in range(number):
        yield thing


async def test_no_more_are_in_hand_than_the_pace_allows():
    in_hand, most, done = 0, 0, []

    async def act(thing: int) -> None:
        nonlocal in_hand, most
        in_hand += 1
        most = max(most, in_hand)
        await asyncio.sleep(0)
        in_hand -= 1
        done.append(thing)

    await each(counted(50), act, Pace(7, 1e6))
    assert (most, sorted(done)) == (7, list(range(50)))


async def test_they_begin_one_after_the_other():
    loop, begun = asyncio.get_running_loop(), []

    async def act(_: int) -> None:
        begun.append(loop.time())

    await each(counted(5), act, Pace(100, 20.0))
    assert begun[-1] - begun[0] > 3 / 20.0


async def test_a_slow_one_does_not_hold_the_others_up():
    others, slow = asyncio.Event(), asyncio.Event()
    done = set()

    async def act(thing: int) -> None:
        if thing == 0:
            await others.wait()
            slow.set()
        done.add(thing)
        if len(done) == 9:
            others.set()

    await each(counted(10), act, Pace(2, 1e6))
    assert slow.is_set()


async def test_a_failure_ends_the_rest():
    forever = asyncio.Event()

    async def act(thing: int) -> None:
        if thing == 3:
            raise ValueError(thing)
        await forever.wait()

    with pytest.raises(ExceptionGroup):
        await each(counted(5), act, Pace(10, 1e6))
