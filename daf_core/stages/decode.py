"""Decode one part of a manifest: add the audio of every row. Each recording is opened once."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from daf_core.arrays import RATE_HZ, Samples
from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.recordings.decoding.bounds import PART_S
from daf_core.recordings.levels import audio_flags, even_out, holds_nothing
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.recordings.tones import sound_kind
from daf_core.redaction.marks import spoken_only
from daf_core.schemas import TIME_FLAGS, Row
from daf_core.stages.ahead import ahead
from daf_core.stages.decoded import DECODED, Decoded, table_of
from daf_core.storage.apart import Ended, Reads, each, here
from daf_core.storage.files import is_remote
from daf_core.storage.origins import ANYWHERE, REFUSED, Origins

_Recording: TypeAlias = tuple[str | None, list[Row]]  # where it is, and its rows
# What ingest found stays true where a recording is not opened: the figures of calls rest on it.
_OUTSIDE = frozenset({"outside_recording"})
RECORDINGS_AT_ONCE = 8  # of an object store: most of the time is waiting for its answers


def decode_part(
    rows: pa.Table,
    audio: bool = True,
    synthesizer: Synthesizer | None = None,
    origins: Origins = ANYWHERE,
    reads: Reads = here,
) -> pa.Table:
    """Add audio to the `rows` of one manifest part: a DECODED table of the same rows in order.

    audio: whether recordings are opened at all; synthesizer: makes audio from the text of rows that
    name no recording; origins: where recordings may lie; reads: where they are read. A recording
    or row that cannot be used raises nothing: a row with text keeps it and is flagged, a row
    without text gets a `reason`. So does any row whose recording may not be opened.

    Marks of what was redacted leave the text; the row is flagged `redacted`.

    Raises:
        SettingsError: the command of the synthesizer cannot be run.
    """
    recordings = [
        (uri if audio else None, list(group))
        for uri, group in groupby(spoken_only(rows).to_pylist(), key=lambda row: row["audio_uri"])
    ]
    budget = PartBudget("the part")
    found = [DECODED.empty_table()]
    if not any(uri for uri, _ in recordings):
        reads = here
    decoded = _decoded(recordings, synthesizer, origins, reads)
    for (_, rows_of), table in zip(recordings, decoded, strict=True):
        found.append(budget.of_table(rows_of, table))
    return pa.concat_tables(found)


def _decoded(
    recordings: list[_Recording], synthesizer: Synthesizer | None, origins: Origins, reads: Reads
) -> Iterator[pa.Table]:
    """The rows of each recording, decoded."""
    found = each(reads, _decode_recordings, recordings, synthesizer, origins)
    for (uri, rows), one in zip(recordings, found, strict=True):
        if isinstance(one, Ended):
            told = BadInput(one.reason, f"{uri}: {one.message}")
            one = table_of(rows, [_unusable_audio(row, told) for row in rows])
        yield one


def _decode_recordings(
    recordings: list[_Recording], synthesizer: Synthesizer | None, origins: Origins
) -> Iterator[pa.Table]:
    decode = partial(_decode_recording, synthesizer=synthesizer, origins=origins)
    if not any(uri and is_remote(uri) for uri, _ in recordings):
        yield from map(decode, recordings)
        return
    with ThreadPoolExecutor(RECORDINGS_AT_ONCE) as pool:
        yield from ahead(pool, decode, recordings, RECORDINGS_AT_ONCE)


def _decode_recording(
    recording: _Recording, synthesizer: Synthesizer | None, origins: Origins
) -> pa.Table:
    """The rows of one recording as a table of their own, so that samples are not held twice."""
    uri, rows = recording
    if uri is None:
        decoded = [_without_audio(row, synthesizer) for row in rows]
    else:
        decoded = _with_audio(uri, rows, origins)
    return table_of(rows, decoded)


class PartBudget:
    """How much sound is held at once: rows beyond it are as without audio, `too_long`."""

    def __init__(self, of: str) -> None:
        self._of, self._left = of, PART_S * RATE_HZ * 2  # bytes

    def taken(self, row: Row, found: Decoded) -> Decoded:
        """What was decoded of a row, if there is room for its samples."""
        self._left -= len(found.samples or b"")
        if self._left >= 0 or found.samples is None:
            return found
        hours = PART_S / 3600
        error = f"{self._of}: expected rows of at most {hours:.0f} hours together, found more"
        return _unusable_audio(row, BadInput("too_long", error))

    def of_table(self, rows: list[Row], table: pa.Table) -> pa.Table:
        """The decoded rows of a recording, if there is room for all their samples."""
        self._left -= table.nbytes if self._left >= 0 else 0
        if self._left >= 0 or table["samples"].null_count == len(table):
            return table
        error = BadInput("too_long", f"{self._of}: expected at most {PART_S / 3600:.0f} hours")
        return table_of(rows, [_unusable_audio(row, error) for row in rows])


def _without_audio(row: Row, synthesizer: Synthesizer | None) -> Decoded:
    """A row whose recording is not opened."""
    if row["text"] is not None:
        if row["audio_uri"] is None and synthesizer is not None:
            return _read_out(row["text"], synthesizer)
        return Decoded(flags=["no_audio", *_OUTSIDE.intersection(row["flags"])])
    if row["audio_uri"] is None:
        return Decoded(reason="empty_row", message="the row has neither text nor audio")
    return Decoded(reason="unused_modality", message="the row has only audio, which is not used")


def _read_out(text: str, synthesizer: Synthesizer) -> Decoded:
    """The text as the synthesizer reads it out."""
    try:
        samples = synthesizer.read_out(text)
    except BadInput:
        return Decoded(flags=["no_audio", "not_synthesized"])
    samples = even_out(samples, bounded=True)
    if holds_nothing(samples):
        return Decoded(flags=["no_audio", "not_synthesized"])
    return Decoded(_pcm(samples), ["synthesized", *audio_flags(samples)])


def _with_audio(uri: str, rows: list[Row], origins: Origins) -> list[Decoded]:
    """Rows of one recording, each with the samples between its times."""
    try:
        with open_recording(uri, origins) as recording:
            budget = PartBudget(uri)
            return [budget.taken(row, _cut(recording, row)) for row in rows]
    except BadInput as err:
        return [_unusable_audio(row, err) for row in rows]


def _cut(recording: Recording, row: Row) -> Decoded:
    start_s, end_s = row["start_s"], row["end_s"]
    try:
        if untimed := TIME_FLAGS.intersection(row["flags"]):
            raise BadInput(min(untimed), f"{row['audio_uri']}: expected times, found none")
        if start_s is None:  # the length of the recording was not known at ingest
            start_s, end_s = 0.0, recording.duration_s
        if not (math.isfinite(start_s) and math.isfinite(end_s)):
            raise BadInput("bad_time", f"{row['audio_uri']}: expected times in seconds, found none")
        longest_s = recording.longest_cut_s
        is_cut = end_s - start_s > longest_s
        samples = recording.read(start_s, min(end_s, start_s + longest_s), row["channel"])
        if not len(samples) and start_s < recording.duration_s:
            return _less_than_a_sample(row)
        if not len(samples):
            raise BadInput(
                "outside_recording",
                f"{row['audio_uri']}: expected audio from {start_s:.2f} to {end_s:.2f} s, "
                f"found that the recording ends at {recording.duration_s:.2f} s",
            )
    except BadInput as err:
        return _unusable_audio(row, err)
    samples = even_out(samples, recording.bounded)
    if holds_nothing(samples):
        return _nothing_to_hear(row, start_s, end_s)
    kind = sound_kind(samples)
    flags = audio_flags(samples) + ([kind] if kind else [])
    flags += ["truncated_audio"] * is_cut
    flags += [] if row["text"] is not None else ["no_text"]
    return Decoded(_pcm(samples), flags)


def _less_than_a_sample(row: Row) -> Decoded:
    """A row whose times lie so near to each other that there is no audio between them."""
    if row["text"] is not None:
        return Decoded(flags=["no_audio", "short"])
    times = f"{row['start_s']} to {row['end_s']} s"
    return Decoded(
        reason="empty_audio",
        message=f"{row['audio_uri']}: expected audio from {times}, found less than one sample",
    )


def _nothing_to_hear(row: Row, start_s: float, end_s: float) -> Decoded:
    """A row whose cut holds no sound: as without audio; quarantined if it has no text either."""
    if row["text"] is not None:
        return Decoded(flags=["no_audio", "silent"])
    return Decoded(
        reason="silent_audio",
        message=f"{row['audio_uri']}: expected sound from {start_s:.2f} to {end_s:.2f} s, found "
        f"none (zeros, a constant or a click)",
    )


def _pcm(samples: Samples) -> bytes:
    """Samples (samples,) in [-1, 1] as 16-bit integers, little-endian."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()


def _unusable_audio(row: Row, err: BadInput) -> Decoded:
    """A row whose audio cannot be used: flagged if it has text, else quarantined; what may not be
    opened is quarantined.
    """
    if row["text"] is not None and err.reason not in REFUSED:
        return Decoded(flags=["no_audio", err.reason])
    return Decoded(reason=err.reason, message=err.message)
