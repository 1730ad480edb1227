"""Draw one recording: sentiment over time, and what came from the audio."""

from typing import TYPE_CHECKING, Union

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from daf_core.calls.marks import is_placed
from daf_core.errors import SettingsError
from daf_core.report.charts import Floats, clock, time_ticks
from daf_core.schemas import LABEL_RANGE, POLARITIES, polarity

if TYPE_CHECKING:
    import pandas as pd

COLOURS = dict(zip(POLARITIES, ("#b04c06", "#96938a", "#1f6fb4"), strict=True))  # the report's
RIBBON_COLOUR = "#55524b"
COLUMNS = ["recording_id", "start_s", "end_s", "sentiment", "audio_weight", "flags"]
NAMED_AT_MOST = 5


def draw_recording(scores: Union[pa.Table, "pd.DataFrame"], recording_id: str) -> Figure:
    """Draw the timeline of a recording as the report does: one mark per utterance.

    A mark is as long as the utterance and at the height of its sentiment in [-3, 3]. The ribbon
    below is as high as the audio weight in [0, 1]; it is left out where the head has no weights.
    Utterances without times, or with times after the end of the recording, are left out; where no
    other is left, all are drawn in the order of the table.

    Args:
        scores: from `read_scores` or `Scored.scores`.

    Raises:
        SettingsError: `scores` holds no row of this recording.

    >>> figure = daf_core.draw_recording(daf_core.read_scores("scores"), "hotel-room")
    >>> figure.savefig("hotel-room.png")
    """
    table = scores if isinstance(scores, pa.Table) else pa.Table.from_pandas(scores[COLUMNS])
    rows = table.select(COLUMNS).filter(pc.equal(table["recording_id"], recording_id))
    if not len(rows):
        found = pc.unique(table["recording_id"]).to_pylist()
        more = ", …" if len(found) > NAMED_AT_MOST else ""
        raise SettingsError(
            f"recording_id {recording_id}: expected a recording of the scores, which hold "
            f"{', '.join(found[:NAMED_AT_MOST]) or 'none'}{more}"
        )
    placed = is_placed(rows)
    rows = rows.filter(pa.array(placed)) if placed.any() else rows
    weight = _floats(rows["audio_weight"])
    has_weights = bool(np.isfinite(weight).any())
    figure = Figure(figsize=(10, 3.4 if has_weights else 2.8), layout="constrained")
    ratios = [5, 1] if has_weights else [1]
    panels = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)
    axes = panels[-1, 0]
    start, end = _by_time(rows, axes) if placed.any() else _by_order(len(rows), axes)
    _draw_sentiment(panels[0, 0], start, end, _floats(rows["sentiment"]))
    panels[0, 0].set_title(recording_id, loc="left", fontsize=10)
    if has_weights:
        panels[1, 0].bar(start, weight, end - start, align="edge", color=RIBBON_COLOUR)
        panels[1, 0].set(ylim=(0, 1), yticks=[0, 1], ylabel="audio\nweight")
    return figure


def _by_order(count: int, axes: Axes) -> tuple[Floats, Floats]:
    """Where utterances start and end on the axis of `axes`."""
    edges = np.arange(count + 1, dtype=np.float64)
    axes.set_xlabel("utterance")
    return edges[:-1], edges[1:]


def _by_time(rows: pa.Table, axes: Axes) -> tuple[Floats, Floats]:
    """The same of rows with times; the axis gets its ticks."""
    start = _floats(rows["start_s"])
    end = np.maximum(_floats(rows["end_s"]), start)
    first_s, last_s = float(start.min()), float(end.max())
    ticks = time_ticks(first_s, last_s)
    seconds = [first_s + percent / 100 * (last_s - first_s) for percent, _ in ticks]
    axes.set_xticks(seconds, [label for _, label in ticks])
    axes.set_xlabel(f"time, {clock(first_s)} to {clock(np.ceil(last_s))}")
    return start, end


def _draw_sentiment(axes: Axes, start: Floats, end: Floats, sentiment: Floats) -> None:
    axes.axhline(0, color="#d9d6cd", linewidth=1)
    names = np.array([polarity(value) for value in sentiment])
    for name, colour in COLOURS.items():
        own = names == name
        axes.hlines(
            sentiment[own], start[own], end[own], colors=colour, linewidth=4, capstyle="round"
        )
    low, high = LABEL_RANGE
    axes.set(ylim=(low - 0.2, high + 0.2), yticks=[low, 0, high], ylabel="sentiment")


def _floats(column: pa.ChunkedArray) -> Floats:
    """Values as float64, NaN for null."""
    return np.asarray(column.to_numpy(), np.float64)
