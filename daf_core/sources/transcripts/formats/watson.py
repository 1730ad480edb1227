"""IBM Watson Speech to Text's JSON: words as lists of text, start and end; speakers by start.

https://cloud.ibm.com/docs/speech-to-text?topic=speech-to-text-basic-response, …-speaker-labels
"""

from typing import Any

from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    clean,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.times import seconds
from daf_core.sources.transcripts.reading.words import Word, utterances

_PAUSE = "%HESITATION"


def recognises(document: Document) -> bool:
    """Whether an alternative of one of the first results has `timestamps`."""
    return any(
        first_object(Fields(one).entries("alternatives")).entries("timestamps")
        for one in _results(document)[:20]
        if isinstance(one, dict)
    )


def read(document: Document) -> Transcript:
    """Words of each result grouped into utterances; interim results are left out."""
    labels = root(document).entries("speaker_labels")
    speakers = {
        seconds(fields.get("from")): fields.label("speaker")
        for fields in (Fields(one) for one in labels if isinstance(one, dict))
    }

    def result(fields: Fields) -> list[Transcript]:
        if fields.get("final") is False:
            return []
        best = first_object(fields.entries("alternatives"))
        confidence = best.fraction("confidence")
        pairs = [{"word": one} for one in best.entries("timestamps")]
        words, unread = read_each(pairs, "word", lambda one: _word(one, speakers, confidence))
        return [Transcript(cues=utterances(words), unread=unread)]

    found, unread = read_each(_results(document), "result", result)
    return Transcript(
        cues=[cue for one in found for cue in one.cues],
        unread=unread + [place for one in found for place in one.unread],
    )


def _word(
    fields: Fields, speakers: dict[float | None, str | None], confidence: float | None
) -> list[Word]:
    """A word of [text, start, end]; the confidence is that of all words of the result."""
    parts = fields.entries("word")
    if len(parts) != 3 or not isinstance(parts[0], str):
        raise Unreadable
    if parts[0] == _PAUSE:
        return []
    times = Fields({"start": parts[1], "end": parts[2]})
    start_s = times.seconds("start")
    return [
        Word(
            text=clean(parts[0]),
            start_s=start_s,
            end_s=times.seconds("end"),
            speaker=None if start_s is None else speakers.get(start_s),
            confidence=confidence,
        )
    ]


def _results(document: Document) -> list[Any]:
    """The results; a recognition that was asked for later holds them one level deeper."""
    top = root(document)
    inner = first_object(top.entries("results"))
    return inner.entries("results") or top.entries("results")
