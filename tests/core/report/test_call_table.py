"""The table of all calls in the page."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pyarrow as pa

from daf_core.report import call_table
from daf_core.report.call_table import CallTable
from daf_core.report.page import gather, render
from daf_core.storage import parquet
from daf_core.storage.call_columns import CALLS
from daf_core.storage.output import calls_output
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of

HOSTILE = "</script><script>alert(1)</script> \u2028\x1b[31m{{ 7 * 7 }}"


def published(folder, rows):
    """A part of the table of calls."""
    blank = dict.fromkeys(CALLS.names) | {"status": "scored", "speakers": 1, "quarantined": 0}
    blank |= {name: 0 for name in CALLS.names if not CALLS.field(name).nullable} | {"meta": []}
    named = [{**blank, "status": "scored", **row} for row in rows]
    table = pa.Table.from_pylist(named, CALLS)
    parquet.write(calls_output(str(folder)).part_uri("part-00000.parquet"), table, "calls")


def in_page(html):
    (data,) = re.findall(r'<script type="application/json" id="calls-data">(.*?)</script>', html)
    return json.loads(data)


def test_every_call_is_in_the_page_and_hostile_words_stay_words(tmp_path):
    rows = [{"recording_id": one, "sentiment": 1.0} for one in ("calm", HOSTILE)]
    scores_folder(tmp_path, [scores_of(rows)])
    published(
        tmp_path,
        [
            {"recording_id": "calm", "sentiment": 1.0, "meta": [("queue", HOSTILE)]},
            {"recording_id": HOSTILE, "sentiment": -1.0},
            {"recording_id": "none", "status": "silent", "reason": "no_speech"},
        ],
    )
    html = render(gather(str(tmp_path)))
    assert [cells[4] for cells in in_page(html)] == [-1.0, 1.0, None]
    assert in_page(html)[2][3] == "silent (no_speech)"
    assert in_page(html)[1][1] is not None  # its drawing in the page
    assert html.count("<script") == 2
    assert "alert(1)</script>" not in html
    assert "\x1b" not in html
    assert "49" not in in_page(html)[0][0]


def test_the_table_is_bounded_and_absent_where_there_are_no_calls(tmp_path, monkeypatch):
    assert call_table.call_table(str(tmp_path), {}) is None
    published(tmp_path, [{"recording_id": f"{n}", "sentiment": n / 9} for n in range(9, 0, -1)])
    monkeypatch.setattr(call_table, "MOST_CALLS", 3)
    found = call_table.call_table(str(tmp_path), {"1": "r1"})
    assert isinstance(found, CallTable)
    assert (found.calls, [row["recording_id"] for row in found.rows]) == (9, ["1", "2", "3"])


def test_the_page_says_how_far_the_order_can_be_trusted(tmp_path):
    scores_folder(tmp_path, [scores_of([{"recording_id": "a", "sentiment": 0.0}])])
    published(
        tmp_path,
        [
            {"recording_id": name, "sentiment": low + 0.5, "sentiment_low": low}
            | {"sentiment_high": low + 1, "contradictions": number % 2}
            for number, (name, low) in enumerate([("a", -3.0), ("b", 0.0), ("c", 0.5)])
        ],
    )
    html = render(gather(str(tmp_path)))
    assert (
        "The intervals of 2 of the 3 listed calls all overlap each other: the order of these 2 "
        "says little. Of none of the 3 calls it is known whether there are interruptions. "
        "1 of 3 calls has contradictions."
    ) in html


def test_the_script_is_the_one_that_the_policy_allows(tmp_path):
    scores_folder(tmp_path, [scores_of([{"recording_id": "a", "sentiment": 0.0}])])
    published(tmp_path, [{"recording_id": "a", "sentiment": 0.0}])
    html = render(gather(str(tmp_path)))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
