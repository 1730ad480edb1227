"""The pickle of MMSA and MMSA-FET: utterances with precomputed features, by split.

{"train", "valid", "test": {"id": "video$_$clip", "raw_text", "regression_labels", "annotations",
"text" (N, frames, features), "text_bert" (N, 3, frames), "audio", "audio_lengths" …}}. Files whose
features are aligned word by word have no lengths. The layout is that of github.com/thuiar/MMSA
(README, src/MMSA/data_loader.py); it has not been tried on a published file.
"""

from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import SPLITS
from daf_core.sources.corpora.safe_pickle import load_arrays
from daf_core.sources.table_rows import with_file_names
from daf_core.sources.table_types import Cells, Rows

SUFFIXES = (".pkl", ".pickle")
BETWEEN = "$_$"  # between video and clip in an id
_LARGEST = 2**63


def read(uri: str) -> Rows:
    """Rows of all splits; the video is the recording.

    Raises:
        SettingsError: it is not such a pickle.
    """
    rows = [
        (f"{split}[{number}]", _cells(split, *values))
        for split, held in load_splits(uri).items()
        for number, values in enumerate(_columns(uri, split, held))
    ]
    return with_file_names(uri, iter(rows))


def load_splits(uri: str) -> dict[str, dict[str, Any]]:
    """Split → column → values, all of the pickle in memory.

    Raises:
        SettingsError: it is not such a pickle.
    """
    data = load_arrays(uri)
    if not isinstance(data, dict) or not data.keys() & set(SPLITS):
        raise SettingsError(f"{uri}: expected a dict of {', '.join(SPLITS)}, found {_kind(data)}")
    splits = {split: data[split] for split in SPLITS if split in data}
    for split, held in splits.items():
        if not isinstance(held, dict) or not _is_column(held.get("id")):
            raise SettingsError(
                f"{uri}: expected {split} to be a dict with id, text, audio …, found {_kind(held)}"
            )
    return splits


def plain_column(uri: str, split: str, held: dict[str, Any], name: str) -> list[Any]:
    """A column of a split as texts and numbers, one per row; other values become a BadInput.

    Raises:
        SettingsError: the split lacks the column, or it has another length than the ids.
    """
    found = held.get(name)
    if not _is_column(found) or len(found) != len(held["id"]):
        rows = len(found) if _is_column(found) else "none"
        raise SettingsError(
            f"{uri}: expected in {split} {len(held['id'])} {name}, one per id, found {rows}"
        )
    return [_plain(name, value) for value in found]


def _columns(uri: str, split: str, held: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    names = ["id", "raw_text", "regression_labels"]
    needed = [plain_column(uri, split, held, name) for name in names]
    annotations = [None] * len(needed[0])
    if "annotations" in held:
        annotations = plain_column(uri, split, held, "annotations")
    return zip(*needed, annotations, strict=True)


def _cells(split: str, utterance: Any, text: Any, label: Any, annotation: Any) -> Cells | BadInput:
    for value in (utterance, text, label, annotation):
        if isinstance(value, BadInput):
            return value
    name = str(utterance)
    return {
        "utterance_id": name,
        "recording_id": name.partition(BETWEEN)[0],
        "text": text,
        "label": str(label).replace("nan", "not-a-number"),  # a bad label here, no empty cell
        "split": split,
        "annotation": annotation,
    }


def _is_column(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _plain(name: str, value: Any) -> Any:
    """The value if it is a text or a number, else a BadInput.

    Other values may be huge once written out: nested lists that share their items, or integers of
    thousands of digits.
    """
    if isinstance(value, np.generic | np.ndarray) and value.size == 1:
        value = value.item()
    known = isinstance(value, str | float | None) or (
        isinstance(value, int) and abs(value) <= _LARGEST
    )
    expected = f"{name}: expected a text or a number, found {type(value).__name__}"
    return value if known else BadInput("bad_row", expected)


def _kind(value: Any) -> str:
    names = f" with {', '.join(map(ascii, list(value)[:8]))}" if isinstance(value, dict) else ""
    return f"{type(value).__name__}{names}"
