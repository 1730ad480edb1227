"""A manifest, what was recognized for it, and scores, as finished runs leave them."""

from pathlib import Path

import pyarrow as pa

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES, WORDS, quarantine_rows
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from tests.core.calls.made_scores import FILLED

PART = "part-00000.parquet"
BLANK = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": []}


def manifest_rows(*utterances: tuple[str, str, str | None]) -> pa.Table:
    """Rows of (recording, utterance, text)."""
    return pa.Table.from_pylist(
        [
            BLANK | {"recording_id": recording, "utterance_id": name, "text": text}
            for recording, name, text in utterances
        ],
        MANIFEST,
    )


def scores_of(rows: pa.Table) -> pa.Table:
    """A score of each row."""
    scored = [
        FILLED | {"recording_id": row["recording_id"], "utterance_id": row["utterance_id"]}
        | {"sentiment": 1.0}
        for row in rows.to_pylist()
    ]  # fmt: skip
    return pa.Table.from_pylist(scored, SCORES)


def put(output: Output, rows: pa.Table, contents: str, words: pa.Table | None = None) -> PartFacts:
    """Publish a run of one part, made of rows with the fingerprint `contents`."""
    quarantine = QUARANTINE.empty_table()
    if output.kind == "scores":
        rows, lost = rows.slice(0, len(rows) - 1), rows.slice(len(rows) - 1)
        quarantine = quarantine_rows(lost, "encode", "encoder_failed", "x")
    identity = {"of": output.root}
    facts = PartFacts(
        name=PART,
        rows_fingerprint=contents,
        rows_in=len(rows) + len(quarantine),
        rows=len(rows),
        audio_s=1.0,
        reasons={"encoder_failed": 1} if len(quarantine) else {},
    )
    run_record.begin(output, identity, fresh=False)
    fingerprint = run_record.fingerprint(identity)
    publish_part(output, facts, rows, quarantine, fingerprint, words)
    part_index.write(output.index_uri, [facts], fingerprint)
    counts = {"parts": 1, "rows_in": facts.rows_in, "scored": facts.rows, "flags": {}}
    run_record.finish(output, identity, counts)
    return facts


def chain(folder: Path) -> tuple[Output, Output, Output]:
    """Recordings a and b: `b` was recognized, and the last row of b is quarantined by scoring."""
    own, other = (manifest_output(f"{folder}/{name}") for name in ("manifest", "transcribed"))
    scores = scores_output(str(folder))
    put(own, manifest_rows(("a", "1", "hello"), ("b", "2", None)), "before")
    words = [
        {"utterance_id": name, "word": "w", "start_s": 0.0, "end_s": 1.0, "probability": 1.0}
        for name in ("2x", "2y")
    ]
    recognized = manifest_rows(("a", "1", "hello"), ("b", "2x", "well"), ("b", "2y", "yes"))
    put(other, recognized, "before", pa.Table.from_pylist(words, WORDS))
    put(scores, scores_of(recognized), "before")
    return own, other, scores
