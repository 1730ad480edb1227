"""Spans against the same time counted second by second."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daf_core.calls.spans import Spans, gaps, merged, shared, shares

END = 20


def spans_of(pairs):
    starts, ends = zip(*pairs, strict=True) if pairs else ((), ())
    return Spans(np.array(starts, np.float64), np.array(ends, np.float64))


def seconds(spans):
    """(END,) how many spans each second lies in."""
    return sum((_within(spans, row) for row in range(len(spans.start_s))), np.zeros(END, int))


def _within(spans, row):
    second = np.arange(END)
    return ((spans.start_s[row] <= second) & (second < spans.end_s[row])).astype(int)


ends = st.tuples(st.integers(0, END), st.integers(0, END))
times = ends.map(lambda pair: (min(pair), max(pair)))
drawn = st.lists(times, min_size=1, max_size=8).map(spans_of)


@given(drawn)
def test_merged_spans_hold_the_same_time_once(spans):
    found = merged(spans)
    assert (seconds(found) == (seconds(spans) > 0)).all()
    assert (found.start_s[1:] > found.end_s[:-1]).all()
    silent = seconds(gaps(found))
    first, last = int(found.start_s[0]), int(found.end_s[-1])
    assert (silent[first:last] == (seconds(spans) == 0)[first:last]).all()
    assert silent.sum() == gaps(found).length_s


@given(st.lists(drawn, max_size=4))
def test_shared_time_lies_in_two_or_more(several):
    several = [merged(one) for one in several]
    depth = sum((seconds(one) for one in several), np.zeros(END, int))
    assert (seconds(shared(several)) == (depth > 1)).all()
    assert shared(several).length_s == (depth > 1).sum()


@given(drawn, st.lists(st.integers(0, END), min_size=2, max_size=6, unique=True).map(sorted))
def test_shares_are_the_seconds_in_each_period(spans, edges):
    found = shares(spans, np.array(edges, np.float64))
    for row in range(len(spans.start_s)):
        second = _within(spans, row)
        periods = itertools.pairwise(edges)
        assert found[row].tolist() == [second[low:high].sum() for low, high in periods]
