"""Charts of the report: timelines, ticks and times."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.report import charts


def test_a_long_recording_is_drawn_as_means() -> None:
    count = charts.MARKS_AT_MOST + 1
    edges = np.linspace(0, 1, count + 1)
    sentiment = np.where(np.arange(count) % 2, 1.0, -2.0)
    weight = np.full(count, np.nan)
    drawn = charts.timeline(edges[:-1], edges[1:], sentiment, weight, [])
    assert drawn.bins == charts.BINS
    assert sum(path.count("M") for path in drawn.marks.values()) == charts.BINS
    assert drawn.ranges.count("M") == charts.BINS
    assert not drawn.ribbon


places = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-3, 3), st.floats(0, 1)),
    min_size=1,
    max_size=600,
)


@given(places)
def test_a_timeline_stays_in_its_frame(utterances: list[tuple[float, float, float, float]]) -> None:
    first, second, sentiment, weight = np.array(utterances).T
    start, end = np.minimum(first, second), np.maximum(first, second)
    drawn = charts.timeline(start, end, sentiment, weight, [])
    marks = "".join(drawn.marks.values())
    assert re.fullmatch(r"(M\d+ \d+h\d+)+", marks)
    assert re.fullmatch(r"(M\d+ \d+v-\d+h\d+V\d+z)+", drawn.ribbon)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", marks):
        assert int(x) + int(length) <= charts.WIDTH
        assert int(y) <= charts.HEIGHT


@given(st.floats(0, 1e6), st.floats(0.01, 4e5))
def test_ticks_are_few_rise_and_stay_on_the_axis(first_s: float, span_s: float) -> None:
    ticks = charts.time_ticks(first_s, first_s + span_s)
    assert len(ticks) <= charts.TICKS_AT_MOST + 1
    assert all(0 <= place <= 100 for place, _ in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0, "0:00"), (59.9, "0:59"), (65, "1:05"), (3725, "1:02:05")]
)
def test_clock(time_s: float, shown: str) -> None:
    assert charts.clock(time_s) == shown
