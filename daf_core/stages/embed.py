"""Embed one decoded part: frozen encoders over its texts and samples, every layer pooled."""

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
from daf_core.schemas import quarantine_rows
from daf_core.weights.precision import Precision
from daf_core.weights.specs import EncoderSpec


class Embed:
    """Frozen encoders of embedding columns: "text", "audio", "audio_2" … and, of the same networks,
    "text_frames", "audio_frames".

    `layers` says for some columns how many of the first layers are wanted, and for frames how many
    steps at most; other layers are not computed.

    Construct with plain values; weights are loaded once. Called with a decoded part
    (`decoding.DECODED`), gives its embeddings and its quarantine; never raises for a bad row.
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
                layers.get(name) if name in encoders else 1,  # of frames alone: no other layers
                layers[_frames_of(name)] if _frames_of(name) in encoders else 0,
            )
            for name, spec in networks.items()
        }

    @property
    def shapes(self) -> ColumnShapes:
        """Layers, or steps of frames, and features of each column."""
        every: ColumnShapes = {}
        for name, encoder in self.encoders.items():
            every[name] = (encoder.layers, encoder.width)
            every[_frames_of(name)] = (encoder.frames.steps, encoder.frame_width)
        return {column: every[column] for column in self.columns}

    def only(self, modality: str) -> "Embed":
        """The same encoders, those of one modality."""
        made = copy(self)
        made.columns = [
            name for name in self.columns if Column.from_name(name).modality == modality
        ]
        made.encoders = select(self.encoders, lambda column: column.modality == modality)
        return made

    def __call__(self, decoded: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Embeddings of the usable rows, in order, and quarantine of the others."""
        bad = pc.is_valid(decoded["reason"])
        rows, unusable = decoded.filter(pc.invert(bad)), decoded.filter(bad)
        flags: list[list[str]] = rows["flags"].to_pylist()
        columns: dict[str, pa.FixedSizeListArray] = {}
        had_any, has_any = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for name, encoder in self.encoders.items():
            source = rows["text" if name == "text" else "samples"]
            present = source.is_valid().to_numpy()
            items: list[Any] = _items(source.drop_null())
            if isinstance(encoder, TextEncoder):
                before = rows["before"].filter(source.is_valid()).to_pylist()
                encoded = encoder.encode(items, before)
                _flag(flags, np.flatnonzero(present)[encoder.truncated(items)], "truncated_text")
            else:
                encoded = encoder.encode(items)
            made = self._made(name, encoded, present)
            broken = ~np.all([np.isfinite(value).all(axis=1) for value in made.values()], axis=0)
            _flag(flags, np.flatnonzero(broken), "encoder_failed")
            had_any |= present
            present = present & ~broken
            has_any |= present
            columns |= {name: fixed_size_list(value, present) for name, value in made.items()}
        quarantine = [
            quarantine_rows(unusable, "decode", unusable["reason"], unusable["message"]),
            _unused(rows.filter(pa.array(~had_any)), [*self.encoders]),
            _failed(rows.filter(pa.array(had_any & ~has_any))),
        ]
        embedded = embeddings_table(rows, columns, self.shapes, flags)
        return embedded.filter(pa.array(has_any)), pa.concat_tables(quarantine)

    def _made(
        self,
        name: str,
        encoded: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
        present: npt.NDArray[np.bool_],
    ) -> dict[str, HalfArray]:
        """Columns of one encoder, (rows, size): what it says of the `present` rows, else zeros."""
        made = {}
        for column, value in zip((name, _frames_of(name)), encoded, strict=True):
            if column in self.columns:
                size = value.shape[1] * value.shape[2]
                made[column] = np.zeros((len(present), size), np.float16)
                made[column][present] = value.reshape(len(value), size)
        return made


def _frames_of(name: str) -> str:
    return Column.from_name(name).frames.name


def _items(column: pa.ChunkedArray) -> list[Any]:
    """Texts as str; 16-bit samples as arrays, without copying them."""
    if pa.types.is_string(column.type):
        texts: list[str] = column.to_pylist()
        return texts
    return [np.frombuffer(value.as_buffer(), "<i2") for value in column]


def _flag(flags: list[list[str]], rows: npt.NDArray[np.intp], flag: str) -> None:
    for row in rows:
        flags[row].append(flag)


def _unused(rows: pa.Table, used: list[str]) -> pa.Table:
    message = f"the encoders are for {' and '.join(used)}, which the row lacks"
    return quarantine_rows(rows, "encode", "unused_modality", message)


def _failed(rows: pa.Table) -> pa.Table:
    message = "the encoders gave numbers that are not finite for everything the row has"
    return quarantine_rows(rows, "encode", "encoder_failed", message)
