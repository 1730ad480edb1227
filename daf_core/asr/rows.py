"""The rows of one manifest part: those without words get them, others stay as they are.

Memory is bounded by a few minutes of audio, however long a recording or row is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.arrays import RATE_HZ, Samples
from daf_core.asr.recognizer import Recognized
from daf_core.asr.stretches import Stretch, stretches
from daf_core.asr.utterances import Spoken, with_words
from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.recordings.levels import even_out, holds_nothing
from daf_core.recordings.tones import sound_kind
from daf_core.schemas import FLAGS, MANIFEST, WORDS, Row, quarantine_rows
from daf_core.storage.origins import ANYWHERE, Origins

STAGE = "transcribe"  # in the quarantine
CHUNK_S = 240.0  # of speech, recognized at once

Recognize: TypeAlias = Callable[[Sequence[Samples], str | None], list[Recognized]]


class Transcribed(NamedTuple):
    """A part with recognized words: a manifest table, and a WORDS table."""

    rows: pa.Table
    words: pa.Table


def transcribe(
    rows: pa.Table,
    recognize: Recognize,
    again: bool = False,
    language: str | None = None,
    origins: Origins = ANYWHERE,
) -> Transcribed:
    """Recognize the words of those `rows` of a manifest part that have audio and no words.

    recognize: waves and their language, or None → what was recognized (`Recognizer`); again: rows
    with words, too; language: of all rows, None: found in each channel of each recording; origins:
    where recordings may lie.

    A row keeps its id and its times. A row of more than 20 s without a label is cut into utterances
    at pauses and ends of sentences; their ids follow from its id. No row is lost: without words a
    row carries a flag that says why.
    """
    made: list[Row] = []
    words: list[Row] = []
    for uri, group in groupby(rows.to_pylist(), key=lambda row: row["audio_uri"]):
        theirs = list(group)
        wanted = [row for row in theirs if is_wanted(row, again)]
        kept = {row["utterance_id"] for row in wanted}
        others = [row for row in theirs if row["utterance_id"] not in kept]
        find = partial(_recording, recognize=recognize, language=language, origins=origins)
        found = find(uri, wanted, others) if wanted else {}
        for row in theirs:
            for one in found.get(row["utterance_id"], [Spoken(row, [])]):
                made.append(one.row)
                words += one.as_words()
    return Transcribed(
        pa.Table.from_pylist(made, schema=MANIFEST), pa.Table.from_pylist(words, schema=WORDS)
    )


def is_wanted(row: Row, again: bool = False) -> bool:
    """Whether the words of a row are to be recognized: it has audio, and no words or `again`."""
    return row["audio_uri"] is not None and (again or row["text"] is None)


def give_up(rows: pa.Table, message: str, again: bool = False) -> tuple[pa.Table, pa.Table]:
    """The `rows` of a part that no process survives: those that are not wanted, and the quarantine
    of the others, as `poison`.
    """
    wanted = pa.array([is_wanted(row, again) for row in rows.to_pylist()], pa.bool_())
    lost = quarantine_rows(rows.filter(wanted), STAGE, "poison", message)
    return rows.filter(pc.invert(wanted)), lost


def _recording(
    uri: str,
    rows: list[Row],
    others: list[Row],
    recognize: Recognize,
    language: str | None,
    origins: Origins,
) -> dict[str, list[Spoken]]:
    """Utterance id → what became of the row, of rows of one recording."""
    heard: dict[str, list[tuple[Stretch, Recognized]]] = defaultdict(list)
    try:
        with open_recording(uri, origins) as recording:
            planned, broken = stretches(recording, rows, others)
            for _, channel in groupby(planned, key=lambda one: one.channel):
                for stretch, found in _channel(recording, list(channel), recognize, language):
                    heard[stretch.utterance_id].append((stretch, found))
    except BadInput as err:
        broken = {row["utterance_id"]: err for row in rows if row["utterance_id"] not in heard}
    return {
        row["utterance_id"]: with_words(
            row, heard[row["utterance_id"]], _flag_of(broken.get(row["utterance_id"]))
        )
        for row in rows
    }


def _channel(
    recording: Recording, planned: list[Stretch], recognize: Recognize, language: str | None
) -> Iterator[tuple[Stretch, Recognized]]:
    """What was recognized in stretches of one channel; its language is that of the first of them in
    which one is found.
    """
    for chunk in _chunks(planned):
        waves = [_wave(recording, stretch) for stretch in chunk]
        speech = [wave for wave in waves if not isinstance(wave, str)]
        found = iter(recognize(speech, language) if speech else ())
        for stretch, wave in zip(chunk, waves, strict=True):
            result = next(found) if not isinstance(wave, str) else Recognized([], None, wave)
            language = language or result.language
            yield stretch, result


def _chunks(planned: list[Stretch]) -> Iterator[list[Stretch]]:
    chunk: list[Stretch] = []
    seconds = 0.0
    for stretch in planned:
        if chunk and seconds + stretch.seconds > CHUNK_S:
            yield chunk
            chunk, seconds = [], 0.0
        chunk.append(stretch)
        seconds += stretch.seconds
    if chunk:
        yield chunk


def _wave(recording: Recording, stretch: Stretch) -> Samples | str:
    """The samples of a stretch, or the flag that says why there is nothing to recognize."""
    try:
        samples = recording.read(stretch.heard_from_s, stretch.heard_to_s, stretch.channel)
    except BadInput as err:
        return _flag_of(err) or "no_words"
    if not len(samples) and stretch.seconds >= 1 / RATE_HZ:
        return "outside_recording"
    samples = even_out(samples, recording.bounded)
    return "no_words" if holds_nothing(samples) or sound_kind(samples) else samples


def _flag_of(err: BadInput | None) -> str | None:
    if err is None:
        return None
    return err.reason if err.reason in FLAGS else "unreadable_audio"
