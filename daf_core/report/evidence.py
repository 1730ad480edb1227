"""What a scores table says of how far its scores are to be believed, summed part by part.

Memory grows with recordings (some bytes for each that has channels), not with rows.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.arrays import BoolArray
from daf_core.calls.marks import flagged
from daf_core.embeddings.columns import MODALITIES
from daf_core.report.charts import Floats
from daf_core.report.correlation import Correlation
from daf_core.schemas import UNFAMILIAR_BELOW, UNHEARD, primary_language

SETS = ("words and voice", "words alone", "voice alone")  # what rows are scored on
CLEAR = 1.0  # |sentiment| of what people label as slightly negative or positive
# Flags of rows whose words a recognizer was asked for.
_OF_RECOGNIZERS = ("transcribed", "no_words", "repeated_words", "phantom_words", "unsure_words")
LANGUAGES_AT_MOST = 200  # a source may name any; what comes after them is counted as OTHERS
LETTERS_AT_MOST = 20  # of a language
OTHERS = "others"


@dataclass
class Intervals:
    """The intervals of rows: how many, the sum of their widths, and how many are undecided: they
    hold both a clearly negative and a clearly positive sentiment.
    """

    rows: int = 0
    width: float = 0.0
    undecided: int = 0

    @property
    def mean_width(self) -> float:
        """Mean width; 0 without rows."""
        return self.width / max(1, self.rows)

    def __add__(self, other: "Intervals") -> "Intervals":
        return Intervals(
            self.rows + other.rows, self.width + other.width, self.undecided + other.undecided
        )


@dataclass
class Evidence:
    """Running sums over the parts of a scores table.

    reads: modalities of the head. Counts are of rows: sets by what they are scored on; unheard, of
    rows scored on words alone though they name a recording, by the first reason; measured and
    strange by modality, where familiarity is known and where it is low; unfamiliar by recording,
    without rows in another language, which are counted in other_languages. by_duration and by_level
    correlate log duration and level (dB) with sentiment, for rows of voice alone and for all;
    audio_weight is that of rows with words and voice; recognized: whether a recognizer was asked
    for words; channels: recording → the numbers of the channels that hold its rows, as bits, of
    recordings whose channels were not mixed.
    """

    reads: frozenset[str] = frozenset(MODALITIES)
    rows: int = 0
    sets: Counter[str] = field(default_factory=Counter)
    unheard: Counter[str] = field(default_factory=Counter)
    measured: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    unfamiliar: Counter[str] = field(default_factory=Counter)
    known_languages: int = 0
    other_languages: Counter[str] = field(default_factory=Counter)
    intervals: dict[str, Intervals] = field(
        default_factory=lambda: {name: Intervals() for name in SETS}
    )
    by_duration: dict[str, Correlation] = field(default_factory=lambda: _for_voice_and_all())
    by_level: dict[str, Correlation] = field(default_factory=lambda: _for_voice_and_all())
    audio_weight: Correlation = field(default_factory=Correlation)  # with sentiment
    recognized: bool = False
    channels: dict[str, int] = field(default_factory=dict)

    def add(self, rows: pa.Table) -> None:
        """Add the rows of one part; a table of an older run may lack `level_db`."""
        self.rows += rows.num_rows
        sets = self._sets(rows)
        for name, own in sets.items():
            self.sets[name] += int(own.sum())
        if "audio" in self.reads:
            self._add_unheard(rows, sets["words alone"])
        other = flagged(rows, "other_language")
        self._add_familiarity(rows, other)
        self._add_languages(rows, other)
        self._add_intervals(rows, sets)
        sentiment = _floats(rows, "sentiment")
        self._correlate(self.by_duration, _log_duration(rows), sentiment, sets["voice alone"])
        self._correlate(self.by_level, _floats(rows, "level_db"), sentiment, sets["voice alone"])
        weights = np.where(sets["words and voice"], _floats(rows, "audio_weight"), np.nan)
        self.audio_weight.add(weights, sentiment)
        self.recognized |= any(flagged(rows, flag).any() for flag in _OF_RECOGNIZERS)
        self._add_channels(rows)

    @property
    def one_channel(self) -> Counter[int]:
        """Of the recordings whose channels were not mixed, those in which one channel alone holds
        rows: how many by the number of the channel.
        """
        return Counter(
            bits.bit_length() - 1 for bits in self.channels.values() if bits.bit_count() == 1
        )

    @property
    def all_intervals(self) -> Intervals:
        """The intervals of all rows together."""
        return sum(self.intervals.values(), Intervals())

    def _sets(self, rows: pa.Table) -> dict[str, BoolArray]:
        """What each row is scored on: as flags and weights say, of what the head reads."""
        has = {}
        for name in MODALITIES:
            absent = flagged(rows, f"no_{name}") | (_floats(rows, f"{name}_weight") == 0)
            has[name] = ~absent & (name in self.reads)
        words, voice = has["text"], has["audio"]
        return dict(zip(SETS, (words & voice, words & ~voice, voice & ~words), strict=True))

    def _add_unheard(self, rows: pa.Table, left: BoolArray) -> None:
        for flag in sorted({*UNHEARD, "silent"}):
            own = left & flagged(rows, flag)
            self.unheard[flag] += int(own.sum())
            left = left & ~own

    def _add_familiarity(self, rows: pa.Table, other: BoolArray) -> None:
        for name in MODALITIES:
            familiarity = _floats(rows, f"{name}_familiarity")
            self.measured[name] += int(np.isfinite(familiarity).sum())
            self.strange[name] += int((~other & (familiarity < UNFAMILIAR_BELOW)).sum())
        unfamiliar = pa.array(flagged(rows, "unfamiliar") & ~other)
        self.unfamiliar += _count(rows["recording_id"].filter(unfamiliar))

    def _add_languages(self, rows: pa.Table, other: BoolArray) -> None:
        languages = rows["language"]
        self.known_languages += len(languages) - languages.null_count
        for language, count in _count(languages.filter(pa.array(other))).items():
            name = primary_language(language or "unknown")[:LETTERS_AT_MOST]
            full = len(self.other_languages) >= LANGUAGES_AT_MOST
            self.other_languages[OTHERS if full and name not in self.other_languages else name] += (
                count
            )

    def _add_channels(self, rows: pa.Table) -> None:
        if "channel" not in rows.column_names:
            return
        known = rows.select(["recording_id", "channel"]).filter(pc.is_valid(rows["channel"]))
        for pair in known.group_by(["recording_id", "channel"]).aggregate([]).to_pylist():
            recording = pair["recording_id"]
            self.channels[recording] = self.channels.get(recording, 0) | 1 << pair["channel"]

    def _add_intervals(self, rows: pa.Table, sets: dict[str, BoolArray]) -> None:
        low, high = _floats(rows, "interval_low"), _floats(rows, "interval_high")
        undecided = (low <= -CLEAR) & (high >= CLEAR)
        known = np.isfinite(high - low)
        for name, own in sets.items():
            own = own & known
            self.intervals[name] += Intervals(
                int(own.sum()), float((high - low)[own].sum()), int((own & undecided).sum())
            )

    def _correlate(
        self, sums: dict[str, Correlation], x: Floats, sentiment: Floats, voice: BoolArray
    ) -> None:
        sums["voice alone"].add(x[voice], sentiment[voice])
        sums["all"].add(x, sentiment)


def _for_voice_and_all() -> dict[str, Correlation]:
    return {"voice alone": Correlation(), "all": Correlation()}


def _log_duration(rows: pa.Table) -> Floats:
    """Logarithm of the seconds that each row lasts; NaN without times."""
    duration = _floats(rows, "end_s") - _floats(rows, "start_s")
    return np.log(np.where(duration > 0, duration, np.nan))


def _floats(rows: pa.Table, name: str) -> Floats:
    """A column as float64, NaN where null or where the table has no such column."""
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    values: Floats = rows[name].to_numpy().astype(np.float64)
    return values


def _count(values: pa.ChunkedArray) -> Counter[str]:
    return Counter(
        {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}
    )
