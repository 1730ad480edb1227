"""What is known of a run and how well: the sentences, warnings and checks that open its report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daf_core.report.checks import Check, checks_of
from daf_core.report.evidence import Evidence
from daf_core.report.head_of_run import HeadOfRun
from daf_core.report.opening import how_well, in_a_line, what_is_known, which_head
from daf_core.report.printable import printable
from daf_core.report.run_warnings import RunWarning, warnings_of
from daf_core.report.totals import Totals


@dataclass(frozen=True)
class Known:
    """sentences: what the run is of, which head scored it, how far to believe it; line: the last
    of these in short.
    """

    sentences: list[str]
    line: str
    warnings: list[RunWarning]
    checks: list[Check]

    @property
    def lines(self) -> list[str]:
        """For a terminal, without unprintable characters: the line, then one for each warning."""
        return [printable(self.line), *warning_lines(self.warnings)]


def known_of_run(
    evidence: Evidence, totals: Totals, run: Mapping[str, Any], head: HeadOfRun
) -> Known:
    """What is known of a run, from its sums, its run record and its head; nothing without rows."""
    if not evidence.rows:
        return Known(["No utterance is scored."], "how well: no utterance is scored", [], [])
    recordings = {name: one.utterances for name, one in totals.recordings.items()}
    warnings = warnings_of(evidence, head.languages, recordings)
    return Known(
        [
            what_is_known(evidence, len(recordings), run),
            which_head(head),
            how_well(evidence, head, totals.flags),
        ],
        in_a_line(evidence, totals.flags, len(warnings)),
        warnings,
        checks_of(evidence),
    )


def warning_lines(warnings: list[RunWarning]) -> list[str]:
    """A line for each warning, for a terminal, without unprintable characters."""
    return [f"warning: {' '.join(printable(one.line).split())}" for one in warnings]
