"""Embed one decoded part: frozen encoders over its texts and samples, every layer pooled."""

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.text import TextEncoder
from daf_core.features import embeddings_table, fixed_size_list
from daf_core.modalities import MODALITIES, Streams, modality_number
from daf_core.precision import Precision
from daf_core.schemas import quarantine_rows
from daf_core.weights.specs import EncoderSpec


class Embed:
    """Frozen encoders, one per embedding column: "text", "audio", "audio_2" …

    `layers` says for some columns how many of the first layers are wanted; the others are not
    computed.

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
        self.encoders = {
            column: (load_text_encoder if column == "text" else load_speech_encoder)(
                spec, device, offline, precision, layers.get(column)
            )
            for column, spec in encoders.items()
        }

    @property
    def shapes(self) -> Streams:
        """Layers and features of each column."""
        return {name: (encoder.layers, encoder.width) for name, encoder in self.encoders.items()}

    def only(self, modality: str) -> "Embed":
        """The same encoders, those of one modality."""
        made = copy(self)
        made.encoders = {
            name: encoder
            for name, encoder in self.encoders.items()
            if MODALITIES[modality_number(name)] == modality
        }
        return made

    def __call__(self, decoded: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Embeddings of the usable rows, in order, and quarantine of the others."""
        bad = pc.is_valid(decoded["reason"])
        rows, unusable = decoded.filter(pc.invert(bad)), decoded.filter(bad)
        flags: list[list[str]] = rows["flags"].to_pylist()
        columns, had_any, has_any = {}, np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for name, encoder in self.encoders.items():
            source = rows["text" if name == "text" else "samples"]
            present = source.is_valid().to_numpy()
            items: list[Any] = _items(source.drop_null())
            values = np.zeros((len(rows), encoder.layers * encoder.width), np.float16)
            values[present] = encoder(items).reshape(len(items), values.shape[1])
            if isinstance(encoder, TextEncoder):
                _flag(flags, np.flatnonzero(present)[encoder.truncated(items)], "truncated_text")
            broken = ~np.isfinite(values).all(axis=1)
            _flag(flags, np.flatnonzero(broken), "encoder_failed")
            had_any |= present
            present = present & ~broken
            has_any |= present
            columns[name] = fixed_size_list(values, present)
        quarantine = [
            quarantine_rows(unusable, "decode", unusable["reason"], unusable["message"]),
            _unused(rows.filter(pa.array(~had_any)), [*self.encoders]),
            _failed(rows.filter(pa.array(had_any & ~has_any))),
        ]
        embedded = embeddings_table(rows, columns, self.shapes, flags)
        return embedded.filter(pa.array(has_any)), pa.concat_tables(quarantine)


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
