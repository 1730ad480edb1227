"""Features that others extracted, as embeddings: pooled over time, found by utterance id."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.embeddings.columns import ColumnShapes, HalfArray
from daf_core.errors import SettingsError
from daf_core.schemas import quarantine_rows
from daf_core.weights.specs import EncoderSpec

FeatureFrames: TypeAlias = npt.NDArray[np.floating[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

_LARGEST = float(np.finfo(np.float16).max)
_ROWS_AT_ONCE = 64


class Pooled(NamedTuple):
    """Utterances pooled over their frames.

    values: (rows, features) float16; present: (rows,), whether a row has any frame that is not
    all zeros; repaired: numbers that were not finite or are beyond float16.
    """

    values: HalfArray
    present: BoolArray
    repaired: int


@dataclass(frozen=True)
class PrecomputedColumn:
    """An embedding column of utterances: which file it is from, id → row, and the rows' values."""

    source: EncoderSpec
    places: dict[str, int]
    values: HalfArray

    @classmethod
    def of(cls, source: EncoderSpec, ids: Iterable[str], pooled: Pooled) -> "PrecomputedColumn":
        """The rows of `ids` that are present; the first of several with one id stays."""
        rows = zip(ids, pooled.present, strict=True)
        places: dict[str, int] = {}
        for place, (utterance, present) in enumerate(rows):
            if present:
                places.setdefault(utterance, place)
        return cls(source, places, pooled.values)

    def of_rows(self, ids: list[str]) -> tuple[HalfArray, BoolArray]:
        """Values of these utterances, zeros where there are none; and where there are some."""
        places = np.array([self.places.get(utterance, -1) for utterance in ids], np.intp)
        present: BoolArray = places >= 0
        values = np.zeros((len(ids), self.values.shape[1]), np.float16)
        values[present] = self.values[places[present]]
        return values, present


@dataclass(frozen=True)
class Precomputed:
    """Embedding columns of utterances ("text", "audio"), and how many numbers were repaired."""

    columns: dict[str, PrecomputedColumn]
    repaired: int

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Column → the file that it is from."""
        return {name: column.source for name, column in self.columns.items()}

    @property
    def shapes(self) -> ColumnShapes:
        """Layers (one) and features of each column."""
        return {name: (1, column.values.shape[1]) for name, column in self.columns.items()}

    def embed(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Embeddings of the manifest `rows` that there are features of; quarantine of the others.

        Flagged as by encoders: no_text, no_audio.
        """
        ids = rows["utterance_id"].to_pylist()
        columns: dict[str, pa.FixedSizeListArray] = {}
        flags: list[list[str]] = [[] for _ in ids]
        has_any = np.zeros(len(ids), bool)
        for name, column in self.columns.items():
            values, present = column.of_rows(ids)
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


def pool(frames: FeatureFrames, used: BoolArray, deviation: bool) -> Pooled:
    """Mean, and with `deviation` standard deviation as well, over the frames that are used.

    frames: (rows, frames, features); used: (rows, frames). Numbers that are not finite count as 0,
    as MMSA's loader has it; what is beyond float16 is cut to its range.
    """
    starts = range(0, len(frames), _ROWS_AT_ONCE)
    pieces = [
        _pool(frames[start : start + _ROWS_AT_ONCE], used[start : start + _ROWS_AT_ONCE], deviation)
        for start in starts
    ] or [_pool(frames, used, deviation)]
    return joined("features", pieces)


def joined(what: str, pieces: list[Pooled]) -> Pooled:
    """The rows of all pieces, one after the other.

    Raises:
        SettingsError: they are not of one width, or there are none; `what` says of what.
    """
    widths = sorted({piece.values.shape[1] for piece in pieces})
    if len(widths) != 1:
        raise SettingsError(f"{what}: expected features of one width, found {widths or 'none'}")
    return Pooled(
        np.concatenate([piece.values for piece in pieces]),
        np.concatenate([piece.present for piece in pieces]),
        sum(piece.repaired for piece in pieces),
    )


def _pool(frames: FeatureFrames, used: BoolArray, deviation: bool) -> Pooled:
    weights = used[:, :, None]
    values = np.where(weights, frames.astype(np.float64), 0.0)
    finite = np.isfinite(values)
    values = np.where(finite, values, 0.0)
    count = np.maximum(weights.sum(axis=1), 1)
    mean = values.sum(axis=1) / count
    parts = [mean]
    if deviation:
        squares = np.where(weights, np.square(values - mean[:, None]), 0.0)
        parts.append(np.sqrt(squares.sum(axis=1) / count))
    pooled = np.concatenate(parts, axis=1)
    cut = np.clip(pooled, -_LARGEST, _LARGEST)
    repaired = int((~finite).sum() + (cut != pooled).sum())
    present: BoolArray = np.any(values, axis=(1, 2))
    return Pooled(cut.astype(np.float16), present, repaired)
