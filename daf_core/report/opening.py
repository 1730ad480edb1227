"""What is known of a run and how well: a few plain sentences that open the page, and a line."""

from collections.abc import Mapping
from typing import Any

from daf_core.decimals import decimals, how_many_of, number_of
from daf_core.report.evidence import SETS, Evidence
from daf_core.report.head_of_run import HeadOfRun
from daf_core.schemas import LABEL_RANGE

LETTERS_AT_MOST = 200  # of the name of a head
LABELS_TELL = (
    "How far scores are off on these recordings, only labels tell: `daf label` chooses 50 "
    "utterances, `daf adapt` measures."
)


def what_is_known(evidence: Evidence, recordings: int, run: Mapping[str, Any]) -> str:
    """What the run is of: rows, recordings, hours, modalities."""
    hours = run.get("audio_hours")
    heard = f", {_hours(hours)} of speech" if isinstance(hours, int | float) and hours > 0 else ""
    sets = [f"{evidence.sets[name]:,} with {name}" for name in SETS if evidence.sets[name]]
    said = f": {_listed(sets)}" if sets else ""
    rows = number_of(evidence.rows, "utterance")
    return f"{rows} of {number_of(recordings, 'recording')}{heard}{said}."


def which_head(head: HeadOfRun) -> str:
    """Which head scored, on what it was trained, and how well it did there."""
    if head.name is None:
        return "Which head scored them is not known."
    name = head.name[:LETTERS_AT_MOST]
    kind = f"the head {name} of the package" if head.packaged else f"the head in {name}"
    rows = (
        f" {number_of(head.trained_rows or 0, 'utterance')}{head.licence and f' of {head.licence}'}"
    )
    words = f"; the language of its words is {_listed([*head.languages])}" if head.languages else ""
    trained = (f", trained on{rows}" if head.trained_rows else "") + words
    if head.labels is not None:
        labels = number_of(head.labels, "label")
        return f"Scored by {kind}{trained}, and fitted to {labels} by `daf adapt`."
    off = (
        f" On test rows of such data it was off by {head.mae:.2f} on average"
        f"{'' if head.r is None else f' (correlation {decimals(head.r, 2)})'}."
        if head.mae is not None
        else ""
    )
    return f"Scored by {kind}{trained}.{off}"


def how_well(evidence: Evidence, head: HeadOfRun, flags: Mapping[str, int]) -> str:
    """How far scores are to be believed: intervals, unfamiliar rows, and what is not checked."""
    said = [_intervals(evidence), _familiarity(evidence, flags), LABELS_TELL]
    if head.languages and evidence.sets["voice alone"] > evidence.rows / 2:
        said.append("The language of rows without words is not checked.")
    return " ".join(said)


def in_a_line(evidence: Evidence, flags: Mapping[str, int], warnings: int) -> str:
    """How far scores are to be believed, for a terminal."""
    every = evidence.all_intervals
    width = (
        f"90 % intervals are {every.mean_width:.1f} wide on average, of {_RANGE:.0f}"
        if every.rows
        else "no intervals"
    )
    strange = (
        how_many_of(
            flags.get("unfamiliar", 0), evidence.rows, "row", "is unfamiliar", "are unfamiliar"
        )
        if evidence.measured.total()
        else "familiarity is not measured"
    )
    return f"how well: {width}; {strange}; {number_of(warnings, 'warning')}"


_RANGE = LABEL_RANGE[1] - LABEL_RANGE[0]


def _intervals(evidence: Evidence) -> str:
    every = evidence.all_intervals
    if not every.rows:
        return "No row has an interval."
    few = f" of {number_of(every.rows, 'row')}" if every.rows < evidence.rows else ""
    return (
        f"The interval{few} is {every.mean_width:.1f} wide on average, of a range of {_RANGE:.0f}, "
        f"and holds the true sentiment nine times in ten on recordings like those of the training."
    )


def _familiarity(evidence: Evidence, flags: Mapping[str, int]) -> str:
    if not evidence.measured.total():
        return "How like these recordings are to those of the training is not measured."
    rows = flags.get("unfamiliar", 0)
    return (
        f"{rows:,} of {number_of(evidence.rows, 'row')} "
        f"({100 * rows / max(1, evidence.rows):.0f} %) {'is' if rows == 1 else 'are'} unfamiliar: "
        f"unlike what the head was trained on."
    )


def _hours(hours: float) -> str:
    if hours < 1:
        return number_of(max(1, round(60 * hours)), "minute")
    return f"{hours:,.1f} hours"


def _listed(items: list[str]) -> str:
    """As in: a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
