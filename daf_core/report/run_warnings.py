"""Warnings about a whole run, for the page and for the terminal.

Each says what was found, in figures, what it means, and what to do.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from daf_core.decimals import number_of
from daf_core.report.correlation import Correlation
from daf_core.report.evidence import CLEAR, Evidence
from daf_core.report.warned_of import most_frequent, most_in, r_of, rows_of, share_of
from daf_core.report.warned_when import (
    ONE_CHANNEL_SHARE,
    OTHER_LANGUAGE_SHARE,
    SET_SHARE,
    UNCALIBRATED_SHARE,
    UNFAMILIAR_SHARE,
    UNHEARD_SHARE,
    follows,
    is_more,
    is_one_sided,
    is_steady,
    is_wide,
)
from daf_core.schemas import LABEL_RANGE

NEARLY_ALL = 0.8  # with more of the rows no recording stands out

RANGE = LABEL_RANGE[1] - LABEL_RANGE[0]
LABEL = "label 50 utterances and fit the head to them (`daf label`, `daf adapt`)"


@dataclass(frozen=True)
class RunWarning:
    """A warning. title: in a few words; found, means, do: each one or two sentences; `found` may
    hold names of recordings, which are untrusted.
    """

    title: str
    found: str
    means: str
    do: str

    @property
    def line(self) -> str:
        """As one line."""
        return f"{self.title}: {self.found} {self.means} {self.do}"


def warnings_of(
    evidence: Evidence, languages: tuple[str, ...], recordings: Mapping[str, int]
) -> list[RunWarning]:
    """The warnings of a run.

    languages: of the head; recordings: rows of each recording.
    """
    return [
        *_language(evidence, languages),
        *_unfamiliar(evidence, recordings),
        *_unheard(evidence),
        *_uncalibrated(evidence),
        *_wide(evidence),
        *_following("duration", "the logarithm of duration", evidence.by_duration, evidence),
        *_following("level", "level in dB", evidence.by_level, evidence),
        *_weights(evidence.audio_weight),
        *_one_channel(evidence),
    ]


def warnings_of_flags(flags: Mapping[str, int], rows: int) -> list[RunWarning]:
    """The warnings that the flags of `rows` rows tell, where the rows themselves are not read."""
    other = flags.get("other_language", 0)
    evidence = Evidence(rows=rows, other_languages=Counter({"": other} if other else {}))
    evidence.unfamiliar["all"] = max(0, flags.get("unfamiliar", 0) - other)
    return [*_language(evidence, ()), *_unfamiliar(evidence, {})]


def _language(evidence: Evidence, languages: tuple[str, ...]) -> Iterator[RunWarning]:
    rows = evidence.other_languages.total()
    if rows <= OTHER_LANGUAGE_SHARE * evidence.rows:  # whole recordings: chance has no part in it
        return
    known = f" ({', '.join(languages)})" if languages else ""
    which = most_frequent(evidence.other_languages) if any(evidence.other_languages) else ""
    yield RunWarning(
        "Another language",
        f"the words of {rows_of(rows, evidence.rows, 'are', 'are')} in a language that the head "
        f"was not trained on{known}{which and f': {which}'}.",
        "What it makes of such words is a guess.",
        "Leave these rows out (column `language`), or train a head on labelled speech in their "
        "language, with encoders for it.",
    )


def _unfamiliar(evidence: Evidence, recordings: Mapping[str, int]) -> Iterator[RunWarning]:
    rows = evidence.unfamiliar.total()
    of = evidence.rows - evidence.other_languages.total()
    if not is_more(rows, of, UNFAMILIAR_SHARE):
        return
    parts = [("voice", evidence.strange["audio"]), ("words", evidence.strange["text"])]
    which = " and ".join(f"the {name} of {count:,}" for name, count in parts if count)
    where = most_in(evidence.unfamiliar, recordings) if rows < NEARLY_ALL * of else ""
    yield RunWarning(
        "Unfamiliar speech",
        f"{rows_of(rows, of, 'is', 'are')} unlike what the head was trained on"
        f"{which and f' ({which})'}{where}.",
        "Their sentiment may be off by more than their intervals say.",
        "Listen to some of them; leave out what is no speech. If they are what you want to know "
        f"about, {LABEL}.",
    )


def _unheard(evidence: Evidence) -> Iterator[RunWarning]:
    rows = evidence.unheard.total()
    if not is_more(rows, evidence.rows, UNHEARD_SHARE):
        return
    yield RunWarning(
        "Voices not heard",
        f"{rows_of(rows, evidence.rows, 'is', 'are')} scored on words alone, as no voice is found "
        f"where the recording should have it ({most_frequent(+evidence.unheard)}).",
        "The tone of these rows is not known. Often the times or channels of transcripts do not "
        "fit the recordings.",
        "Play one of them (`daf browse`): is it said at that time, and on that channel?",
    )


def _uncalibrated(evidence: Evidence) -> Iterator[RunWarning]:
    without = {name: rows - evidence.intervals[name].rows for name, rows in evidence.sets.items()}
    rows = sum(without.values())
    if not is_more(rows, evidence.rows, UNCALIBRATED_SHARE):
        return
    lacking = [name for name in evidence.sets if without[name]]
    which = f" for rows with {' or '.join(lacking)}" if rows < evidence.rows else ""
    yield RunWarning(
        "No intervals",
        f"{rows_of(rows, evidence.rows, 'has', 'have')} no interval: the head is not "
        f"calibrated{which}.",
        "How far their scores are off is not known.",
        f"To know it, {LABEL}.",
    )


def _wide(evidence: Evidence) -> Iterator[RunWarning]:
    least = SET_SHARE * evidence.rows
    wide = {name: one for name, one in evidence.intervals.items() if one.rows and is_wide(one)}
    found = [
        f"intervals of rows with {name} are {one.mean_width:.1f} wide on average, of a range of "
        f"{RANGE:.0f}, and {share_of(one.undecided, one.rows)} of them hold both a clearly "
        f"negative and a clearly positive sentiment (-{CLEAR:.0f} and {CLEAR:.0f})"
        for name, one in wide.items()
        if one.rows >= least
    ]
    if not found:
        return
    words = _recognize(evidence) if "voice alone" in wide else ""
    yield RunWarning(
        "Wide intervals",
        f"{'; '.join(found)}.",
        "Most of these scores do not tell by themselves whether somebody is content; only strong "
        "ones, and means over many, say something.",
        f"Do not act on single rows. For narrower intervals, {words}{LABEL}.",
    )


def _following(
    what: str, measure: str, sums: Mapping[str, Correlation], evidence: Evidence
) -> Iterator[RunWarning]:
    """A warning where sentiment follows what it should not: rows without words first, then all."""
    voice, every = sums["voice alone"], sums["all"]
    advice = f"{_recognize(evidence)}{LABEL}"
    if follows(voice):
        yield RunWarning(
            f"Sentiment follows {what}",
            f"on {voice.rows:,} rows without words its correlation with {measure} is "
            f"{r_of(voice)}.",
            f"Differences between such rows may say no more than their {what} does.",
            f"Do not compare them by sentiment. {advice[0].upper()}{advice[1:]}.",
        )
    elif follows(every):
        yield RunWarning(
            f"Sentiment follows {what}",
            f"on {every.rows:,} rows its correlation with {measure} is {r_of(every)}.",
            "This may be so in what people say, or be an error of the head.",
            f"Listen to some of the lowest and highest before you compare rows; to be sure, "
            f"{LABEL}.",
        )


def _recognize(evidence: Evidence) -> str:
    """The advice to recognize words, where that was not tried."""
    return "" if evidence.recognized else "recognize their words (`daf transcribe`), or "


def _weights(audio: Correlation) -> Iterator[RunWarning]:
    if is_one_sided(audio):
        name, has = ("voice", "has") if audio.mean_x > 0.5 else ("words", "have")
        share = 100 * max(audio.mean_x, 1 - audio.mean_x)
        yield RunWarning(
            "One modality decides",
            f"on {audio.rows:,} rows with words and voice the {name} {has} {share:.0f} % of the "
            f"weight on average.",
            f"Sentiment is that of the {name}.",
            "Do not read differences between tone and words as findings.",
        )
    elif is_steady(audio):
        yield RunWarning(
            "Steady weights",
            f"on {audio.rows:,} rows with words and voice the weight of the voice is "
            f"{audio.mean_x:.2f}, with a deviation of {audio.deviation_x:.3f}.",
            "The head weighs all rows alike.",
            "Do not read the weight of a single row as what counted in it.",
        )


def _one_channel(evidence: Evidence) -> Iterator[RunWarning]:
    one, of = evidence.one_channel, len(evidence.channels)
    if not is_more(one.total(), of, ONE_CHANNEL_SHARE):
        return
    which = ", ".join(f"channel {number} in {count:,}" for number, count in one.most_common(2))
    yield RunWarning(
        "One side alone",
        f"in {one.total():,} of {number_of(of, 'recording')} with several channels one channel "
        f"alone holds speech ({which}).",
        "Their sentiment is that of the one side. A group of calls by agent then compares the "
        "customers of the agents, or the other way round.",
        "Listen to one of them: is the other side silent, or missing?",
    )
