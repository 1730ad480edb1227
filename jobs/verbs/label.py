"""daf label: scores → a table of utterances to label."""

import math
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.adaptation import choose
from daf_core.adaptation.label_table import (
    COLUMNS,
    FILE,
    SHOWN_SCORE,
    Cell,
    read_labels,
    write_label_table,
)
from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.storage import files, part_index, run_record
from daf_core.storage.output import Output, scores_output
from jobs.command.told import tell
from jobs.settings import LabelSettings
from jobs.verbs.scored_manifest import NAME_IT, given_manifest, manifest_or_said

_LEFT_OUT = "left out are tones, music, silence, and rows whose recording cannot be heard"


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
    if not len(candidates.table):
        raise SettingsError(
            f"{settings.scores}: expected scored utterances that can be labelled, found none among "
            f"{rows:,}; {_LEFT_OUT}"
        )
    chosen = choose.choose(candidates.table, settings.rows, settings.seed)
    known = _known(_manifest(settings, scores), chosen)
    if not settings.text:
        known = {one: {**row, "text": None} for one, row in known.items()}
    table = sorted(_rows(chosen, known, candidates.eligible), key=_by_time)
    shown = [SHOWN_SCORE] if settings.show_scores else []
    write_label_table(settings.out, table, [*_columns(table), *shown])
    recordings = len(chosen["recording_id"].unique())
    eligible = candidates.eligible
    told = {"utterances": rows, "eligible": eligible, "recordings": recordings}
    tell("labelled", out=settings.out, chosen=len(chosen), **told)
    of_these = "" if eligible == rows else f", {eligible:,} of which can be labelled ({_LEFT_OUT})"
    return (
        f"{len(chosen):,} of {number_of(rows, 'utterance')}{of_these}, of "
        f"{number_of(recordings, 'recording')}, in {settings.out}; fill in its column label, from "
        f"-3 to 3, and leave empty what nobody can "
        f"tell (`daf browse {settings.scores}` plays any utterance); then "
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
            f"`out` {settings.out}: expected no table or one without labels, found "
            f"{number_of(held, 'label')}; choose another name, or replace it with `fresh`"
        )


def _manifest(settings: LabelSettings, scores: Output) -> Output | None:
    """The manifest with words and files; None if it is gone, and none is named."""
    if settings.manifest is None:
        return manifest_or_said(scores, NAME_IT)
    return given_manifest(settings.manifest)


def _known(manifest: Output | None, chosen: pa.Table) -> dict[str, dict[str, Cell]]:
    """Words and file of the recording by utterance id: a part of the scores has the name of its
    part of the manifest. Files are not named where the names of recordings are hashed.
    """
    if manifest is None:
        return {}
    record = run_record.read(manifest)
    hashed = record is not None and "hash_ids" in record.identity
    known: dict[str, dict[str, Cell]] = {}
    for part in {*chosen["part"].to_pylist()} & {*manifest.part_names()}:
        rows = manifest.read(part, ["utterance_id", "text", "audio_uri"])
        own = rows.filter(pc.is_in(rows["utterance_id"], chosen["utterance_id"].combine_chunks()))
        for row in own.to_pylist():
            file = None if hashed else row["audio_uri"]
            known[row["utterance_id"]] = {"text": row["text"] or None, FILE: file}
    return known


def _columns(table: Iterable[Mapping[str, Cell]]) -> list[str]:
    """The columns of the table; the file comes after the recording, where any is known."""
    if not any(row.get(FILE) for row in table):
        return [*COLUMNS]
    after = COLUMNS.index("recording_id") + 1
    return [*COLUMNS[:after], FILE, *COLUMNS[after:]]


def _rows(
    chosen: pa.Table, known: Mapping[str, Mapping[str, Cell]], eligible: int
) -> list[dict[str, Cell]]:
    """The rows of the table, which together stand for the `eligible` ones: by chance those of one
    draw stand for some more or less, and for fewer where a random part was looked at.
    """
    scale = eligible / pc.sum(chosen["stands_for"]).as_py()
    return [
        {
            **row,
            **known.get(row["utterance_id"], {}),
            "stands_for": row["stands_for"] * scale,
        }
        for row in chosen.to_pylist()
    ]


def _by_time(row: dict[str, Cell]) -> tuple[str, float]:
    """In the order in which they are heard."""
    start_s = row["start_s"]
    return str(row["recording_id"]), start_s if isinstance(start_s, float) else -math.inf
