"""Groups of calls in the page."""

import numpy as np

from daf_core.report.by_meta import grouped_by_meta
from daf_core.report.page import gather, render
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of
from tests.core.report.test_call_table import published


def test_columns_with_groups_are_compared_dates_first_and_in_order(tmp_path):
    draw = np.random.default_rng(0)
    calls = [
        {"recording_id": f"c{n:03}", "sentiment": draw.normal(-1 if n % 3 == 0 else 0, 0.5)}
        | {"meta": [("agent", f"{'abc'[n % 3]}<b>"), ("number", str(n)), ("site", "one"), week]}
        for n in range(90)
        for week in [("week", f"2026-W{47 - n % 2}")]
    ]
    scores_folder(tmp_path, [scores_of([row | {"meta": []} for row in calls])])
    published(tmp_path, calls)
    week, agent = grouped_by_meta(str(tmp_path))
    assert (week.column, [one.name for one in week.groups]) == ("week", ["2026-W46", "2026-W47"])
    assert week.in_time
    assert not agent.in_time
    first = agent.groups[0]
    assert (first.name, first.calls, first.differs) == ("a<b>", 30, True)
    html = render(gather(str(tmp_path)))
    assert "<b>lower</b> by 1." in html
    assert "a<b>" not in html


def test_without_groups_there_is_no_section(tmp_path):
    scores_folder(tmp_path, [scores_of([{"recording_id": "a", "sentiment": 0.0}])])
    assert grouped_by_meta(str(tmp_path)) == []
    assert 'id="groups"' not in render(gather(str(tmp_path)))
