"""The stages of `daf transcribe` on a part that kills its process, and on what such a run left."""

from pathlib import Path

import pyarrow as pa

from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.weights.specs import EncoderSpec
from jobs.parts.message import unwrap, wrap
from jobs.parts.transcribe import PublishTranscribed, ReadRows, Recognize, RecognizePlan

NO_RECOGNIZER = RecognizePlan(EncoderSpec("none", None, ""), True, False, None)


def row(name: str, **cells: object) -> dict[str, object]:
    empty = dict.fromkeys(MANIFEST.names)
    return {**empty, "utterance_id": name, "recording_id": "r", "flags": [], **cells}


def facts() -> PartFacts:
    return PartFacts(
        name="part-00000.parquet", rows_fingerprint="f", rows_in=2, rows=2, audio_s=1.0, reasons={}
    )


def run(source: Output, output: Output, give_up: bool) -> PartFacts:
    read = ReadRows(source, again=False, give_up=give_up)
    publish = PublishTranscribed(output, "run")
    return unwrap(publish(Recognize(NO_RECOGNIZER)(read(wrap([facts()])))))


def test_a_part_that_kills_is_given_up_but_for_rows_with_words(tmp_path: Path) -> None:
    first, second, third = (manifest_output(str(tmp_path / name)) for name in "abc")
    rows = [
        row("words", text="hello"),
        row("sound", audio_uri=str(tmp_path / "away.wav"), start_s=0.0, end_s=1.0),
    ]
    table = pa.Table.from_pylist(rows, schema=MANIFEST)
    publish_part(first, facts(), table, QUARANTINE.empty_table(), "ingest")
    given_up = run(first, second, give_up=True)
    assert (given_up.rows, given_up.reasons) == (1, {"poison": 1})
    (kept,) = second.read(given_up.name).to_pylist()
    assert kept["text"] == "hello"
    (lost,) = second.read_quarantine(given_up.name).to_pylist()
    assert (lost["utterance_id"], lost["stage"], lost["reason"]) == (
        *("sound", "transcribe", "poison"),
    )
    # Transcribed once more, the earlier quarantine stays, and is not counted as this run's.
    later = run(second, third, give_up=False)
    assert (later.rows, later.reasons) == (1, {})
    assert third.read_quarantine(later.name).to_pylist() == [lost]
