"""Damage the rows of a decoded part."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.damage.conditions import VARIATIONS, WORD_ERROR, Condition
from daf_core.damage.draws import draws
from daf_core.damage.words import Words
from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import SettingsError
from daf_core.storage.run_record import Json, fingerprint

SOURCES = dict(zip(MODALITIES, ("text", "samples"), strict=True))  # columns of a decoded part
ALL_KINDS = "all"


def damage_rows(
    rows: pa.Table, conditions: Sequence[Condition | None], words: Words, seed: int
) -> pa.Table:
    """Decoded rows with the text or the samples of each under its condition; None: unchanged."""
    ids = rows["utterance_id"].to_pylist()
    for modality, source in SOURCES.items():
        own = [one if one is not None and one.modality == modality else None for one in conditions]
        if not any(own):
            continue
        values = [
            value.as_py() if one is None else _damaged(value, one, words, seed, utterance)
            for value, one, utterance in zip(rows[source], own, ids, strict=True)
        ]
        rows = _with_column(rows, source, values)
    return rows


def _with_column(rows: pa.Table, column: str, values: list[Any]) -> pa.Table:
    """The rows with other values in a column."""
    number = rows.schema.get_field_index(column)
    field = rows.schema.field(number)
    return rows.set_column(number, field, pa.array(values, field.type))


def _damaged(
    value: pa.Scalar, condition: Condition, words: Words, seed: int, utterance_id: str
) -> str | bytes:
    if condition.modality == "text":
        return condition.apply_to_text(value.as_py(), words, seed, utterance_id)
    samples = np.frombuffer(value.as_buffer(), "<i2")
    return condition.apply_to_samples(samples, seed, utterance_id).tobytes()


@dataclass(frozen=True)
class Damage:
    """Data augmentation: damage every utterance in a way that is drawn for it.

    Drawn are the kind, among the `kinds` that damage a modality of the utterance, then the
    severity. words: replace or join the words of a text under word errors.
    """

    kinds: tuple[str, ...]
    words: Words
    seed: int

    @classmethod
    def from_kinds(cls, kinds: Sequence[str], texts: Iterable[str], seed: int) -> "Damage":
        """Damage of these kinds, or of [ALL_KINDS]; word errors take their words from `texts`.

        ALL_KINDS leaves out word errors if the texts have fewer than two different words.

        Raises:
            SettingsError: a kind is unknown, or `texts` have too few words for word errors.
        """
        known = tuple(dict.fromkeys(one.kind for one in VARIATIONS))
        every = list(kinds) == [ALL_KINDS]
        named = known if every else tuple(kinds)
        for kind in named:
            if kind not in known:
                raise SettingsError(
                    f"`damage` {kind}: expected {ALL_KINDS}, or some of {', '.join(known)}"
                )
        words = Words.from_texts(texts if WORD_ERROR in named else [])
        if every and len(words.words) < 2:
            named = tuple(kind for kind in known if kind != WORD_ERROR)
        if WORD_ERROR in named and len(words.words) < 2:
            raise SettingsError(
                f"`damage` {WORD_ERROR}: expected labelled texts with two different words or more, "
                f"found {len(words.words)}; label more rows, or leave this kind out"
            )
        return cls(tuple(kind for kind in known if kind in named), words, seed)

    @property
    def identity(self) -> Json:
        """What decides the damage, as JSON."""
        return {"kinds": self.kinds, "words": fingerprint(asdict(self.words)), "seed": self.seed}

    def apply(self, rows: pa.Table) -> pa.Table:
        """Damage decoded rows; the rows that are changed are flagged `damaged`."""
        has = {name: rows[source].is_valid().to_pylist() for name, source in SOURCES.items()}
        conditions = [
            self._draw(utterance, [name for name in has if has[name][number]])
            for number, utterance in enumerate(rows["utterance_id"].to_pylist())
        ]
        flags = [
            [*own, *(["damaged"] if condition else [])]
            for own, condition in zip(rows["flags"].to_pylist(), conditions, strict=True)
        ]
        return damage_rows(_with_column(rows, "flags", flags), conditions, self.words, self.seed)

    def _draw(self, utterance_id: str, modalities: list[str]) -> Condition | None:
        """The condition of an utterance that has these modalities; None: no kind damages them."""
        possible = [
            one for one in VARIATIONS if one.kind in self.kinds and one.modality in modalities
        ]
        if not possible:
            return None
        return drawn(possible, self.seed, utterance_id)


def drawn(conditions: Sequence[Condition], seed: int, utterance_id: str) -> Condition:
    """One of the conditions for an utterance: first the kind is drawn, then the severity."""
    draw = draws(seed, utterance_id, "kind of damage")
    kind = draw.choice(sorted({one.kind for one in conditions}))
    levels = [one for one in conditions if one.kind == kind]
    return levels[draw.integers(len(levels))]
