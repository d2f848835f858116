"""Placement is tooz's, so that a mixed cloud names the same conductor for a node."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.conductor.ring import HashRing
from bessemer.errors import Unavailable

BY_TOOZ = ["b", "b", "b", "b", "b", "b", "b", "c", "c", "a", "b", "c"]
"""tooz.hashring.HashRing(["host-a", "host-b", "host-c"], partitions=2**5) on the uuids below."""


def test_the_ring_places_nodes_where_tooz_places_them():
    ring = HashRing(["host-a", "host-b", "host-c"])
    uuids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(len(BY_TOOZ))]
    assert [ring.owner(uuid)[-1] for uuid in uuids] == BY_TOOZ


@given(st.uuids(), st.sets(st.text(min_size=1, max_size=9), min_size=2, max_size=6))
def test_a_host_that_leaves_moves_its_own_nodes_only(uuid, hosts):
    leaver, *stayers = sorted(hosts)
    before = HashRing(hosts).owner(str(uuid))
    after = HashRing(stayers).owner(str(uuid))
    assert before in {leaver, after}


def test_an_empty_ring_says_what_to_do():
    with pytest.raises(Unavailable, match="start one"):
        HashRing([]).owner("any")
