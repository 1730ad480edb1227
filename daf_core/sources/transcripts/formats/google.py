"""Google Cloud Speech-to-Text's JSON, v1 and v2, in camelCase or snake_case.

https://cloud.google.com/speech-to-text/docs/reference/rest/v1/SpeechRecognitionResult,
…/v2/SpeechRecognitionResult, and docs/multiple-voices: with diarization, v1 repeats all words in
the last result, with a speakerTag each. Channels count from 1. A time of 0 may be left out.
"""

from dataclasses import dataclass
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.channels import by_start
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.words import Word, utterances


@dataclass(frozen=True)
class Result:
    """One result: its words, or its transcript where it has no words, and when it ends."""

    words: list[Word]
    unread: list[str]
    transcript: str
    channel: int | None
    end_s: float | None
    confidence: float | None


def recognises(document: Document) -> bool:
    """Whether the document has results whose alternatives have a transcript or words."""
    results = _results(document)
    return (
        any(
            first_object(Fields(one).entries("alternatives")).values.keys()
            & {"transcript", "words"}
            for one in results[:20]
            if isinstance(one, dict)
        )
        or len(_by_file(document)) > 1
    )


def read(document: Document) -> Transcript:
    """Words of each result grouped into utterances; a result without words is one cue.

    Raises:
        BadInput: `unreadable_transcript`: the results are of several recordings.
    """
    if len(files := _by_file(document)) > 1:
        raise BadInput(
            "unreadable_transcript",
            f"expected results of one recording, found {len(files)} recordings",
        )
    entries = _results(document)
    results, unread = read_each(entries, "result", _result)
    by_channel: dict[int | None, list[Result]] = {}
    for result in results:
        by_channel.setdefault(result.channel, []).append(result)
    cues: list[Cue] = []
    for channel, several in by_channel.items():
        used = several[-1:] if _repeats_all(several) else several
        cues += _cues(used, channel)
        unread += [place for result in used for place in result.unread]
    language = first_object(entries).get("languageCode", "language_code")
    return Transcript(cues=by_start(cues), unread=unread, language=language_tag(language))


def _repeats_all(results: list[Result]) -> bool:
    """Whether the last result has the words of all others again, with speakers."""
    *before, last = results
    words = [word for result in before for word in result.words]
    return (
        bool(words)
        and len(last.words) >= len(words)
        and all(word.speaker is not None for word in last.words)
        and all(word.speaker is None for word in words)
    )


def _cues(results: list[Result], channel: int | None) -> list[Cue]:
    cues: list[Cue] = []
    before_s: float | None = 0.0
    for result in results:
        if result.words:
            cues += utterances(result.words)
        elif result.transcript:
            cues.append(
                Cue(
                    text=result.transcript,
                    start_s=None if result.end_s is None else before_s,
                    end_s=result.end_s,
                    channel=channel,
                    confidence=result.confidence,
                )
            )
        before_s = result.end_s
    return cues


def _result(fields: Fields) -> list[Result]:
    best = first_object(fields.entries("alternatives"))
    channel = fields.index("channelTag", "channel_tag", first=1)
    latest_s = 0.0

    def word(one: Fields) -> list[Word]:
        nonlocal latest_s
        text = one.text("word")
        if text is None:
            raise Unreadable
        start_s = one.seconds("startTime", "start_time", "startOffset", "start_offset")
        end_s = one.seconds("endTime", "end_time", "endOffset", "end_offset")
        if start_s is None and end_s is not None:
            start_s = min(latest_s, end_s)
        latest_s = latest_s if end_s is None else end_s
        speaker = one.label("speakerLabel", "speaker_label", "speakerTag", "speaker_tag")
        return [
            Word(
                text=text,
                start_s=start_s,
                end_s=end_s,
                speaker=None if speaker == "0" else speaker,
                channel=channel,
                confidence=one.fraction("confidence") or None,  # 0.0: not given
            )
        ]

    words, unread = read_each(best.entries("words"), "word", word)
    return [
        Result(
            words=words,
            unread=unread,
            transcript=best.text("transcript") or "",
            channel=channel,
            end_s=fields.seconds(
                "resultEndTime", "result_end_time", "resultEndOffset", "result_end_offset"
            ),
            confidence=best.fraction("confidence") or None,
        )
    ]


def _results(document: Document) -> list[Any]:
    """The results, also within a finished operation or a batch of one file."""
    top = root(document)
    files = _by_file(document)
    for holder in (top, top.object("response"), *(Fields(one) for one in files[:1])):
        for inner in (
            holder,
            holder.object("transcript"),
            holder.object("inlineResult").object("transcript"),
            holder.object("inline_result").object("transcript"),
        ):
            if found := inner.entries("results"):
                return found
    return []


def _by_file(document: Document) -> list[dict[str, Any]]:
    """The entries of a v2 batch: one per recording."""
    top = root(document)
    held = top.object("response").object("results").values or top.object("results").values
    found = [one for one in held.values() if isinstance(one, dict)]
    names = {"transcript", "inlineResult", "inline_result"}
    return found if found and all(one.keys() & names for one in found) else []
