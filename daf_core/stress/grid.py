"""A robustness grid: heads that read the same embeddings, under every kind of damage.

Plain values, to be shipped; `part` does the work.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from daf_core.damage.conditions import CLEAN, CONDITIONS, Condition
from daf_core.damage.words import Words
from daf_core.embeddings.columns import ColumnShapes, modalities_of, select, stored
from daf_core.errors import SettingsError
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.run_record import fingerprint
from daf_core.weights.specs import EncoderSpec


@dataclass(frozen=True)
class Grid:
    """heads: name → head; words: what misheard words become; seed: of all damage."""

    heads: dict[str, TrainedHead]
    words: Words
    seed: int

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Those of all heads: where two read the same column, it is by the same one."""
        return {name: spec for head in self.heads.values() for name, spec in head.encoders.items()}

    @property
    def streams(self) -> ColumnShapes:
        """The columns that all heads read or make theirs of; as many layers as any reads."""
        found: ColumnShapes = {}
        for head in self.heads.values():
            for name, (layers, features) in stored(head.streams).items():
                found[name] = (max(layers, found.get(name, (0, 0))[0]), features)
        return found

    @property
    def layers(self) -> dict[str, int]:
        """How many layers of each column are read, from the first."""
        return {name: layers for name, (layers, _) in self.streams.items()}

    @property
    def modalities(self) -> list[str]:
        """Those that any head reads."""
        return modalities_of(self.streams)

    @property
    def conditions(self) -> list[Condition]:
        """Clean, and all damage to what is read that leaves something to read."""
        read = self.modalities
        return [
            one
            for one in CONDITIONS
            if one == CLEAN or (one.modality in read and (len(read) > 1 or not one.missing))
        ]

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its predictions, as JSON."""
        return {
            "heads": {name: head.identity for name, head in self.heads.items()},
            "conditions": [one.name for one in self.conditions],
            "words": fingerprint(asdict(self.words)),
            "seed": self.seed,
        }


def named(heads: dict[str, TrainedHead]) -> dict[str, TrainedHead]:
    """Heads by folder → by kind, or where two are of one kind by folder still.

    Raises:
        SettingsError: two read the same column by different encoders, or frames of other numbers.
    """
    by: dict[str, tuple[str, EncoderSpec]] = {}
    for folder, head in heads.items():
        for column, spec in head.encoders.items():
            first, theirs = by.setdefault(column, (folder, spec))
            if theirs != spec:
                raise SettingsError(
                    f"--head {folder}: expected heads of the same encoders; it reads {column} by "
                    f"{spec}, {first} by {theirs}; put them into grids of their own"
                )
    frames = [
        select(head.streams, lambda column: column.view == "frames") for head in heads.values()
    ]
    steps = {steps for shapes in frames for steps, _ in shapes.values()}
    if len(steps) > 1:
        raise SettingsError(
            f"expected heads on the same number of frames, found {sorted(steps)}; "
            f"put them into grids of their own"
        )
    kinds = Counter(head.kind for head in heads.values())
    return {head.kind if kinds[head.kind] == 1 else folder: head for folder, head in heads.items()}
