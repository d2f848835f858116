"""Cabling as JSON, and waiting for events."""

import asyncio
from datetime import timedelta

import pytest

from bessemer.network.domain.errors import InvalidInput
from bessemer.network.domain.port import links_of, profile_with
from bessemer.network.operations.waiting import Signal, wait_for
from bessemer.network.public import LocalLink

LINK = {"switch_id": "02-00-00-00-00-01", "port_id": "p1", "switch_info": "tor"}


def test_links_are_read_in_our_spelling_and_written_back() -> None:
    links = links_of({"local_link_information": [LINK], "physical_network": "physnet1"})
    assert links == (LocalLink("02:00:00:00:00:01", "p1", "tor"),)
    profile = profile_with({"physical_network": "physnet1"}, links)
    assert links_of(profile) == links
    assert profile["physical_network"] == "physnet1"


def test_a_datapath_id_is_a_switch_id_too() -> None:
    (link,) = links_of({"local_link_information": [{**LINK, "switch_id": "0000020000000001"}]})
    assert link.switch_id == "0000020000000001"


@pytest.mark.parametrize(
    "links",
    [
        "p1",
        ["p1"],
        [{"switch_id": "02:00:00:00:00:01"}],
        [{**LINK, "port_id": ""}],
        [{**LINK, "switch_id": "not a mac"}],
        [LINK, LINK],
    ],
)
def test_malformed_links_are_refused(links: object) -> None:
    with pytest.raises(InvalidInput):
        links_of({"local_link_information": links})


async def test_a_signal_between_look_and_wait_is_not_missed() -> None:
    signal = Signal()
    answers = iter([None, "there"])

    async def look() -> str | None:
        signal.fire()
        return next(answers)

    an_hour = timedelta(hours=1)
    assert await asyncio.wait_for(wait_for(signal, look, an_hour, an_hour), 5) == "there"


async def test_what_nobody_signalled_is_seen_at_the_next_look() -> None:
    answers = iter([None, None, "there"])

    async def look() -> str | None:
        return next(answers)

    soon = timedelta(milliseconds=1)
    assert await wait_for(Signal(), look, timedelta(hours=1), soon) == "there"


async def test_the_timeout_ends_the_wait_with_a_last_look() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    assert await wait_for(Signal(), look, timedelta(), timedelta(hours=1)) is None
    assert looks == 1
