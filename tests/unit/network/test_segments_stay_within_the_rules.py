"""VLANs: the possible ones, the parked one, the free ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.network.domain.errors import InvalidInput
from bessemer.network.domain.segment import NetworkType, Segment, checked_segment, free_vlan


def a_vlan(number: int | None) -> Segment:
    return Segment(NetworkType.VLAN, "physnet1", number)


@pytest.mark.parametrize("number", [None, -1, 0, 4095, 5000])
def test_impossible_vlans_are_refused(number: int | None) -> None:
    with pytest.raises(InvalidInput, match="1 to 4094"):
        checked_segment(a_vlan(number), ())


def test_the_parked_vlan_is_refused_with_the_setting_that_makes_it_so() -> None:
    with pytest.raises(InvalidInput, match="parked_vlan"):
        checked_segment(a_vlan(4094), {4094})


def test_a_flat_network_has_no_number_and_lives_in_the_native_vlan() -> None:
    flat = Segment(NetworkType.FLAT, "physnet1", None)
    assert checked_segment(flat, ()).vlan == 1
    with pytest.raises(InvalidInput, match="flat"):
        checked_segment(Segment(NetworkType.FLAT, "physnet1", 7), ())


@given(st.sets(st.integers(min_value=10, max_value=25)))
def test_a_free_vlan_is_in_the_ranges_and_not_taken(taken: set[int]) -> None:
    ranges = ((10, 14), (20, 22))
    possible = {*range(10, 15), *range(20, 23)} - taken
    assert free_vlan(ranges, taken) == (min(possible) if possible else None)
