"""Totals of a whole run, summed part by part, so that memory does not grow with its rows."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from daf_core.calls.marks import contradicts, is_placed, is_said
from daf_core.schemas import LABEL_RANGE, SCORES

SENTIMENT_EDGES = np.linspace(*LABEL_RANGE, 25)  # steps of 0.25: polarity changes at an edge
WEIGHT_EDGES = np.linspace(0.0, 1.0, 21)
STRONGEST_KEPT = 100  # contradictions that are kept as rows


@dataclass
class RecordingSum:
    """Sums over a recording's utterances, and names of the parts that hold them.

    unplaced: utterances without a place on the timeline (`marks.is_placed`), and the sum of their
    sentiment; seconds: how long all others last; sentiment_seconds: of their sentiment times how
    long each lasts.
    """

    utterances: int = 0
    sentiment: float = 0.0
    unplaced: int = 0
    unplaced_sentiment: float = 0.0
    seconds: float = 0.0
    sentiment_seconds: float = 0.0
    parts: set[str] = field(default_factory=set)

    @property
    def mean(self) -> float:
        """By time, as in the table of calls: an utterance without a place counts as long as the
        mean of the others.
        """
        if not self.seconds:
            return self.sentiment / self.utterances
        mean_s = self.seconds / (self.utterances - self.unplaced)
        weighted = self.sentiment_seconds + mean_s * self.unplaced_sentiment
        return weighted / (self.seconds + mean_s * self.unplaced)


@dataclass
class Totals:
    """Running sums over the parts of a scores table. recordings: those in which something is said,
    as in the table of calls.
    """

    utterances: int = 0
    sentiment_sum: float = 0.0
    sentiment_counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(SENTIMENT_EDGES) - 1, np.int64)
    )
    polarities: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    recordings: dict[str, RecordingSum] = field(default_factory=dict)
    # Audio weight of utterances with both modalities; without one of them it is always 0 or 1.
    weight_counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(WEIGHT_EDGES) - 1, np.int64)
    )
    weight_sum: float = 0.0
    weighed: int = 0
    text_only: int = 0
    audio_only: int = 0
    contradictions: int = 0
    strongest: pa.Table = field(default_factory=SCORES.empty_table)

    def add(self, part: str, rows: pa.Table) -> None:
        """Add the rows of one part."""
        sentiment = rows["sentiment"].to_numpy()
        self.utterances += rows.num_rows
        self.sentiment_sum += float(sentiment.sum(dtype=np.float64))
        self.sentiment_counts += np.histogram(sentiment.clip(*LABEL_RANGE), SENTIMENT_EDGES)[0]
        self.polarities += _count(rows["polarity"])
        self.flags += _count(pc.list_flatten(rows["flags"]))
        self._add_recordings(part, rows.filter(pa.array(is_said(rows))))
        self._add_weights(rows["audio_weight"].drop_null().to_numpy())
        self._add_contradictions(rows)

    def lowest(self, count: int) -> list[str]:
        """Ids of the recordings with the lowest mean sentiment, lowest first."""
        return sorted(self.recordings, key=lambda key: (self.recordings[key].mean, key))[:count]

    def _add_recordings(self, part: str, rows: pa.Table) -> None:
        lasts = pc.max_element_wise(pc.subtract(rows["end_s"], rows["start_s"]), 0.0)
        lasts = pc.if_else(pa.array(is_placed(rows)), lasts, None)
        sentiment = pc.cast(rows["sentiment"], pa.float64())
        columns = {
            "recording_id": rows["recording_id"],
            "sentiment": sentiment,
            "unplaced": pc.if_else(pc.is_null(lasts), sentiment, None),
            "seconds": lasts,
            "weighted": pc.multiply(sentiment, lasts),
        }
        wanted = [("sentiment", "count"), ("sentiment", "sum"), ("unplaced", "count")]
        wanted += [("unplaced", "sum"), ("seconds", "sum"), ("weighted", "sum")]
        sums = pa.table(columns).group_by("recording_id").aggregate(wanted)
        for row in sums.to_pylist():
            recording = self.recordings.setdefault(row["recording_id"], RecordingSum())
            recording.utterances += row["sentiment_count"]
            recording.sentiment += row["sentiment_sum"]
            recording.unplaced += row["unplaced_count"]
            recording.unplaced_sentiment += row["unplaced_sum"] or 0.0
            recording.seconds += row["seconds_sum"] or 0.0
            recording.sentiment_seconds += row["weighted_sum"] or 0.0
            recording.parts.add(part)

    def _add_weights(self, weights: NDArray[np.float32]) -> None:
        self.text_only += int((weights == 0).sum())
        self.audio_only += int((weights == 1).sum())
        both = weights[(weights > 0) & (weights < 1)]
        self.weighed += len(both)
        self.weight_sum += float(both.sum(dtype=np.float64))
        self.weight_counts += np.histogram(both, WEIGHT_EDGES)[0]

    def _add_contradictions(self, rows: pa.Table) -> None:
        shown = rows.select([name for name in SCORES.names if name in rows.column_names])
        found = shown.filter(pa.array(contradicts(rows)))
        self.contradictions += found.num_rows
        both = [self.strongest, found.replace_schema_metadata(None)]
        ranked = pa.concat_tables(both, promote_options="default").sort_by(
            [("disagreement", "descending"), ("utterance_id", "ascending")]
        )
        self.strongest = ranked.slice(0, STRONGEST_KEPT)


def _count(values: pa.ChunkedArray) -> Counter[str]:
    return Counter(
        {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}
    )
