"""The margin of what is listened to does not reach into what else is said."""

import time

from hypothesis import given
from hypothesis import strategies as st

from daf_core.asr.stretches import MARGIN_S, Neighbours, Stretch, with_margin

TIMES = st.integers(0, 200).map(lambda number: number / 100)
SPANS = st.lists(
    st.tuples(TIMES, st.integers(1, 60)).map(lambda one: (one[0], one[0] + one[1] / 100)),
    min_size=1,
    max_size=8,
)


@given(SPANS)
def test_a_margin_ends_half_way_to_any_other_stretch(spans: list[tuple[float, float]]) -> None:
    taken = Neighbours(spans)
    for start_s, end_s in spans:
        found = with_margin(Stretch("a", None, start_s, end_s, whole=True), taken)
        before = [start_s - end for start, end in spans if start < start_s]
        after = [start - end_s for start, end in spans if end > end_s]
        least = max(0.0, min([MARGIN_S, *(one / 2 for one in before)]))
        most = max(0.0, min([MARGIN_S, *(one / 2 for one in after)]))
        assert abs(found.heard_from_s - max(0.0, start_s - least)) < 1e-9
        assert abs(found.heard_to_s - (end_s + most)) < 1e-9


def test_many_stretches_take_no_time() -> None:
    spans = [(number * 1.0, number + 0.9) for number in range(20_000)]
    began = time.process_time()
    taken = Neighbours(spans)
    for start_s, end_s in spans:
        with_margin(Stretch("a", None, start_s, end_s, whole=True), taken)
    assert time.process_time() - began < 20  # pair by pair it took minutes
