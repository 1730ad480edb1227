"""Embed one decoded part with frozen encoders: texts and samples → embedding columns."""

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.embeddings.columns import Column, ColumnShapes, HalfArray, select
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.text import TextEncoder
from daf_core.recordings.levels import level_db
from daf_core.schemas import MEASURED, quarantine_rows
from daf_core.stages.languages import with_languages
from daf_core.stages.word_count import word_count
from daf_core.weights.precision import Precision
from daf_core.weights.specs import EncoderSpec


class Embed:
    """Frozen encoders that make the embeddings of a part.

    encoders: embedding column → encoder. The columns are "text", "audio", "audio_2" …, and
    "text_frames" and "audio_frames" of the same encoders; layers: column → how many of the first
    layers are computed, all where a column is missing; for a column of frames the largest number of
    steps. Weights are loaded once, on construction.

    Raises:
        SettingsError: weights cannot be found or loaded, or are of the wrong kind.
    """

    def __init__(
        self,
        encoders: dict[str, EncoderSpec],
        device: str = "cpu",
        offline: bool = False,
        precision: Precision = "float32",
        layers: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.columns = [*encoders]
        networks = {Column.from_name(name).pooled.name: spec for name, spec in encoders.items()}
        self.encoders = {
            name: (load_text_encoder if name == "text" else load_speech_encoder)(
                spec,
                device,
                offline,
                precision,
                layers.get(name) if name in encoders else 1,  # 1: only its frames are read
                layers[_frames_of(name)] if _frames_of(name) in encoders else 0,
            )
            for name, spec in networks.items()
        }

    @property
    def shapes(self) -> ColumnShapes:
        """(layers, features) of each column; of a column of frames (steps, features)."""
        every: ColumnShapes = {}
        for name, encoder in self.encoders.items():
            every[name] = (encoder.layers, encoder.width)
            every[_frames_of(name)] = (encoder.frames.steps, encoder.frame_width)
        return {column: every[column] for column in self.columns}

    def only(self, modality: str) -> "Embed":
        """The encoders of one modality, without loading them again."""
        chosen = copy(self)
        chosen.columns = [
            name for name in self.columns if Column.from_name(name).modality == modality
        ]
        chosen.encoders = select(self.encoders, lambda column: column.modality == modality)
        return chosen

    def __call__(self, decoded: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Embed a part (`decode.DECODED`): (embeddings in the same order, quarantine).

        A row that cannot be embedded raises nothing; it is quarantined.

        Raises:
            NotDone: the GPU's memory cannot hold a single utterance.
        """
        has_reason = pc.is_valid(decoded["reason"])
        rows, quarantined = decoded.filter(pc.invert(has_reason)), decoded.filter(has_reason)
        rows = _measured(with_languages(rows))
        flags: list[list[str]] = rows["flags"].to_pylist()
        columns: dict[str, pa.FixedSizeListArray] = {}
        has_input, is_embedded = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for name, encoder in self.encoders.items():
            source = rows["text" if name == "text" else "samples"]
            present = source.is_valid().to_numpy()
            inputs: list[Any] = _inputs(source.drop_null())
            if isinstance(encoder, TextEncoder):
                previous = rows["previous_text"].filter(source.is_valid()).to_pylist()
                encoded = encoder.encode(inputs, previous)
                _flag(flags, np.flatnonzero(present)[encoder.truncated(inputs)], "truncated_text")
            else:
                encoded = encoder.encode(inputs)
            arrays = self._arrays(name, encoded, present)
            failed = ~np.all([np.isfinite(value).all(axis=1) for value in arrays.values()], axis=0)
            _flag(flags, np.flatnonzero(failed), "encoder_failed")
            has_input |= present
            present = present & ~failed
            is_embedded |= present
            columns |= {name: fixed_size_list(value, present) for name, value in arrays.items()}
        quarantine = [
            quarantine_rows(quarantined, "decode", quarantined["reason"], quarantined["message"]),
            _without_input(rows.filter(pa.array(~has_input)), [*self.encoders]),
            _failed(rows.filter(pa.array(has_input & ~is_embedded))),
        ]
        embedded = embeddings_table(rows, columns, self.shapes, flags)
        return embedded.filter(pa.array(is_embedded)), pa.concat_tables(quarantine)

    def _arrays(
        self,
        name: str,
        encoded: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
        present: npt.NDArray[np.bool_],
    ) -> dict[str, HalfArray]:
        """Columns of one encoder as float16 (rows, size), zeros except in the `present` rows."""
        arrays = {}
        for column, value in zip((name, _frames_of(name)), encoded, strict=True):
            if column in self.columns:
                size = value.shape[1] * value.shape[2]
                arrays[column] = np.zeros((len(present), size), np.float16)
                arrays[column][present] = value.reshape(len(value), size)
        return arrays


def _frames_of(name: str) -> str:
    """Name of the frames column of the same encoder."""
    return Column.from_name(name).frames.name


def _inputs(column: pa.ChunkedArray) -> list[Any]:
    """Texts as str, or 16-bit samples as arrays that share the column's memory."""
    if pa.types.is_string(column.type):
        texts: list[str] = column.to_pylist()
        return texts
    return [np.frombuffer(value.as_buffer(), "<i2") for value in column]


def _measured(rows: pa.Table) -> pa.Table:
    """Rows with the level of the samples and the number of words that the encoders read."""
    samples = (value.as_buffer() for value in rows["samples"])
    levels = [None if pcm is None else level_db(np.frombuffer(pcm, "<i2")) for pcm in samples]
    words = [None if text is None else word_count(text) for text in rows["text"].to_pylist()]
    for field, values in zip(MEASURED, (levels, words), strict=True):
        rows = rows.append_column(field, pa.array(values, field.type))
    return rows


def _flag(flags: list[list[str]], rows: npt.NDArray[np.intp], flag: str) -> None:
    """Add a flag to the rows with these indices."""
    for row in rows:
        flags[row].append(flag)


def _without_input(rows: pa.Table, columns: list[str]) -> pa.Table:
    message = f"the encoders are for {' and '.join(columns)}, which the row lacks"
    return quarantine_rows(rows, "encode", "unused_modality", message)


def _failed(rows: pa.Table) -> pa.Table:
    message = "the encoders gave numbers that are not finite for everything the row has"
    return quarantine_rows(rows, "encode", "encoder_failed", message)
