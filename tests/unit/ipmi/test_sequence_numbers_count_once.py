"""The window of section 6.12.13: late packets are taken, old and repeated ones are not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bessemer_ipmi.sequences import AHEAD, BEHIND, Window, after


def test_a_number_is_taken_once():
    window = Window()
    assert [window.take(n) for n in (1, 2, 2, 1, 3)] == [True, True, False, False, True]


def test_late_packets_are_taken_within_the_window():
    window = Window()
    window.take(100)
    assert window.take(100 - BEHIND)
    assert not window.take(100 - BEHIND - 1)
    assert window.take(100 + AHEAD)
    assert not window.take(100 + 2 * AHEAD + 1)
    assert not window.take(100)
    assert window.take(101)


def test_zero_is_for_packets_outside_sessions():
    assert not Window().take(0)
    assert after(0xFFFF_FFFF) == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 60)))
def test_nothing_is_ever_taken_twice(numbers):
    window = Window()
    taken = [number for number in numbers if window.take(number)]
    assert len(taken) == len(set(taken))


@settings(deadline=None)
@given(st.permutations(list(range(1, 12))))
def test_any_order_of_a_few_packets_is_taken(numbers):
    window = Window()
    assert all(window.take(number) for number in numbers)
