"""What a manifest says of the utterances that a page names: their words, and their sounds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import SettingsError
from daf_core.privacy.words import were_dropped
from daf_core.redaction.marks import REDACTED, without_marks
from daf_core.report.clips import Sound
from daf_core.report.quarantine import shortened
from daf_core.schemas import Row
from daf_core.storage import missing, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import manifest_output

_COLUMNS = ["utterance_id", "text", "audio_uri", "channel", "start_s", "end_s", "flags"]


@dataclass(frozen=True)
class Named:
    """By utterance id. sounds: not of rows in whose words something was redacted, as it is said
    there, and none where words were dropped; note: why there are no words, empty if there are.
    """

    texts: dict[str, str] = field(default_factory=dict)
    sounds: dict[str, Sound] = field(default_factory=dict)
    note: str = ""


def named_in_manifest(
    given: str | None, from_run: Any, ids: Collection[str], allow_roots: Sequence[str] = ()
) -> Named:
    """What a manifest says of utterances: of the one that is given, or that run.json names.

    allow_roots: where recordings may lie beside where the manifest says.

    Raises:
        SettingsError: there is no manifest at `given`.
        NotDone: the storage fails.
    """
    folder = given or from_run
    if not isinstance(folder, str):
        return Named(note="not shown: run.json names no manifest; daf report can be given one")
    source = manifest_output(folder)
    parts = source.part_names()
    if given and not parts:
        raise SettingsError(
            f"`manifest` {given}: expected part-*.parquet of a manifest, found none; give the "
            f"folder that daf ingest wrote"
        )
    if not parts:
        return Named(
            note=f"not shown: there is no manifest at {folder}; daf report can be given another"
        )
    missing.check_all_parts(source)
    record = run_record.read(source)
    origins = of_manifest(record, checked_roots(allow_roots))
    dropped = were_dropped(record)  # and in clips they would be heard
    found = Named(note="not shown: they were dropped" if dropped else "")
    wanted = pa.array(sorted(ids), pa.string())
    for part in parts:
        rows = source.read(part, _COLUMNS)
        for row in rows.filter(pc.is_in(rows["utterance_id"], wanted)).to_pylist():
            if row["text"] is not None and not dropped:
                found.texts[row["utterance_id"]] = shortened(row["text"])
            if row["audio_uri"] is not None and not dropped and not _is_redacted(row):
                found.sounds[row["utterance_id"]] = Sound(
                    row["audio_uri"], row["channel"], row["start_s"], row["end_s"], origins
                )
    return found


def _is_redacted(row: Row) -> bool:
    text = row["text"] or ""
    return REDACTED in row["flags"] or without_marks(text) != text
