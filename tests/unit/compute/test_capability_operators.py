"""Nova's comparison words, by example and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.compute.scheduler.operators import has_operator, matches

WORDS = st.text(st.characters(codec="ascii", exclude_categories=("C", "Z")), min_size=1)
NUMBERS = st.integers(-1000, 1000)


@pytest.mark.parametrize(
    ("value", "requirement", "expected"),
    [
        ("uefi", "uefi", True),
        ("uefi", "bios", False),
        ("", "", True),
        (None, "uefi", False),
        (None, "!= 4", False),
        ("4", "= 3", True),
        ("3", "= 4", False),
        ("4", "== 4.0", True),
        ("4", "!= 5", True),
        ("10", ">= 9", True),
        ("10", "<= 9", False),
        ("many", ">= 9", False),
        ("9", ">= many", False),
        ("uefi", "s== uefi", True),
        ("uefi", "s!= uefi", False),
        ("a", "s< b", True),
        ("b", "s<= b", True),
        ("b", "s> a", True),
        ("a", "s>= b", False),
        ("nvidia-gpu", "<in> gpu", True),
        ("nvidia", "<in> gpu", False),
        ("aes,mmx,sse", "<all-in> aes mmx", True),
        ("aes,mmx", "<all-in> aes avx", False),
        ("uefi", "<or> bios <or> uefi", True),
        ("arm", "<or> bios <or> uefi", False),
        ("<or>", "<or> bios <or> uefi", False),
        ("4", ">=", False),
        ("4", "<or>", False),
        (">= 4", ">= 4", False),
        ("<~ 4", "<~ 4", True),
    ],
)
def test_operators(value, requirement, expected):
    assert matches(value, requirement) is expected


@given(NUMBERS, NUMBERS)
def test_numbers_compare_as_numbers(value, wanted):
    assert matches(str(value), f">= {wanted}") == (value >= wanted)
    assert matches(str(value), f"<= {wanted}") == (value <= wanted)
    assert matches(str(value), f"== {wanted}") == (value == wanted)
    assert matches(str(value), f"!= {wanted}") == (value != wanted)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=5))
def test_or_is_membership(value, choices):
    requirement = " ".join(f"<or> {choice}" for choice in choices)
    assert matches(value, requirement) == (value in choices)


@given(WORDS, WORDS)
def test_text_comparison_is_an_order(one, other):
    assert matches(one, f"s== {other}") == (one == other)
    assert matches(one, f"s< {other}") != matches(one, f"s>= {other}")
    assert matches(one, f"s> {other}") != matches(one, f"s<= {other}")


@given(st.text(), st.text())
def test_any_requirement_has_an_answer(value, requirement):
    assert matches(value, requirement) in (True, False)
    assert matches(None, requirement) is False
    if not has_operator(requirement):
        assert matches(requirement, requirement)
