"""Tables take over what their manifest says of rows now."""

from collections.abc import Sized
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.storage import parquet
from daf_core.storage.carried_metadata import bring_metadata
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.part_index import PartFacts

NAME = "part-00000.parquet"
FACTS = PartFacts(
    name=NAME, rows_fingerprint="f", rows_in=2, rows=2, audio_s=1.0, reasons={}, metadata="old"
)
BLANK: dict[str, Any] = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": ["short"]}


def written(folder: Path, rows: dict[str, tuple[str, str | None]], facts: PartFacts) -> Output:
    """A manifest of rows: id → recording and queue."""
    output = manifest_output(str(folder))
    table = pa.Table.from_pylist(
        [
            BLANK
            | {"utterance_id": one, "recording_id": recording}
            | {"meta": None if queue is None else [("queue", queue)]}
            for one, (recording, queue) in rows.items()
        ],
        MANIFEST,
    )
    parquet.write(
        output.part_uri(NAME), table, "manifest", {"own": "kept", **of(facts, rows).footer()}
    )
    return output


def of(facts: PartFacts, rows: Sized) -> PartFacts:
    return replace(facts, rows=len(rows))


def metas(output: Output) -> dict[str, Any]:
    return {row["utterance_id"]: row["meta"] for row in output.read(NAME).to_pylist()}


def test_rows_that_were_cut_out_of_others_have_what_is_said_of_their_recording(
    tmp_path: Path,
) -> None:
    source = written(
        tmp_path / "m", {"1": ("a", "new"), "2": ("a", "new"), "3": ("b", None)}, FACTS
    )
    own = {"1-x": ("a", "old"), "1-y": ("a", "old"), "2": ("a", None), "3": ("b", "gone")}
    output = written(tmp_path / "o", own, FACTS)
    facts = bring_metadata(output, source, of(FACTS, own), "now")
    assert facts is not None
    assert facts.metadata == "now"
    footer = output.footer(NAME)
    assert PartFacts.from_footer(footer) == facts
    assert footer["own"] == "kept"
    new = [("queue", "new")]
    assert metas(output) == {"1-x": new, "1-y": new, "2": new, "3": None}
    again = written(
        tmp_path / "n", {one: (at, "new") for one, (at, _) in own.items() if at == "a"}, facts
    )
    kept = {one: v for one, v in own.items() if v[0] == "a"}
    same = written(tmp_path / "p", kept, FACTS)
    bring_metadata(same, source, of(FACTS, kept), "now")
    assert (tmp_path / "p/manifest" / NAME).read_bytes() == (
        tmp_path / "n/manifest" / NAME
    ).read_bytes()
    assert metas(again) == metas(same)


def test_where_it_cannot_be_told_nothing_is_written(tmp_path: Path) -> None:
    source = written(tmp_path / "m", {"1": ("a", "x"), "2": ("a", "y")}, FACTS)
    output = written(tmp_path / "o", {"1-x": ("a", "old"), "2": ("a", "old")}, FACTS)
    before = (tmp_path / "o/manifest" / NAME).read_bytes()
    assert bring_metadata(output, source, FACTS, "now") is None
    assert (tmp_path / "o/manifest" / NAME).read_bytes() == before


def test_quarantined_rows_have_it_too(tmp_path: Path) -> None:
    """As the manifest says of the row or the recording; what is not there keeps its own."""
    source = written(tmp_path / "m", {"1": ("a", "new")}, FACTS)
    output = written(tmp_path / "o", {"1": ("a", "old")}, FACTS)
    old, new = [("queue", "old")], [("queue", "new")]

    def refused(at: Output, rows: list[tuple[str | None, str, Any]]) -> None:
        named = [
            dict.fromkeys(QUARANTINE.names, "") | {"utterance_id": one, "recording_id": recording}
            | {"meta": meta}
            for one, recording, meta in rows
        ]  # fmt: skip
        uri = f"{at.quarantine_uri}/{NAME}"
        parquet.write(uri, pa.Table.from_pylist(named, QUARANTINE), "quarantine", {"own": "kept"})

    refused(source, [(None, "b", new)])
    refused(output, [("1", "a", old), (None, "b", None), ("9", "z", old)])
    bring_metadata(output, source, FACTS, "now")
    assert output.read_quarantine(NAME)["meta"].to_pylist() == [new, new, old]
    uri = f"{output.quarantine_uri}/{NAME}"
    assert parquet.read_footer(uri, "quarantine")[1]["own"] == "kept"
