"""Features that a corpus was published with, as embeddings: pooled over time, by utterance id."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from daf_core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from daf_core.decimals import how_many_of
from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.embeddings.columns import ColumnShapes, HalfArray
from daf_core.errors import SettingsError
from daf_core.precomputed.scale import ROUNDING, hidden, standardised
from daf_core.schemas import quarantine_rows
from daf_core.weights.specs import EncoderSpec

_ROWS_AT_ONCE = 64


class Pooled(NamedTuple):
    """Utterances pooled over their frames.

    values: (rows, features), in the units of the file; present: (rows,), whether a row has a frame
    with any value other than 0; repaired: how many values were not finite.
    """

    values: AnyArray
    present: BoolArray
    repaired: int


@dataclass(frozen=True)
class PrecomputedColumn:
    """An embedding column: the file it is from, utterance id → row, and the values of the rows:
    (rows, layers · features), each feature standardised over all rows (`scale.standardised`);
    far: which features have numbers that hide the others, as a text; "": none.
    """

    source: EncoderSpec
    places: dict[str, int]
    values: HalfArray
    layers: int = 1
    far: str = ""

    @classmethod
    def from_pooled(
        cls, source: EncoderSpec, ids: Iterable[str], pooled: Pooled, layers: int = 1
    ) -> "PrecomputedColumn":
        """A column of the pooled rows that are present.

        Raises:
            SettingsError: several rows have one id.
        """
        names = [*ids]
        _check_once(source.name, names)
        rows = zip(names, pooled.present, strict=True)
        places = {name: place for place, (name, present) in enumerate(rows) if present}
        values = standardised(pooled.values, pooled.present)
        far = _far(names, pooled.values, values, hidden(pooled.values, values, pooled.present))
        return cls(source, places, values, layers, far)

    def select(self, ids: list[str]) -> tuple[HalfArray, BoolArray]:
        """Values (rows, layers · features) of these utterances, and which are present; those of
        others are 0.
        """
        places = np.array([self.places.get(utterance, -1) for utterance in ids], np.intp)
        present: BoolArray = places >= 0
        values = np.zeros((len(ids), self.values.shape[1]), np.float16)
        values[present] = self.values[places[present]]
        return values, present


@dataclass(frozen=True)
class Precomputed:
    """Embedding columns by name ("text", "audio" …), and how many values were repaired."""

    columns: dict[str, PrecomputedColumn]
    repaired: int

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Column → the file that it is from, in the place of an encoder."""
        return {name: column.source for name, column in self.columns.items()}

    @property
    def shapes(self) -> ColumnShapes:
        """Column → (layers, features)."""
        return {
            name: (one.layers, one.values.shape[1] // one.layers)
            for name, one in self.columns.items()
        }

    def embed(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Embeddings of the manifest `rows` that have features, and quarantine of the others.

        Rows with one modality are flagged no_text or no_audio.
        """
        ids = rows["utterance_id"].to_pylist()
        columns: dict[str, pa.FixedSizeListArray] = {}
        flags: list[list[str]] = rows["flags"].to_pylist()
        has_any = np.zeros(len(ids), bool)
        for name, column in self.columns.items():
            values, present = column.select(ids)
            columns[name] = fixed_size_list(values, present)
            has_any |= present
            for row in np.flatnonzero(~present):
                flags[row].append(f"no_{name}")
        embedded = embeddings_table(rows, columns, self.shapes, flags)
        missing = quarantine_rows(
            rows.filter(pa.array(~has_any)),
            "encode",
            "missing_features",
            f"expected features of this utterance_id in {self._files()}, found none",
        )
        return embedded.filter(pa.array(has_any)), missing

    def _files(self) -> str:
        return " and ".join(dict.fromkeys(spec.name for spec in self.encoders.values()))


def pool(frames: FloatArray, used: BoolArray, deviation: bool) -> Pooled:
    """Mean over the frames in use, with `deviation` followed by their standard deviation.

    frames: (rows, frames, features); used: (rows, frames). Values that are not finite count as 0,
    as in MMSA's loader.
    """
    starts = range(0, len(frames), _ROWS_AT_ONCE)
    pieces = [
        _pool(frames[start : start + _ROWS_AT_ONCE], used[start : start + _ROWS_AT_ONCE], deviation)
        for start in starts
    ] or [_pool(frames, used, deviation)]
    return concatenate("features", pieces)


def concatenate(what: str, pieces: list[Pooled]) -> Pooled:
    """The rows of all pieces, in order; `what` names them in the error.

    Raises:
        SettingsError: the pieces have several widths, or there are none.
    """
    widths = sorted({piece.values.shape[1] for piece in pieces})
    if len(widths) != 1:
        raise SettingsError(f"{what}: expected features of one width, found {widths or 'none'}")
    return Pooled(
        np.concatenate([piece.values for piece in pieces]),
        np.concatenate([piece.present for piece in pieces]),
        sum(piece.repaired for piece in pieces),
    )


def _far(names: list[str], values: AnyArray, standard: HalfArray, hidden: IntArray) -> str:
    """What is said of features with numbers that hide the others, "" where there are none."""
    if not len(hidden):
        return ""
    feature = hidden[0]
    row = np.abs(standard[:, feature]).argmax()
    return (
        f"{how_many_of(len(hidden), values.shape[1], 'feature', 'has', 'have')} numbers so large "
        f"that others look the same (the first: feature {feature}, {values[row, feature]:.3g} of "
        f"{names[row]!r:.80})"
    )


def _check_once(file: str, ids: list[str]) -> None:
    several = {name: count for name, count in Counter(ids).items() if count > 1}
    if several:
        first = next(iter(several))
        raise SettingsError(
            f"{file}: expected each utterance id once, found {len(several):,} with several rows, "
            f"the first of them {first!r:.80} with {several[first]:,}; keep one row of each"
        )


def _pool(frames: FloatArray, used: BoolArray, deviation: bool) -> Pooled:
    weights = used[:, :, None]
    values = np.where(weights, frames.astype(np.float64), 0.0)
    finite = np.isfinite(values)
    values = np.where(finite, values, 0.0)
    count = np.maximum(weights.sum(axis=1), 1)
    with np.errstate(over="ignore", invalid="ignore"):  # near the end of float64's range
        mean = values.sum(axis=1) / count
        parts = [mean]
        if deviation:
            squares = np.where(weights, np.square(values - mean[:, None]), 0.0)
            found = np.sqrt(squares.sum(axis=1) / count)
            varies = found > ROUNDING * np.abs(values).max(axis=1, initial=0.0)
            parts.append(np.where(varies, found, 0.0))
    pooled = np.concatenate(parts, axis=1)
    fits = np.isfinite(pooled)
    repaired = int((~finite).sum() + (~fits).sum())
    present: BoolArray = np.any(values, axis=(1, 2))
    return Pooled(np.where(fits, pooled, 0.0), present, repaired)
