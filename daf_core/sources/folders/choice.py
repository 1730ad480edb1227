"""Which transcript of a recording is read, where it has several."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from daf_core.errors import BadInput
from daf_core.schemas import Row
from daf_core.sources.folders.contents import Words
from daf_core.sources.manifest_rows import unused_file
from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.tidy import tidy

_AS_MANY = 0.9  # of the letters of the longest: not cut short


class Chosen(NamedTuple):
    """The cues of a recording, where they come from, and quarantine rows of the files not used.

    `uri` None: there are no cues, the recording is cut by voice activity. language: of the cues.
    """

    uri: str | None
    cues: list[Cue]
    unread: list[str]
    not_used: list[Row]
    language: str | None = None


def choose(words: Sequence[Words]) -> Chosen:
    """The richest of several transcripts, with the speakers of a file of turns.

    A transcript is richer if it has times, is not cut short, names speakers, gives confidences, in
    this order. Text without times is used only as the words of turns, one line a turn.
    """
    turns = [one for one in words if one.turns]
    timed = _by_richness([one for one in words if one.timed and not one.turns])
    untimed = [one for one in words if not one.timed and not one.turns]
    if timed:
        return _with_words(timed, turns, untimed)
    return _of_turns(turns, untimed)


def _with_words(timed: list[Words], turns: list[Words], untimed: list[Words]) -> Chosen:
    """The last of the transcripts with times; speakers that it lacks are those of the turns."""
    best = timed[-1]
    spoken = _with_speakers(best.cues, turns[0]) if turns else None
    left = [*timed[:-1], *turns[1:], *([] if spoken is not None else turns[:1])]
    not_used = [*_beside(best, left), *map(_no_times, untimed)]
    read = best.transcript
    return Chosen(best.uri, spoken or best.cues, read.unread, not_used, read.language)


def _of_turns(turns: list[Words], untimed: list[Words]) -> Chosen:
    """The first file of turns, with the words of a text that has as many lines."""
    if not turns:
        return Chosen(None, [], [], [_no_times(one) for one in untimed])
    first, unread = turns[0], turns[0].transcript.unread
    for text in untimed:
        lines = [cue for cue in text.cues if cue.text]
        if len(lines) == len(first.transcript.cues):
            others = [one for one in untimed if one is not text]
            not_used = [*_beside(first, turns[1:]), *map(_no_times, others)]
            language = text.transcript.language
            return Chosen(text.uri, _lined_up(first, lines), unread, not_used, language)
    not_used = [*_beside(first, turns[1:]), *map(_no_times, untimed)]
    return Chosen(first.uri, tidy(first.transcript), unread, not_used)


def _by_richness(words: list[Words]) -> list[Words]:
    """Transcripts with times, the richest last."""
    letters = {one.uri: sum(len(c.text.replace(" ", "")) for c in one.cues) for one in words}
    most = max(letters.values(), default=0)

    def richness(one: Words) -> tuple[bool, bool, bool, str]:
        return (
            letters[one.uri] >= _AS_MANY * most,
            any(cue.speaker is not None or cue.channel is not None for cue in one.cues),
            any(cue.confidence is not None for cue in one.cues),
            one.name,
        )

    return sorted(words, key=richness)


def _lined_up(turns: Words, lines: list[Cue]) -> list[Cue]:
    """Each line of a text as the words of one turn."""
    held = sorted(turns.transcript.cues, key=lambda cue: cue.start_s or 0.0)
    return [
        replace(turn, text=line.text, speaker=turn.speaker or line.speaker)
        for turn, line in zip(held, lines, strict=True)
    ]


def _with_speakers(cues: list[Cue], turns: Words) -> list[Cue] | None:
    """Cues with the speaker who holds most of each by the turns; None if all name theirs."""
    if all(cue.speaker for cue in cues):
        return None
    held = [c for c in turns.transcript.cues if c.start_s is not None and c.end_s is not None]
    held.sort(key=lambda cue: cue.start_s or 0.0)
    return [cue if cue.speaker else replace(cue, speaker=_holder(cue, held)) for cue in cues]


def _holder(cue: Cue, turns: list[Cue]) -> str | None:
    if cue.start_s is None or cue.end_s is None:
        return None
    shares: dict[str, float] = {}
    for turn in turns:
        start_s, end_s = turn.start_s or 0.0, turn.end_s or 0.0
        if start_s >= cue.end_s:
            break
        both = min(cue.end_s, end_s) - max(cue.start_s, start_s)
        if both > 0 and turn.speaker:
            shares[turn.speaker] = shares.get(turn.speaker, 0.0) + both
    return max(shares, key=lambda speaker: shares[speaker], default=None)


def _beside(best: Words, others: Sequence[Words]) -> list[Row]:
    why = f"not read: {best.name} is read, which says more of the same recording"
    return [unused_file(one.uri, BadInput("other_transcript", why)) for one in others]


def _no_times(one: Words) -> Row:
    why = "expected times of each utterance, found text alone; the recording is cut by voice"
    return unused_file(one.uri, BadInput("no_times", why))
