"""The pickle that MMSA and MMSA-FET share: utterances with extracted features, by split.

{"train", "valid", "test": {"id": "video$_$clip", "raw_text", "regression_labels", "annotations",
"text" (N, frames, features), "text_bert" (N, 3, frames), "audio", "audio_lengths" …}}, of which
files that are aligned word by word lack the lengths. As github.com/thuiar/MMSA documents and reads
it (README, src/MMSA/data_loader.py); no file of theirs could be had to try this on.
"""

from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import SPLITS
from daf_core.sources.corpora.safe_pickle import load_arrays
from daf_core.sources.table_rows import Cells, Rows, placed

SUFFIXES = (".pkl", ".pickle")
BETWEEN = "$_$"  # video and clip in an id
_LARGEST = 2**63


def read(uri: str) -> Rows:
    """Rows of all splits: the video as recording, text, label, annotation.

    Raises:
        SettingsError: this is no such pickle.
    """
    rows = [
        (f"{split}[{number}]", _cells(split, *values))
        for split, held in load_splits(uri).items()
        for number, values in enumerate(_columns(uri, split, held))
    ]
    return placed(uri, iter(rows))


def load_splits(uri: str) -> dict[str, dict[str, Any]]:
    """The splits that the pickle has, each with its columns, all of it in memory.

    Raises:
        SettingsError: this is no such pickle.
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
    """A column of a split as plain values, one a row; a BadInput in place of what is none.

    Raises:
        SettingsError: the split lacks it, or it is not as long as that of ids.
    """
    found = held.get(name)
    if not _is_column(found) or len(found) != len(held["id"]):
        rows = len(found) if _is_column(found) else "none"
        raise SettingsError(
            f"{uri}: expected in {split} {len(held['id'])} {name}, one for each id, found {rows}"
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
        "label": str(label),  # as text: a NaN is no empty cell here, it is a bad label
        "split": split,
        "annotation": annotation,
    }


def _is_column(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _plain(name: str, value: Any) -> Any:
    """A text or number by itself. Others may be large beyond all bounds once they are written out:
    lists in each other, each twice, or numbers of thousands of digits.
    """
    if isinstance(value, np.generic | np.ndarray) and value.size == 1:
        value = value.item()
    known = isinstance(value, str | float | None) or (
        isinstance(value, int) and abs(value) <= _LARGEST
    )
    expected = f"{name}: expected a text or a number, got {type(value).__name__}"
    return value if known else BadInput("bad_row", expected)


def _kind(value: Any) -> str:
    names = f" with {', '.join(map(ascii, list(value)[:8]))}" if isinstance(value, dict) else ""
    return f"{type(value).__name__}{names}"
