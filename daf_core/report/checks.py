"""What was looked at to decide on warnings: a table of figures, also where all is well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from daf_core.decimals import decimals, number_of
from daf_core.report.correlation import Correlation
from daf_core.report.evidence import CLEAR, Evidence
from daf_core.report.warned_when import (
    CORRELATED,
    LEAST_ROWS,
    ONE_CHANNEL_SHARE,
    ONE_SIDED,
    OTHER_LANGUAGE_SHARE,
    STEADY,
    UNCALIBRATED_SHARE,
    UNDECIDED_SHARE,
    UNFAMILIAR_SHARE,
    UNHEARD_SHARE,
    WIDE,
)


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and from where on there is a warning."""

    what: str
    found: str
    warns: str


def checks_of(evidence: Evidence) -> list[Check]:
    """Every check of a run, in the order of the warnings."""
    rows, others = evidence.rows, evidence.other_languages.total()
    with_interval = evidence.all_intervals.rows
    return [
        Check(
            "rows in a language that is not the head's",
            f"{_share(others, rows)}; known of {_share(evidence.known_languages, rows)}",
            _over(OTHER_LANGUAGE_SHARE),
        ),
        *(
            Check(
                f"rows with unfamiliar {name}",
                _share(evidence.strange[modality], evidence.measured[modality]),
                f"{_over(UNFAMILIAR_SHARE)} of all rows, by either",
            )
            for modality, name in (("text", "words"), ("audio", "voice"))
        ),
        Check(
            "rows with words whose voice is not heard in their recording",
            _share(evidence.unheard.total(), rows),
            _over(UNHEARD_SHARE),
        ),
        Check(
            "rows without an interval",
            _share(rows - with_interval, rows),
            _over(UNCALIBRATED_SHARE),
        ),
        *_intervals(evidence),
        *_correlations("log duration", evidence.by_duration),
        *_correlations("level", evidence.by_level),
        _weights(evidence.audio_weight),
        Check(
            "recordings with several channels of which one alone holds speech",
            _share(evidence.one_channel.total(), len(evidence.channels)),
            _over(ONE_CHANNEL_SHARE),
        ),
    ]


def _intervals(evidence: Evidence) -> Iterator[Check]:
    for name, one in evidence.intervals.items():
        if one.rows:
            yield Check(
                f"intervals of rows with {name}: mean width, and share that holds both "
                f"-{CLEAR:.0f} and {CLEAR:.0f}",
                f"{one.mean_width:.2f}, {_share(one.undecided, one.rows)}",
                f"over {WIDE:.0f}, or {_over(UNDECIDED_SHARE)}",
            )


def _correlations(what: str, sums: Mapping[str, Correlation]) -> Iterator[Check]:
    for name, rows in (("voice alone", "rows without words"), ("all", "all rows")):
        one = sums[name]
        found = f"too few rows ({one.rows:,})" if one.rows < LEAST_ROWS else "one does not vary"
        if one.rows >= LEAST_ROWS and one.r is not None:
            found = f"{decimals(one.r, 2)} on {one.rows:,} rows"
        yield Check(
            f"correlation of sentiment with {what}, {rows}", found, f"over {CORRELATED} either way"
        )


def _weights(audio: Correlation) -> Check:
    rows = number_of(audio.rows, "row")
    found = f"mean {audio.mean_x:.2f}, deviation {audio.deviation_x:.3f}, {rows}"
    return Check(
        "weight of the voice where there are words too",
        found if audio.rows else "no such rows",
        f"mean over {ONE_SIDED} or under {1 - ONE_SIDED:.2f}, or deviation under {STEADY}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} % ({part:,} of {whole:,})" if whole else "not known"


def _over(share: float) -> str:
    return f"over {100 * share:.0f} %"
