"""A decoded part through the encoders, with heads to scores; or stored embeddings to scores."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from daf_core.embeddings.columns import frames, stored
from daf_core.errors import SettingsError
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, parquet
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.stress.grid import Grid
from daf_core.weights.precision import Precision
from daf_core.weights.specs import EncoderSpec
from jobs.parts.fast_imports import lasting
from jobs.parts.message import Made, Tables, passed_on

if TYPE_CHECKING:
    from daf_core.damage.rows import Damage
    from daf_core.stages.embed import Embed


@dataclass(frozen=True)
class Encoding:
    """What encodes a part, and with a head scores it, with a grid of heads damages and scores it;
    plain values, to be shipped. Where it is done says device and precision.
    """

    encoders: dict[str, EncoderSpec]
    offline: bool
    head: TrainedHead | Grid | None = None
    frame_steps: int = 0  # without a head, whose streams say it
    damage: "Damage | None" = None  # done to the rows first
    device: str = "cpu"
    precision: Precision = "float32"

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes of what is made of given rows."""
        encoders = {column: spec.as_dict() for column, spec in self.encoders.items()}
        own: dict[str, Any] = {"encoders": encoders, "precision": self.precision}
        if self.frame_steps:
            own["frames"] = self.frame_steps
        if self.damage is not None:
            own["damage"] = self.damage.identity
        if self.head is not None:
            own["head"] = self.head.identity
        return own

    @property
    def audio(self) -> bool:
        """Whether recordings are needed at all."""
        return any(not column.startswith("text") for column in self.encoders)

    @property
    def context(self) -> int:
        """How many turns before an utterance are read with it."""
        return max(spec.context for spec in self.encoders.values())


class Encode:
    """Decoded part → embeddings, or with a head → scores, or with a grid → predictions."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding

    @cached_property
    def embed(self) -> "Embed":
        """The encoders, loaded at the first part: of an actor that fails to start, Ray tells only
        the traceback.
        """
        with lasting():  # takes seconds, most of it transformers: the driver does without
            import torch

            from daf_core.stages.embed import Embed

        asked = self.encoding
        if asked.device == "cpu":
            torch.set_num_threads(1)  # one actor per core beats threads on batches this small
        steps = dict.fromkeys(frames(asked.encoders), asked.frame_steps)
        layers = steps if asked.head is None else asked.head.layers
        embed = Embed(asked.encoders, asked.device, asked.offline, asked.precision, layers)
        if asked.head is not None and (read := stored(asked.head.streams)) != embed.shapes:
            raise SettingsError(
                f"the head was trained on layers × features of {read}, "
                f"its encoders give {embed.shapes}; train it again on embeddings by them"
            )
        return embed

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._encode, parcel)

    def _encode(self, facts: PartFacts, made: Tables) -> Made:
        head = self.encoding.head
        if isinstance(head, Grid):
            from daf_core.stress.part import stress

            rows, quarantine = stress(head, self.embed, made["rows"])
            return facts, {"rows": rows, "quarantine": quarantine}
        decoded = made["rows"]
        if self.encoding.damage is not None:
            decoded = self.encoding.damage.of(decoded)
        rows, quarantine = self.embed(decoded)
        if head is not None:
            from daf_core.stages.score import score

            rows, unused = score(head, rows)
            quarantine = pa.concat_tables([quarantine, unused])
        return facts, {"rows": rows, "quarantine": quarantine}


@dataclass(frozen=True)
class ScoreStored:
    """Part of stored embeddings → scores; their quarantine is carried over."""

    embeddings: Output
    head: TrainedHead

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._score, parcel)

    def _score(self, facts: PartFacts, _: Tables) -> Made:
        from daf_core.stages.score import score

        place = self.embeddings
        embedded, _footer = parquet.read(files.join(place.parts_uri, facts.part), "embeddings")
        before, _footer = parquet.read(files.join(place.quarantine_uri, facts.part), "quarantine")
        rows, unused = score(self.head, embedded)
        return facts, {"rows": rows, "quarantine": pa.concat_tables([before, unused])}
