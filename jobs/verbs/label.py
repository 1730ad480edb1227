"""daf label: scores → a table of utterances to label."""

import math

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.adaptation import choose
from daf_core.adaptation.label_table import (
    COLUMNS,
    SHOWN_SCORE,
    Cell,
    read_labels,
    write_label_table,
)
from daf_core.errors import SettingsError
from daf_core.storage import files, part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.run_record import RunRecord
from jobs.settings import LabelSettings


def run(settings: LabelSettings) -> str:
    """Write the table; returns a summary of one line.

    Raises:
        SettingsError: the scores or the manifest are missing, `out` is no CSV file or holds labels.
        NotDone: a file cannot be read or written.
    """
    _check_out(settings)
    scores = scores_output(settings.scores)
    record = run_record.read_complete(scores)
    rows = sum(part.rows for part in part_index.of_finished(scores, record).values())
    candidates = choose.candidates(scores, rows, settings.seed)
    if not len(candidates):
        raise SettingsError(
            f"{settings.scores}: expected scored utterances with speech or words, found none"
        )
    chosen = choose.choose(candidates, settings.rows, settings.seed)
    texts = _texts(_manifest(settings, record), chosen) if settings.text else {}
    table = sorted(_rows(chosen, texts, rows / len(candidates)), key=_by_time)
    columns = [*COLUMNS, SHOWN_SCORE] if settings.show_scores else COLUMNS
    write_label_table(settings.out, table, columns)
    recordings = len(chosen["recording_id"].unique())
    return (
        f"{len(chosen)} of {rows:,} utterances, of {recordings} recordings, in {settings.out}; "
        f"fill in its column label, from -3 to 3, and leave empty what nobody can tell "
        f"(`daf browse {settings.scores}` plays any utterance); then "
        f"`daf adapt --scores {settings.scores} --labels {settings.out} --out adapted`"
    )


def _check_out(settings: LabelSettings) -> None:
    if not settings.out.endswith(".csv"):
        raise SettingsError(f"`out` {settings.out}: expected a name that ends in .csv")
    if settings.fresh or not files.exists(settings.out):
        return
    held = len(read_labels(settings.out).labels)
    if held:
        raise SettingsError(
            f"`out` {settings.out}: expected no table or one without labels, found {held} labels; "
            f"choose another name, or replace it with `fresh`"
        )


def _manifest(settings: LabelSettings, record: RunRecord) -> Output | None:
    """The manifest with the words; None if the one that was scored is gone and none is named."""
    found = settings.manifest or record.facts.get("manifest")
    manifest = manifest_output(str(found))
    if manifest.part_names():
        return manifest
    if settings.manifest is None:
        return None
    raise SettingsError(
        f"`manifest` {settings.manifest}: expected part-*.parquet of a manifest, found none; give "
        f"the folder that daf ingest wrote"
    )


def _texts(manifest: Output | None, chosen: pa.Table) -> dict[str, str]:
    """Words by utterance id: a part of the scores has the name of its part of the manifest."""
    texts: dict[str, str] = {}
    names = () if manifest is None else manifest.part_names()
    for part in set(chosen["part"].to_pylist()) & {*names}:
        assert manifest is not None
        rows = manifest.read(part, ["utterance_id", "text"])
        own = rows.filter(pc.is_in(rows["utterance_id"], chosen["utterance_id"].combine_chunks()))
        texts |= {row["utterance_id"]: row["text"] for row in own.to_pylist() if row["text"]}
    return texts


def _rows(chosen: pa.Table, texts: dict[str, str], sampled: float) -> list[dict[str, Cell]]:
    """The rows of the table; where a random part of the scores was looked at, each row stands for
    `sampled` times as many.
    """
    return [
        {
            **row,
            "text": texts.get(row["utterance_id"]),
            "stands_for": row["stands_for"] * sampled,
        }
        for row in chosen.to_pylist()
    ]


def _by_time(row: dict[str, Cell]) -> tuple[str, float]:
    """In the order in which they are heard."""
    start_s = row["start_s"]
    return str(row["recording_id"]), start_s if isinstance(start_s, float) else -math.inf
