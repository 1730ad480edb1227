"""The rows of one manifest part: those without words get them, others stay as they are.

Memory is bounded by a few minutes of audio, however long a recording or row is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from daf_core.storage.apart import Ended, Reads, here
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
    reads: Reads = here,
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
        heard = reads(_heard, uri, wanted, others, origins) if wanted else ()
        found = _recognized(wanted, heard, recognize, language)
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


class _Heard(NamedTuple):
    """Stretches of one channel with their samples, or the flags that say why there is nothing to
    recognize.
    """

    channel: int | None
    stretches: list[Stretch]
    waves: list[Samples | str]


_Broken: TypeAlias = dict[str, BadInput]  # utterance id → why the row cannot be heard


def _heard(
    uri: str, rows: list[Row], others: list[Row], origins: Origins
) -> Iterator[_Heard | _Broken]:
    """What is to be recognized in rows of one recording, by channel and time."""
    try:
        with open_recording(uri, origins) as recording:
            planned, broken = stretches(recording, rows, others)
            yield broken
            for channel, own in groupby(planned, key=lambda one: one.channel):
                for chunk in _chunks([*own]):
                    yield _Heard(channel, chunk, [_wave(recording, one) for one in chunk])
    except BadInput as err:
        yield {row["utterance_id"]: err for row in rows}


def _recognized(
    rows: list[Row], heard: Iterable[_Heard | _Broken], recognize: Recognize, language: str | None
) -> dict[str, list[Spoken]]:
    """Utterance id → what became of the row, of rows of one recording. The language of a channel is
    that of the first of its stretches in which one is found.
    """
    found: dict[str, list[tuple[Stretch, Recognized]]] = defaultdict(list)
    broken: _Broken = {}
    languages: dict[int | None, str | None] = {}
    try:
        for one in heard:
            if isinstance(one, dict):
                broken |= {name: err for name, err in one.items() if name not in found}
                continue
            own = language or languages.get(one.channel)
            speech = [wave for wave in one.waves if not isinstance(wave, str)]
            results = iter(recognize(speech, own) if speech else ())
            for stretch, wave in zip(one.stretches, one.waves, strict=True):
                result = next(results) if not isinstance(wave, str) else Recognized([], None, wave)
                languages[one.channel] = languages.get(one.channel) or result.language
                found[stretch.utterance_id].append((stretch, result))
    except Ended as err:
        broken |= {row["utterance_id"]: err for row in rows if row["utterance_id"] not in found}
    return {
        (name := row["utterance_id"]): with_words(row, found[name], _flag_of(broken.get(name)))
        for row in rows
    }


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
