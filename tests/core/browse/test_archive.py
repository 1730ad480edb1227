"""`Archive`: calls that span parts, what is kept for the next start, and what is not believed."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from daf_core.browse.archive import Archive
from daf_core.browse.call import open_call
from daf_core.browse.labels import LabelFile
from daf_core.browse.pages import call_page, environment, list_page
from daf_core.browse.selection import Selection
from daf_core.errors import SettingsError
from daf_core.storage.output import manifest_output, scores_output
from daf_core.storage.parquet import read_footer
from jobs.parts.calls import make_calls
from jobs.settings import EncodeResources
from tests.browser.browsed import call, publish


def archive_of(folder: Path) -> Archive:
    scores = scores_output(str(folder))
    make_calls(scores, EncodeResources())
    found = Archive(scores, manifest_output(str(folder / "manifest")))
    found.read()
    assert found.reading.failed == ""
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    long = call("long", [1, 2, 3, -1], ["first", "second", "third", "fourth"], meta=[("k", "v")])
    publish(tmp_path, [call("short", [0, 1], ["a", "b"]) + long[:2], long[2:]])
    return tmp_path


def listed(archive: Archive, **chosen: object) -> list[str]:
    rows = archive.rows(archive.chosen(Selection(**chosen)))  # type: ignore[arg-type]
    return [row["recording_id"] for row in rows]


def test_the_list_says_how_far_its_order_can_be_trusted(tmp_path):
    publish(tmp_path, [call("one", [0, 1], ["a", "b"]) + call("two", [0.1, 1], ["a", "b"])])
    archive = archive_of(tmp_path)

    def page(**chosen: object) -> str:
        selection = Selection(**chosen)  # type: ignore[arg-type]
        return list_page(environment(), archive, selection, 0)

    assert "The intervals of all 2 listed calls overlap each other" in page()
    assert "0 of 2 calls have interruptions." in page(sort="-interruptions")
    assert "overlap" not in page(sort="longest")
    assert "0 of 1 call have interruptions." in page(sort="interrupted", low=0.52)


def test_a_call_that_spans_parts_is_whole(folder):
    found = open_call(archive_of(folder), "long")
    assert found is not None
    assert [one["text"] for one in found.utterances] == ["first", "second", "third", "fourth"]
    assert [one["left"] for one in found.utterances] == pytest.approx(
        [0, 25.64, 51.28, 76.92], abs=0.1
    )
    assert [lane.who for lane in found.lanes] == ["agent · Ana", "customer · Ben"]
    assert open_call(archive_of(folder), "nothing") is None


def test_an_utterance_without_a_place_is_listed_and_not_drawn(tmp_path):
    rows = call("call", [1, 2, 3, -1], ["first", "second", "outside", "never"])
    rows[2] |= {"start_s": 3600.0, "end_s": 3601.0, "flags": ["no_audio", "outside_recording"]}
    rows[3] |= {"start_s": None, "end_s": None, "flags": ["no_audio", "bad_time"]}
    publish(tmp_path, [rows])
    archive = archive_of(tmp_path)
    found = open_call(archive, "call")
    assert found is not None
    assert found.timed
    assert [one["text"] for one in found.utterances] == ["first", "second", "outside", "never"]
    assert [one["left"] for one in found.utterances] == [0, 52.63, None, None]
    assert [lane.drawn.ticks[-1][1] for lane in found.lanes] == ["0:08", "0:08"]
    assert (found.facts["talk_s"], found.facts["silence_s"]) == (9, 0.5)
    page = call_page(environment(), archive, found, {}, Selection(), None, 0, None)
    assert page.count("data-left=") == 2


def test_what_is_kept_is_read_again_and_only_while_it_is_true(folder):
    first = archive_of(folder)
    kept = folder / "index" / "listed.parquet"
    assert kept.exists()
    assert listed(archive_of(folder)) == listed(first) == ["short", "long"]
    before, footer = kept.read_bytes(), read_footer(str(kept), "listed")
    kept.write_bytes(b"something else")
    assert listed(archive_of(folder)) == ["short", "long"]
    assert kept.read_bytes() == before
    index = folder / "index" / "calls.parquet"
    pq.write_table(pq.read_table(index), index, compression="none")  # other bytes
    assert listed(archive_of(folder)) == ["short", "long"]
    assert read_footer(str(kept), "listed") != footer


def test_selections_read_what_they_write(folder):
    archive = archive_of(folder)
    selection = Selection(words="FOUR", low=-1.0, meta=(("k", "v"),), sort="-talk_s")
    assert Selection.from_address(selection.parameters) == selection
    assert listed(archive, words="FOUR", meta=(("k", "v"),)) == ["long"]
    assert listed(archive, words="b", high=0.75) == ["short"]
    assert listed(archive, sort="-recording_id") == ["short", "long"]


@pytest.mark.parametrize(
    "given",
    [
        {f"meta.k{number}": "v" for number in range(21)},
        {"meta.k": "v" * 10_001},
        {f"meta.{'k' * 10_001}": "v"},
    ],
)
def test_a_selection_has_few_filters(given):
    with pytest.raises(SettingsError, match="expected at most 20 filters of 10,000 letters"):
        Selection.from_address(given)
    few = {f"meta.k{number:02}": "v" for number in range(20)}
    assert Selection.from_address(few).parameters == few


def test_labels_keep_what_else_the_table_holds(tmp_path):
    table = tmp_path / "labels.csv"
    rows = ("utterance_id,note,label,stands_for", "'=u0,mine,-1,40", "-u1,x,,3", "")
    table.write_text("\r\n".join(rows), encoding="utf-8-sig")
    labels = LabelFile(str(table))
    assert labels.labels() == {"=u0": -1}
    assert labels.put({"utterance_id": "-u1"}, -2.5) == 2
    assert labels.put({"utterance_id": "=u0"}, None) == 1
    assert labels.put({"utterance_id": "new", "text": "=1"}, 3) == 2
    assert table.read_text(encoding="utf-8-sig").split() == [
        "utterance_id,note,label,stands_for",
        "'=u0,mine,,40",
        "'-u1,x,-2.5,3",
        "new,,3,",
    ]
    table.write_text("a;b\n1;2\n")
    with pytest.raises(SettingsError, match="expected a column utterance_id"):
        labels.put({"utterance_id": "new"}, 1)
