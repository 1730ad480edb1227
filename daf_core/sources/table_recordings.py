"""Rows of a table by recording: what they are called, and the check against their audio."""

import posixpath
from collections.abc import Iterable

from daf_core.errors import BadInput
from daf_core.recordings.decoding.parquet_cell import MARK
from daf_core.schemas import Row
from daf_core.sources.inspection import Inspected, identify, measure
from daf_core.sources.manifest_rows import place_in_recording, quarantine_row
from daf_core.storage.origins import ANYWHERE, REFUSED, Origins


def inspect_recordings(recordings: list[list[Row]], origins: Origins = ANYWHERE) -> Inspected:
    """Make manifest and quarantine rows of the recordings of one stem."""
    return Inspected.from_several(inspect_rows(rows, origins) for rows in recordings)


def rows_of_recordings(recordings: list[list[Row]], error: BadInput) -> list[Row]:
    """Quarantine rows of all rows of recordings, where they cannot be inspected."""
    return [quarantine_row(error, row) for rows in recordings for row in rows]


def inspect_rows(rows: list[Row], origins: Origins = ANYWHERE) -> Inspected:
    """Check the rows of one recording against its audio, sort them and give them ids.

    Rows with text are kept where the audio cannot be used: their text alone will be scored.
    """
    uris = dict.fromkeys(row["audio_uri"] for row in rows)
    sizes = {uri: measure(uri, origins) for uri in uris if uri}
    placed, quarantined = [], []
    for row in rows:
        size = sizes.get(row["audio_uri"])
        try:
            if isinstance(size, BadInput):
                if row["text"] is None or size.reason in REFUSED:
                    raise size
                row = {**row, "flags": [*row["flags"], size.reason]}
            elif size is not None:
                row = place_in_recording(row, size)
            placed.append(row)
        except BadInput as err:
            quarantined.append(quarantine_row(err, row))
    identified = identify(placed)
    return Inspected(identified.rows, quarantined + identified.quarantined)


def stem_of(row: Row, folder: str, stored: str | None) -> str:
    """The recording_id that the row gives, or else its audio path without suffix; for a recording
    in a cell the path that it had when it was `stored` there.
    """
    if row["recording_id"]:
        return str(row["recording_id"])
    path = _relative(row["audio_uri"], folder)
    if MARK in path:
        path = posixpath.normpath(stored).lstrip("/") if stored else path.replace(MARK, "/")
    return posixpath.splitext(path)[0]


def _relative(audio_uri: str, folder: str) -> str:
    return audio_uri.removeprefix(f"{folder}/")


def name_recordings(stem: str, rows: list[Row], folder: str) -> Iterable[list[Row]]:
    """Group rows by recording and give each a recording_id, which is the stem where none is given.

    Where files of one stem differ in suffix, the suffix is part of the id.
    """
    unnamed = {row["audio_uri"] for row in rows if not row["recording_id"]}
    recordings: dict[str, list[Row]] = {}
    for row in rows:
        name = row["recording_id"] or stem
        if not row["recording_id"] and len(unnamed) > 1:
            name = _relative(row["audio_uri"], folder)
        recordings.setdefault(name, []).append({**row, "recording_id": name})
    return recordings.values()
