"""Nudges that come in one moment are one piece of work, and none of them is lost."""

import asyncio
from datetime import timedelta

import pytest

from bessemer.bus.gathered import Gathered

AT_ONCE = timedelta(0)


async def test_what_comes_together_is_dealt_with_together_and_once_each():
    dealt: list[frozenset[str]] = []

    async def deal(things: frozenset[str]) -> None:
        dealt.append(things)

    gathered = Gathered("node_uuid", deal, AT_ONCE)
    await asyncio.gather(*(gathered({"node_uuid": name}) for name in ("a", "b", "a")))
    assert dealt == [{"a", "b"}]


async def test_what_comes_meanwhile_has_the_next_turn():
    dealt: list[frozenset[str]] = []

    async def deal(things: frozenset[str]) -> None:
        dealt.append(things)
        if len(dealt) == 1:
            await gathered({"node_uuid": "a"})
            await gathered({"node_uuid": "b"})

    gathered = Gathered("node_uuid", deal, AT_ONCE)
    await gathered({"node_uuid": "a"})
    assert dealt == [{"a"}, {"a", "b"}]


async def test_a_failure_does_not_deafen_it():
    dealt: list[frozenset[str]] = []

    async def deal(things: frozenset[str]) -> None:
        dealt.append(things)
        if len(dealt) == 1:
            raise ConnectionError

    gathered = Gathered("node_uuid", deal, AT_ONCE)
    with pytest.raises(ConnectionError):
        await gathered({"node_uuid": "a"})
    await gathered({"node_uuid": "b"})
    assert dealt == [{"a"}, {"b"}]
