"""Tables that daf wrote are no transcripts; what `daf convert` writes is one."""

import json

import pytest

from daf_core.adaptation.label_table import COLUMNS
from daf_core.schemas import SCORES
from daf_core.sources.open_source import open_source
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.own_tables import is_own_table
from daf_core.storage.call_columns import CALLS, SPEAKERS
from tests.core.sources.folders.files import text, tone
from tests.core.sources.ingest import ingest

TABLES = {
    "labels": [*COLUMNS],
    "utterances": [*SCORES.names, "queue", "text"],
    "calls": CALLS.names,
    "speakers": SPEAKERS.names,
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("form", [",", ";", "\t", "lines", "array"])
def test_a_table_of_daf_is_known_in_each_form(name, form):
    names = TABLES[name]
    one = json.dumps(dict.fromkeys(names, 1))
    whole = {"lines": f"{one}\n{one}\n", "array": f"[{one}]"}
    content = whole.get(form, f"\ufeff{form.join(names)}\n{form.join('1' for _ in names)}\n")
    assert is_own_table(Document(f"{name}.csv", content))


@pytest.mark.parametrize(
    "head",
    [
        "start_s,end_s,speaker,text,sentiment,polarity,interval_low,interval_high",  # daf convert
        "utterance_id,recording_id,start_s,end_s,text,sentiment",
        "recording_id,start,end,text,sentiment_low",
        "stands_for,text",
    ],
)
def test_tables_of_others_are_not(head):
    assert not is_own_table(Document("t.csv", f"{head}\n"))


def test_a_table_of_labels_in_its_source_cuts_no_recording(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.vtt")
    tone(tmp_path / "b.wav")
    head = ",".join(COLUMNS)
    text(tmp_path / "labels.csv", f"{head}\nx,a,,0,1,,hi,2,1\nx,b,,0,1,,hi,2,1\n")
    text(tmp_path / "b.csv", f"{head}\nx,b,,0,1,,hi,2,1\n")
    found = ingest(tmp_path)
    assert {row["recording_id"] for row in found.rows} == {"a"}
    told = {row["message"].split(": ")[0]: row["reason"] for row in found.quarantined}
    assert told == {
        f"{tmp_path}/labels.csv": "daf_output",
        f"{tmp_path}/b.csv": "daf_output",
        f"{tmp_path}/b.wav": "no_speech",
    }
    assert open_source(str(tmp_path / "labels.csv"))  # and it may be a source by itself
