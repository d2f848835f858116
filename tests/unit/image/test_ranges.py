"""Byte ranges, by examples that hypothesis finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.image.domain.ranges import Span, Unsatisfiable, span_of

SIZES = st.integers(0, 2**40)
POSITIONS = st.integers(0, 2**41)


def asked(header, size):
    return span_of(header, None, '"e"', size)


@given(st.text(), SIZES)
def test_no_header_whatever_raises_anything_but_unsatisfiable(header, size):
    try:
        span = asked(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size


@given(POSITIONS, POSITIONS, SIZES)
def test_first_and_last(first, last, size):
    header = f"bytes={first}-{last}"
    if last < first:
        assert asked(header, size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            asked(header, size)
    else:
        assert asked(header, size) == Span(first, min(last + 1, size))


@given(POSITIONS, SIZES)
def test_from_here_to_the_end(first, size):
    if first >= size:
        with pytest.raises(Unsatisfiable):
            asked(f"bytes={first}-", size)
    else:
        assert asked(f"bytes={first}-", size) == Span(first, size)


@given(POSITIONS, SIZES)
def test_the_last_bytes(length, size):
    if length == 0 or size == 0:
        with pytest.raises(Unsatisfiable):
            asked(f"bytes=-{length}", size)
    else:
        span = asked(f"bytes=-{length}", size)
        assert span.stop == size
        assert len(span) == min(length, size)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_resuming_in_pieces_covers_every_byte_once(lengths):
    size, at = sum(lengths), 0
    for length in lengths:
        span = asked(f"bytes={at}-{at + length - 1}", size)
        assert span.start == at
        at = span.stop
    assert at == size


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "bytes=-", "bytes 0-1", "items=0-1", "", None])
def test_what_is_not_one_range_means_the_whole(header):
    assert asked(header, 100) is None


def test_content_range_counts_from_zero_and_includes_the_last():
    assert Span(0, 1).content_range(10) == "bytes 0-0/10"


@given(st.text())
def test_if_range_with_anything_but_the_etag_means_the_whole(condition):
    expected = Span(5, 100) if condition.strip() == '"e"' else None
    assert span_of("bytes=5-", condition, '"e"', 100) == expected
