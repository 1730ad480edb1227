"""Embedding columns: modality, number, view and derivation, and the names that stand for them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from daf_core.errors import SettingsError

MODALITIES = ("text", "audio")

HalfArray: TypeAlias = npt.NDArray[np.float16]
View: TypeAlias = Literal["pooled", "frames"]
Derivation: TypeAlias = Literal["speaker_normalised", "own_previous", "others_previous"]

# Name of an embedding column → (layers, features); of frames (steps, features).
ColumnShapes: TypeAlias = dict[str, tuple[int, int]]

T = TypeVar("T")

_ENDINGS: dict[Derivation, str] = {
    "speaker_normalised": "_relative",
    "own_previous": "_own_before",
    "others_previous": "_others_before",
}
_DERIVATIONS = {ending: derivation for derivation, ending in _ENDINGS.items()}
_NAME = re.compile(
    rf"(?P<modality>{'|'.join(MODALITIES)})(_(?P<number>[1-9][0-9]{{0,8}}))?"
    rf"(?P<frames>_frames)?(?P<wide>_wide)?(?P<derived>{'|'.join(_DERIVATIONS)})?"
)


@dataclass(frozen=True)
class Column:
    """One column of embeddings.

    number: which encoder of the modality, from 1.
    view: "pooled", one vector a layer for the whole utterance; "frames", one layer over time.
    derived: None for a column that embeddings store. Other columns are computed from the stored
        one when rows are read: minus the speaker's mean (`speaker_mean`), or the mean of previous
        turns of the same speaker or of the others (`previous_turns`).
    all_layers: a head reads the layers side by side, not their learned mix.

    Raises:
        SettingsError: there is no such column.
    """

    modality: str
    number: int = 1
    view: View = "pooled"
    derived: Derivation | None = None
    all_layers: bool = False

    def __post_init__(self) -> None:
        if self.modality not in MODALITIES or self.number < 1:
            raise SettingsError(
                f"embedding column: expected text or audio with a number from 1, "
                f"got {self.modality} {self.number}"
            )
        if self.view == "frames" and (self.derived is not None or self.all_layers):
            raise SettingsError(
                f"embedding column {self.name}: expected frames of one layer as they are stored, "
                f"got {self.derived or 'all layers'}"
            )

    @property
    def name(self) -> str:
        """The column's name in tables, in heads' tensors and in `head.json`, such as "audio_2"."""
        return (
            self.modality
            + (f"_{self.number}" if self.number > 1 else "")
            + ("_frames" if self.view == "frames" else "")
            + ("_wide" if self.all_layers else "")
            + ("" if self.derived is None else _ENDINGS[self.derived])
        )

    @classmethod
    def from_name(cls, name: str) -> "Column":
        """The column of this name.

        Raises:
            SettingsError: no column has this name.
        """
        found = _NAME.fullmatch(name)
        if found is not None:
            column = cls(
                modality=found["modality"],
                number=int(found["number"] or 1),
                view="frames" if found["frames"] else "pooled",
                derived=_DERIVATIONS[found["derived"]] if found["derived"] else None,
                all_layers=bool(found["wide"]),
            )
            if column.name == name:  # else as audio_1, which is called audio
                return column
        raise SettingsError(
            f"embedding column {name!r:.80}: expected a name such as text, audio_2 or audio_frames"
        )

    @property
    def modality_index(self) -> int:
        """Place of the modality in MODALITIES."""
        return MODALITIES.index(self.modality)

    @property
    def is_utterance(self) -> bool:
        """Whether it holds vectors of the utterance itself: neither frames nor previous turns."""
        return self.view == "pooled" and self.derived in (None, "speaker_normalised")

    @property
    def is_speaker_normalised(self) -> bool:
        """Whether it holds vectors less the mean of their speaker."""
        return self.derived == "speaker_normalised"

    @property
    def is_previous_turns(self) -> bool:
        """Whether it holds vectors of earlier utterances."""
        return self.derived in ("own_previous", "others_previous")

    @property
    def stored(self) -> "Column":
        """The column of the embeddings that it is, or is computed from."""
        return replace(self, derived=None, all_layers=False)

    @property
    def pooled(self) -> "Column":
        """The pooled column of the same encoder."""
        return Column(self.modality, self.number)

    @property
    def frames(self) -> "Column":
        """The frames of the same encoder."""
        return Column(self.modality, self.number, "frames")


def select(columns: dict[str, T], wanted: Callable[[Column], bool]) -> dict[str, T]:
    """The entries of `columns`, which are keyed by column names, whose column is `wanted`."""
    return {name: value for name, value in columns.items() if wanted(Column.from_name(name))}


def stored(columns: dict[str, T]) -> dict[str, T]:
    """The entries under the names of the stored columns that their columns are computed from."""
    return {Column.from_name(name).stored.name: value for name, value in columns.items()}


def modalities_of(shapes: ColumnShapes) -> list[str]:
    """The modalities that have a column, in the order of MODALITIES."""
    present = {Column.from_name(name).modality for name in shapes}
    return [modality for modality in MODALITIES if modality in present]


def with_all_layers(shapes: ColumnShapes) -> ColumnShapes:
    """The columns of utterances replaced by those that read all layers side by side."""
    found: ColumnShapes = {}
    for name, shape in shapes.items():
        column = Column.from_name(name)
        found[replace(column, all_layers=True).name if column.is_utterance else name] = shape
    return found


def with_speaker_normalised(shapes: ColumnShapes) -> ColumnShapes:
    """`shapes`, and for each audio column of utterances the speaker-normalised one."""
    audio = select(shapes, lambda c: c.modality == "audio" and c.view == "pooled" and not c.derived)
    added = {
        replace(Column.from_name(name), derived="speaker_normalised").name: shape
        for name, shape in audio.items()
    }
    return shapes | added


def with_previous_turns(shapes: ColumnShapes) -> ColumnShapes:
    """`shapes`, and for each stored column of utterances those of previous turns."""
    derivations: tuple[Derivation, ...] = ("own_previous", "others_previous")
    added = {
        replace(Column.from_name(name), derived=derived).name: shape
        for name, shape in select(stored(shapes), lambda column: column.is_utterance).items()
        for derived in derivations
    }
    return shapes | added
