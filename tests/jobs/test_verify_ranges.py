"""`daf verify` reads the scores too: one out of its range is a fault, whoever wrote it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES
from daf_core.storage import files
from daf_core.storage.output import Output, manifest_output, scores_output
from jobs.verbs.verify import verify_part

NAME, FINGERPRINT = "part-00000.parquet", "f" * 16


def filled(schema: pa.Schema, **columns: object) -> pa.Table:
    """Two rows; columns that are not given are null or empty."""
    values = {"utterance_id": ["a", "b"], "recording_id": ["r", "r"], "flags": [[], []], **columns}
    return pa.table(
        [pa.array(values.get(f.name, [None, None]), f.type) for f in schema], schema=schema
    )


def written(output: Output, rows: pa.Table) -> Output:
    """A folder with one part, as somebody else's program may write it."""
    footer = {"daf.fingerprint": FINGERPRINT}
    for uri, data in output.encoded(NAME, rows, QUARANTINE.empty_table(), footer):
        files.publish(uri, data)
    return output


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({}, None),
        ({"sentiment": [0.5, np.nan]}, "1 row with sentiment outside [-3, 3]: b"),
        ({"sentiment": [0.5, 9.0]}, "1 row with sentiment outside [-3, 3]: b"),
        ({"text_weight": [0.5, 1.0], "audio_weight": [0.9, 0.0]}, "not 1: a"),
        ({"interval_low": [2.0, 0.0], "interval_high": [1.0, 1.0]}, "above interval_high: a"),
    ],
)
def test_scores_out_of_range_are_faults(
    tmp_path: Path, columns: dict[str, list[float]], fault: str | None
) -> None:
    manifest = written(manifest_output(str(tmp_path / "m")), filled(MANIFEST))
    rows = {"sentiment": [0.5, -0.5], "polarity": ["positive", "negative"], **columns}
    scores = written(scores_output(str(tmp_path / "s")), filled(SCORES, **rows))
    found = verify_part(NAME, manifest, scores, FINGERPRINT)
    assert (found.rows_in, found.scored, found.quarantined) == (2, 2, 0)
    if fault is None:
        assert found.faults == []
    else:
        (one,) = found.faults
        assert one.endswith(fault)


@pytest.mark.parametrize("time", [np.nan, np.inf])
def test_a_time_that_is_none_is_a_fault(tmp_path: Path, time: float) -> None:
    manifest = written(manifest_output(str(tmp_path / "m")), filled(MANIFEST))
    rows = {"sentiment": [0.5, -0.5], "polarity": ["positive", "negative"], "end_s": [1.0, time]}
    scores = written(scores_output(str(tmp_path / "s")), filled(SCORES, **rows))
    (fault,) = verify_part(NAME, manifest, scores, FINGERPRINT).faults
    assert "end_s: expected finite numbers, found NaN or infinite ones" in fault
