"""What the tables of calls and of speakers say alike, of all utterances or of one speaker's."""

import numpy as np

from daf_core.calls.arrays import COUNTED
from daf_core.calls.course import course
from daf_core.calls.utterances import Utterances
from daf_core.schemas import Row

MOMENT_S = 1.0  # the lowest and the highest utterance last as long, where any does
CONTRADICTIONS_LISTED = 50  # of a recording or speaker, the first


def facts_of(own: Utterances) -> Row:
    """The columns that both tables have.

    own: utterances of a recording, all or those of one speaker, at least one.
    """
    talk = own.talk
    talk_s = talk.length_s if len(own.placed) else None
    return {
        "start_s": float(talk.start_s[0]) if len(own.placed) else None,
        "end_s": float(talk.end_s[-1]) if len(own.placed) else None,
        "utterances": len(own),
        **{name: int(values.sum()) for name, values in own.counted.items()},
        **_course(own),
        **_moment(own, "lowest"),
        **_moment(own, "highest"),
        "talk_s": talk_s,
        **_words(own),
        "level_db": _level_db(own),
        **_contradictions(own),
    }


def _course(own: Utterances) -> Row:
    weights = own.weights if own.weights.any() else np.ones(len(own))
    found = course(own.sentiment, weights, own.in_quarters, own.middle)
    quarters = {f"quarter_{n}": one for n, one in enumerate(found.quarters, start=1)}
    estimates = {"sentiment": found.mean, **quarters, "change": found.change, "trend": found.trend}
    return {
        f"{name}{end}": value
        for name, one in estimates.items()
        for end, value in zip(("", "_low", "_high"), one or (None, None, None), strict=True)
    }


def _moment(own: Utterances, which: str) -> Row:
    """The utterance of the lowest or highest sentiment; of equal ones, the first."""
    value = own.sentiment.value
    long = own.spans.end_s - own.spans.start_s >= MOMENT_S
    rows = np.flatnonzero(long) if long.any() else np.arange(len(own))
    row = int(rows[value[rows].argmin() if which == "lowest" else value[rows].argmax()])
    start_s = float(own.spans.start_s[row])
    return {
        f"{which}_sentiment": float(value[row]),
        f"{which}_start_s": None if np.isnan(start_s) else start_s,
        f"{which}_utterance_id": own.ids[row],
    }


def _words(own: Utterances) -> Row:
    """Words of the utterances that have any, and how many a minute of the time of these, of those
    with a place on the timeline.
    """
    known = ~np.isnan(own.words)
    words = int(own.words[known].sum()) if known.any() else None
    spoken = own.select(own.placed[own.words[own.placed] > 0])
    minutes = spoken.talk.length_s / 60
    per_minute = spoken.words.sum() / minutes if minutes else None
    return {"words": words, "words_per_minute": per_minute}


def _level_db(own: Utterances) -> float | None:
    """The level of the mean power over the time of the utterances."""
    known = ~np.isnan(own.level_db) & (own.weights > 0)
    if not known.any():
        return None
    power = np.average(10 ** (own.level_db[known] / 10), weights=own.weights[known])
    return float(10 * np.log10(power)) if power > 0 else None


def _contradictions(own: Utterances) -> Row:
    rows, both = np.flatnonzero(own.contradicts), int(own.has_both.sum())
    known = both > 0
    return {
        "contradictions": len(rows) if known else None,
        "contradiction_share": len(rows) / both if known else None,
        "contradiction_ids": [own.ids[row] for row in rows[:CONTRADICTIONS_LISTED].tolist()],
    }


def without_rows() -> Row:
    """The same columns for a recording without scored utterances."""
    return dict.fromkeys(("utterances", *COUNTED), 0) | {"contradiction_ids": []}
