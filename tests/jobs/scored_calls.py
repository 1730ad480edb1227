"""Small calls in a folder, ingested, and scored without an encoder."""

from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import soundfile

from daf_core.schemas import SCORES
from daf_core.storage import part_index, run_record
from daf_core.storage.output import manifest_output, scores_output
from daf_core.storage.places import with_ways
from daf_core.storage.publish_part import publish_part
from jobs.parts.calls import make_calls
from jobs.settings import EncodeResources, IngestSettings
from tests.core.calls.made_scores import FILLED, NOTHING

CUE = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello from {}\n\n00:01.000 --> 00:02.000\nand more\n"


def add_call(folder: Path, name: str) -> None:
    """Two seconds of silence but for one sample, by which no call is a copy of another."""
    sound = np.zeros(2 * 8000)
    sound[0] = (crc32(name.encode()) % 1000) / 32768
    soundfile.write(folder / f"{name}.wav", sound, 8000)
    (folder / f"{name}.vtt").write_text(CUE.format(name))


def asked(calls: Path, out: Path | str, **options: object) -> IngestSettings:
    return IngestSettings(source=str(calls), out=str(out), part_minutes=0.1, **options)  # type: ignore[arg-type]


def scored(out: Path | str, manifest_in: Path | str | None = None, older: bool = False) -> None:
    """Scores in `out` of the manifest in it or elsewhere, as `daf score` publishes them, of a head
    that says 1. older: as a daf that recorded no way to the manifest.
    """
    manifest, scores = (
        manifest_output(f"{manifest_in or f'{out}/manifest'}"),
        scores_output(str(out)),
    )
    record = run_record.read_complete(manifest)
    identity = {"manifest": record.fingerprint, "head": {"error_correlation": 0.25}}
    run_record.begin(scores, identity, fresh=False)
    fingerprint = run_record.fingerprint(identity)
    made = []
    for name, facts in part_index.of_finished(manifest, record).items():
        rows = [
            FILLED
            | {key: row[key] for key in SCORES.names if key in row}
            | {"sentiment": 1.0, "polarity": "positive", "words": 3}
            for row in manifest.read(name).to_pylist()
        ]
        publish_part(scores, facts, pa.Table.from_pylist(rows, SCORES), NOTHING, fingerprint)
        made.append(facts)
    part_index.write(scores.index_uri, made, fingerprint)
    rows_in = sum(part.rows for part in made)
    counts = {"parts": len(made), "rows_in": rows_in, "scored": rows_in, "flags": {}}
    facts = {"manifest": manifest.root, **counts}
    run_record.finish(scores, identity, facts if older else with_ways(scores.root, facts))
    make_calls(scores, EncodeResources())
