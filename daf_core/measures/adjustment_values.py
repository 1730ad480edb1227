"""What adapting a head to an archive adds to it: offsets of its sentiments. Without torch."""

from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

from daf_core.storage.run_record import Json

GroupColumn: TypeAlias = Literal["role", "channel", "speaker"]


@dataclass(frozen=True)
class Affine:
    """Sentiment s becomes scale · s + shift, clipped to [-3, 3].

    rows: how many labelled rows it was measured on.
    """

    scale: float
    shift: float
    rows: int


@dataclass(frozen=True)
class Adjustment:
    """Offsets of sentiments, measured on labelled rows of an archive.

    sets: by set of modalities of a row ("text and audio", "text", "audio"); group: the column whose
    values have shifts of their own, None without; shifts: value of the column → what is added.
    """

    sets: dict[str, Affine]
    group: GroupColumn | None = None
    shifts: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> Json:
        """As JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Json) -> "Adjustment":
        """Read what `as_dict` wrote."""
        sets = {name: Affine(**one) for name, one in found["sets"].items()}
        return cls(sets, found["group"], dict(found["shifts"]))
