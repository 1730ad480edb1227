"""A robustness grid: heads that read the same embeddings, under every condition of damage.

A grid holds plain values and is picklable; `stress.part` runs it on a part.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from daf_core.damage.words import Words
from daf_core.embeddings.columns import ColumnShapes, modalities_of, select, stored
from daf_core.errors import SettingsError
from daf_core.schemas import PREDICTIONS
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.run_record import Json, fingerprint
from daf_core.weights.specs import EncoderSpec

if TYPE_CHECKING:
    from daf_core.damage.conditions import Condition


@dataclass(frozen=True)
class Grid:
    """heads: name → head; words: that replace or join those of a text; seed: of all damage."""

    heads: dict[str, TrainedHead]
    words: Words
    seed: int

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Embedding column → encoder, of all heads; `name_heads` checks that they agree."""
        return {name: spec for head in self.heads.values() for name, spec in head.encoders.items()}

    @property
    def shapes(self) -> ColumnShapes:
        """The stored columns that any head reads, with the most layers that any head reads."""
        shapes: ColumnShapes = {}
        for head in self.heads.values():
            for name, (layers, features) in stored(head.shapes).items():
                shapes[name] = (max(layers, shapes.get(name, (0, 0))[0]), features)
        return shapes

    @property
    def layers(self) -> dict[str, int]:
        """Embedding column → how many of its first layers are read."""
        return {name: layers for name, (layers, _) in self.shapes.items()}

    @property
    def modalities(self) -> list[str]:
        """The modalities that any head reads."""
        return modalities_of(self.shapes)

    @property
    def conditions(self) -> "list[Condition]":
        """The clean condition, and every condition that damages a modality of the heads.

        A condition that would leave the heads nothing to read is left out.
        """
        from daf_core.damage.conditions import CLEAN, CONDITIONS  # loads SciPy

        read = self.modalities
        return [
            one
            for one in CONDITIONS
            if one == CLEAN
            or (one.modality in read and (len(read) > 1 or not one.removes_modality))
        ]

    @property
    def identity(self) -> Json:
        """What decides the predictions, as JSON."""
        return {
            "heads": {name: head.identity for name, head in self.heads.items()},
            "conditions": [one.name for one in self.conditions],
            "words": fingerprint(asdict(self.words)),
            "seed": self.seed,
            "columns": PREDICTIONS.names,
        }


def name_heads(heads: dict[str, TrainedHead]) -> dict[str, TrainedHead]:
    """Folder → head to name → head: the name is the kind, or the folder if two share a kind.

    Raises:
        SettingsError: two heads differ in the encoder of a column, or in the number of frames.
    """
    readers: dict[str, tuple[str, EncoderSpec]] = {}
    for folder, head in heads.items():
        for column, spec in head.encoders.items():
            other, expected = readers.setdefault(column, (folder, spec))
            if expected != spec:
                raise SettingsError(
                    f"`heads` {folder}: expected {column} embeddings by {expected}, as {other} "
                    f"reads them, found {spec}; measure these heads in separate runs"
                )
    frames = [
        select(head.shapes, lambda column: column.view == "frames") for head in heads.values()
    ]
    steps = {steps for shapes in frames for steps, _ in shapes.values()}
    if len(steps) > 1:
        raise SettingsError(
            f"`heads`: expected heads on the same number of frames, found {sorted(steps)}; "
            f"measure them in separate runs"
        )
    kinds = Counter(head.kind for head in heads.values())
    return {head.kind if kinds[head.kind] == 1 else folder: head for folder, head in heads.items()}
