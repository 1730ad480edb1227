"""Groups of calls in the page."""

import numpy as np

from daf_core.report.by_meta import ByMeta, grouped_by_meta
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
    found = grouped_by_meta(str(tmp_path))
    week, agent = found.shown
    assert found.left_out == ["number (more than 50 groups)"]
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
    assert grouped_by_meta(str(tmp_path)) == ByMeta()
    assert 'id="groups"' not in render(gather(str(tmp_path)))


def test_columns_that_are_not_compared_are_named_with_the_reason(tmp_path):
    meta = [[("queue", "ab"[n % 2]), ("<i>", str(n % 3))] for n in range(12)]
    calls = [
        {"recording_id": f"c{n:03}", "sentiment": 0.1 * n, "meta": own}
        for n, own in enumerate(meta)
    ]
    scores_folder(tmp_path, [scores_of([row | {"meta": []} for row in calls])])
    published(tmp_path, calls)
    found = grouped_by_meta(str(tmp_path))
    assert found == ByMeta([], ["queue, <i> (no group has 10 calls)"])
    assert "queue, &lt;i&gt; (no group has 10 calls)" in render(gather(str(tmp_path)))
