"""The stages that run encoders and heads: a decoded part → embeddings, scores or predictions."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from daf_core.adaptation.chosen_rows import ChosenRows
from daf_core.embeddings.columns import Column, select, stored
from daf_core.errors import SettingsError
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from daf_core.stress.grid import Grid
from daf_core.stress.labelled_sample import LabelledSample
from daf_core.weights.precision import Precision
from daf_core.weights.specs import EncoderSpec
from jobs.parts.lean_imports import lean_imports
from jobs.parts.message import PartTables, StageResult, run_stage

if TYPE_CHECKING:
    from daf_core.damage.rows import Damage
    from daf_core.stages.embed import Embed


@dataclass(frozen=True)
class EncodePlan:
    """What is done to a part: read a sample of its rows, damage them, encode them, and score the
    embeddings with a head or run a robustness grid over them. Picklable.

    frame_steps: without a head, how many steps of frames are kept; the executor fills in device and
    precision.
    """

    encoders: dict[str, EncoderSpec]
    offline: bool
    head: TrainedHead | Grid | None = None
    frame_steps: int = 0
    damage: "Damage | None" = None
    synthesizer: Synthesizer | None = None
    sample: LabelledSample | ChosenRows | None = None
    device: str = "cpu"
    precision: Precision = "float32"

    @property
    def identity(self) -> Json:
        """What decides the bytes that are made of given manifest rows."""
        encoders = {column: spec.as_dict() for column, spec in self.encoders.items()}
        identity: Json = {"encoders": encoders, "precision": self.precision}
        if self.frame_steps:
            identity["frames"] = self.frame_steps
        if self.damage is not None:
            identity["damage"] = self.damage.identity
        if self.head is not None:
            identity["head"] = self.head.identity
        if self.synthesizer is not None:
            identity["synthesizer"] = self.synthesizer.command
        if self.sample is not None:
            identity["rows"] = asdict(self.sample)
        return identity

    @property
    def reads_audio(self) -> bool:
        """Whether recordings are opened at all."""
        return any(Column.from_name(name).modality == "audio" for name in self.encoders)

    @property
    def context(self) -> int:
        """How many turns before an utterance are read with it."""
        return max(spec.context for spec in self.encoders.values())


class Encode:
    """Decoded part → embeddings, or with a head → scores, or with a grid → predictions."""

    def __init__(self, plan: EncodePlan) -> None:
        self.plan = plan

    @cached_property
    def embed(self) -> "Embed":
        """The encoders. Loaded at the first part, as Ray reports an actor that fails to start by
        its traceback alone.
        """
        with lean_imports():
            import torch

            from daf_core.stages.embed import Embed

        plan = self.plan
        if plan.device == "cpu":
            torch.set_num_threads(1)  # one actor a core beats threads on batches this small
        steps = dict.fromkeys(
            select(plan.encoders, lambda column: column.view == "frames"), plan.frame_steps
        )
        layers = steps if plan.head is None else plan.head.layers
        embed = Embed(plan.encoders, plan.device, plan.offline, plan.precision, layers)
        if plan.head is not None and (read := stored(plan.head.shapes)) != embed.shapes:
            raise SettingsError(
                f"the head was trained on layers × features of {read}, its encoders give "
                f"{embed.shapes}; train it again on embeddings by these encoders"
            )
        return embed

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._encode, message)

    def _encode(self, facts: PartFacts, tables: PartTables) -> StageResult:
        head, decoded = self.plan.head, tables["rows"]
        if isinstance(head, Grid):
            from daf_core.stress.part import stress

            rows, quarantine = stress(head, self.embed, decoded)
            return facts, {"rows": rows, "quarantine": quarantine}
        if self.plan.damage is not None:
            decoded = self.plan.damage.apply(decoded)
        rows, quarantine = self.embed(decoded)
        if head is not None:
            from daf_core.stages.score import score

            rows, unused = score(head, rows)
            quarantine = pa.concat_tables([quarantine, unused])
        return facts, {"rows": rows, "quarantine": quarantine}


@dataclass(frozen=True)
class ScoreStored:
    """Part of stored embeddings → scores; the quarantine of the embeddings is carried over."""

    embeddings: Output
    head: TrainedHead

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._score, message)

    def _score(self, facts: PartFacts, _: PartTables) -> StageResult:
        from daf_core.stages.score import score

        rows, unused = score(self.head, self.embeddings.read(facts.name))
        before = self.embeddings.read_quarantine(facts.name)
        return facts, {"rows": rows, "quarantine": pa.concat_tables([before, unused])}
