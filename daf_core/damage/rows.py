"""Damage the rows of a decoded part."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.damage.apply import damaged_samples, damaged_text
from daf_core.damage.conditions import VARIATIONS, Condition
from daf_core.damage.draws import draws
from daf_core.damage.words import Words
from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import SettingsError
from daf_core.storage.run_record import fingerprint

SOURCES = dict(zip(MODALITIES, ("text", "samples"), strict=True))  # columns of a decoded part
EVERY, MISHEARD = "all", "word error"


def damaged(rows: pa.Table, hows: Sequence[Condition | None], words: Words, seed: int) -> pa.Table:
    """Decoded rows, each with its text or its samples under a condition, or (None) as it is."""
    ids = rows["utterance_id"].to_pylist()
    for modality, source in SOURCES.items():
        own = [how if how is not None and how.modality == modality else None for how in hows]
        if not any(own):
            continue
        made = [
            value.as_py() if how is None else _damaged(value, how, words, seed, utterance)
            for value, how, utterance in zip(rows[source], own, ids, strict=True)
        ]
        rows = _with(rows, source, made)
    return rows


def _with(rows: pa.Table, column: str, values: list[Any]) -> pa.Table:
    """The rows with other values in a column."""
    number = rows.schema.get_field_index(column)
    field = rows.schema.field(number)
    return rows.set_column(number, field, pa.array(values, field.type))


def _damaged(
    value: pa.Scalar, how: Condition, words: Words, seed: int, utterance_id: str
) -> str | bytes:
    if how.modality == "text":
        return damaged_text(value.as_py(), how, words, seed, utterance_id)
    wave = np.frombuffer(value.as_buffer(), "<i2")
    return damaged_samples(wave, how, seed, utterance_id).tobytes()


@dataclass(frozen=True)
class Damage:
    """What becomes of rows that a head shall learn to bear damage from: of each utterance the kind
    is drawn, of those to a modality that it has, and how severe.
    """

    kinds: tuple[str, ...]
    words: Words
    seed: int

    @property
    def identity(self) -> dict[str, Any]:
        """What decides it, as JSON."""
        return {"kinds": self.kinds, "words": fingerprint(asdict(self.words)), "seed": self.seed}

    def apply(self, rows: pa.Table) -> pa.Table:
        """Decoded rows under it, flagged where something was done to them."""
        has = {name: rows[source].is_valid().to_pylist() for name, source in SOURCES.items()}
        hows = [
            self._drawn(utterance, [name for name in has if has[name][number]])
            for number, utterance in enumerate(rows["utterance_id"].to_pylist())
        ]
        flags = [
            [*own, *(["damaged"] if how else [])]
            for own, how in zip(rows["flags"].to_pylist(), hows, strict=True)
        ]
        return damaged(_with(rows, "flags", flags), hows, self.words, self.seed)

    def _drawn(self, utterance_id: str, modalities: list[str]) -> Condition | None:
        possible = [one for one in VARIATIONS if one.kind in self.kinds]
        possible = [one for one in possible if one.modality in modalities]
        if not possible:
            return None
        draw = draws(self.seed, utterance_id, "kind of damage")
        kind = draw.choice(sorted({one.kind for one in possible}))
        levels = [one for one in possible if one.kind == kind]
        return levels[draw.integers(len(levels))]


def asked_for(kinds: Sequence[str], texts: Iterable[str], seed: int) -> Damage:
    """Damage of some `kinds`, or [EVERY]; misheard words become those of `texts`,
    without which EVERY is all that befalls a voice.

    Raises:
        SettingsError: there is no such kind, or words to be misheard, but not two of them.
    """
    known = tuple(dict.fromkeys(one.kind for one in VARIATIONS))
    every = list(kinds) == [EVERY]
    named = known if every else tuple(kinds)
    for kind in named:
        if kind not in known:
            raise SettingsError(f"`damage` {kind}: expected {EVERY}, or some of {', '.join(known)}")
    words = Words.of(texts if MISHEARD in named else [])
    if every and len(words.words) < 2:
        named = tuple(kind for kind in known if kind != MISHEARD)
    if MISHEARD in named and len(words.words) < 2:
        raise SettingsError(
            f"`damage` {MISHEARD}: expected labelled texts of two different words or more, which "
            f"misheard words become"
        )
    return Damage(tuple(kind for kind in known if kind in named), words, seed)
