"""What adapting a head did, for people: a table, a line, and the card of the new head."""

from daf_core.adaptation.adapt import Measured, Outcome
from daf_core.decimals import decimals, number_of
from daf_core.evaluation.rendering import shown_table
from daf_core.stages.trained_head import TrainedHead

AGREES_FROM_R = 0.1
FEW_ROWS = 50


def tried(outcome: Outcome) -> str:
    """The ways that were tried, with their errors on held-out recordings, for a terminal."""
    return shown_table(_ways(outcome), "simple")


def figures(outcome: Outcome) -> str:
    """What was gained, as the middle of a summary."""
    before, after, off = outcome.before, outcome.after, outcome.difference
    held_out = "recordings" if outcome.recordings > 1 else "rows of the one recording"
    low, high = (round(100 * one) for one in outcome.coverage_range)
    change = (
        f"{_signed(off.value)} [{_signed(off.low)}, {_signed(off.high)}]"
        if off.value
        else "unchanged"
    )
    if off.value and len(outcome.mae) > 1:
        change += ", corrected for the choice"
    return (
        f"on held-out {held_out} MAE {before.mae:.3f} → {before.mae + off.value:.3f} ({change}), "
        f"r {before.r:.2f} → {after.r:.2f}, 90 % intervals hold {_held(before)} → {_held(after)} "
        f"(so many labels give {low} to {high} %)"
    )


def doubts(outcome: Outcome) -> list[str]:
    """Why the adapted head should not be trusted as it is, a line each; empty if nothing speaks
    against it.
    """
    found = []
    if outcome.after.r < AGREES_FROM_R:
        found.append(
            f"labels and sentiments do not agree (r {outcome.after.r:.2f}): check that the labels "
            f"are right, and are of these utterances"
        )
    held = outcome.after.coverage
    if held is not None and held.value < outcome.coverage_range[0]:
        found.append(
            f"90 % intervals hold only {100 * held.value:.0f} % of the rows that were held out"
        )
    if found and outcome.rows < FEW_ROWS:
        found.append(
            f"{number_of(outcome.rows, 'label is', 'labels are')} few; {FEW_ROWS} calibrate, "
            f"hundreds also train"
        )
    return found


def adapted_card(head: TrainedHead, folder: str, outcome: Outcome) -> str:
    """The card of the adapted head, as Markdown.

    Args:
        head, folder: the head that was adapted.
    """
    low, high = (100 * one for one in outcome.coverage_range)
    return f"""---
library_name: daf
tags: [sentiment-analysis, speech, multimodal, {head.kind}]
---

# A `{head.kind}` head, adapted

Made by `daf adapt` from the head in {folder} (SHA-256 {head.record.sha256[:16]}…) with
{number_of(outcome.rows, "labelled row")} of {number_of(outcome.recordings, "recording")}.

{shown_table(_ways(outcome), "github")}

Chosen: {outcome.name}. {figures(outcome).capitalize()}.

- Errors are those on recordings that were left out in turn. The difference is corrected for the
  choice among several ways; its 95 % interval is over recordings.
- Intervals are calibrated on the labelled rows. On average over sets of labels they hold 90 % of
  new rows or more; of ten sets of so many labels, nine give {low:.0f} to {high:.0f} %.
- All figures hold for recordings like the labelled ones. Rows that were not labelled because nobody
  could tell are not among them.
"""


def _ways(outcome: Outcome) -> list[dict[str, object]]:
    return [
        {
            "way": name,
            "MAE on held-out recordings": f"{mae:.3f}",
            "": "chosen" if name == outcome.name else "",
        }
        for name, mae in outcome.mae.items()
    ]


def _held(measured: Measured) -> str:
    found = measured.coverage
    if found is None or measured.width is None:
        return "(none)"
    low, high = round(100 * found.low), round(100 * found.high)
    return f"{100 * found.value:.0f} % [{low}, {high}] at width {measured.width:.2f}"


def _signed(change: float) -> str:
    return decimals(change, 3, sign=True)
