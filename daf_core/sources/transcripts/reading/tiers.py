"""Tiers of annotation tools (Praat, ELAN): which of them hold utterances, and who speaks there."""

from dataclasses import dataclass

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.markup import plain
from daf_core.sources.transcripts.reading.words import Word, utterances

# What aligners write where nobody speaks.
_SILENCE = frozenset({
    "", "sil", "sp", "spn", "<sil>", "<eps>", "<p:>", "<p>", "#", "_", "-", "pau", "silent",
    "silence", "{sl}", "<silence>", "xxx",
})  # fmt: skip
_PHONES = ("phones", "phone", "phonemes", "phoneme", "segments", "syllables", "syllable", "mau")
_WORDS = ("words", "word", "ort", "ort-mau", "wrd")
_SEPARATORS = " -_:./|"


@dataclass(frozen=True)
class Interval:
    """One annotation of a tier; times in seconds, None where it has none."""

    start_s: float | None
    end_s: float | None
    text: str


@dataclass(frozen=True)
class Tier:
    """One tier; `speaker`: who speaks there, where the tool has a field for it."""

    name: str
    intervals: list[Interval]
    speaker: str | None = None


def cues_of(tiers: list[Tier]) -> list[Cue]:
    """Cues of the tiers that hold utterances or words, in order of the tiers.

    Every tier is a speaker, unless there is only one and it names none. Sounds and syllables that
    an aligner writes beside its words are no utterances; words become some.
    """
    spoken = [Tier(tier.name, _spoken(tier), tier.speaker) for tier in tiers]
    spoken = [tier for tier in spoken if tier.intervals]
    words = [tier for tier in spoken if _without(tier.name, _WORDS) is not None]
    if words:
        spoken = [tier for tier in spoken if _without(tier.name, _PHONES) is None]
    only = len(spoken) == 1
    return [cue for tier in spoken for cue in _cues(tier, only)]


def _cues(tier: Tier, only: bool) -> list[Cue]:
    bare = _without(tier.name, _WORDS)
    name = None if only and not bare else bare or tier.name.strip()
    speaker = tier.speaker or name or None
    single = sum(" " not in one.text for one in tier.intervals)
    if bare is not None and single * 2 > len(tier.intervals):
        return utterances(
            Word(text=one.text, start_s=one.start_s, end_s=one.end_s, speaker=speaker)
            for one in tier.intervals
        )
    return [
        Cue(text=one.text, start_s=one.start_s, end_s=one.end_s, speaker=speaker)
        for one in tier.intervals
    ]


def _spoken(tier: Tier) -> list[Interval]:
    plain_ones = (Interval(one.start_s, one.end_s, plain(one.text)) for one in tier.intervals)
    return [one for one in plain_ones if one.text.lower() not in _SILENCE]


def _without(name: str, endings: tuple[str, ...]) -> str | None:
    """The name of a tier such as `Ann - words` without its ending; None if it has none of these."""
    lower = name.strip().lower()
    for ending in sorted(endings, key=len, reverse=True):
        if lower == ending:
            return ""
        if lower.endswith(ending) and lower[-len(ending) - 1] in _SEPARATORS:
            return name.strip()[: -len(ending)].rstrip(_SEPARATORS)
    return None
