"""Labelled rows of an archive, with what adapting a head to them needs beside the embeddings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from daf_core.adaptation.label_table import Label
from daf_core.arrays import FloatArray
from daf_core.embeddings.arrays import column_values
from daf_core.embeddings.columns import ColumnShapes
from daf_core.errors import SettingsError
from daf_core.measures.adjustment_values import GroupColumn
from daf_core.training.rows import Rows

GROUP_COLUMNS: tuple[GroupColumn, ...] = get_args(GroupColumn)
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class LabelledRows:
    """Rows with labels.

    rows: embeddings and labels; weights: (rows,) how much each counts, with mean 1; recordings:
    (rows,) number of the row's recording; groups: column → its value in each row.
    """

    rows: Rows
    weights: FloatArray
    recordings: Index
    groups: Mapping[GroupColumn, Sequence[str | None]]

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def labels(self) -> FloatArray:
        """(rows,) in [-3, 3]."""
        found: FloatArray = self.rows.labels.numpy().astype(np.float64)
        return found

    @property
    def clusters(self) -> Index:
        """(rows,) which rows belong together: recordings, or each row alone where there is one
        recording.
        """
        alone = len(np.unique(self.recordings)) < 2
        return np.arange(len(self)) if alone else self.recordings

    def select(self, index: Index) -> "LabelledRows":
        """The rows of this index, in its order."""
        groups = {name: [values[row] for row in index] for name, values in self.groups.items()}
        rows = self.rows.select(torch.from_numpy(index))
        return LabelledRows(rows, self.weights[index], self.recordings[index], groups)


def labelled_rows(
    parts: Iterable[pa.Table], labels: Mapping[str, Label], shapes: ColumnShapes
) -> tuple[LabelledRows, set[str]]:
    """The labelled rows among embeddings that have a modality which the head reads.

    Args:
        parts: embeddings tables, each of one part, with all rows that the head reads together.
        labels: by utterance id.

    Returns:
        The rows, and the ids of the labels that they have.

    Raises:
        SettingsError: there are no such rows.
    """
    values: dict[str, list[npt.NDArray[np.float16]]] = {name: [] for name in shapes}
    present, ids, recordings = [], [], []
    groups: dict[GroupColumn, list[str | None]] = {name: [] for name in GROUP_COLUMNS}
    for table in parts:
        of_part, has = column_values(table, shapes)
        own = table["utterance_id"].to_pylist()
        index = np.array(
            [row for row, one in enumerate(own) if one in labels and has[row].any()], np.intp
        )
        for name, value in of_part.items():
            values[name].append(value[index])
        present.append(has[index])
        ids += [own[row] for row in index]
        chosen = table.take(pa.array(index))
        recordings += chosen["recording_id"].to_pylist()
        for column in GROUP_COLUMNS:
            groups[column] += chosen[column].cast("string").to_pylist()
    if not labels:
        raise SettingsError("`labels`: expected labels, found none; fill in the column `label`")
    if not ids:
        raise SettingsError(
            f"`labels`: expected labels of utterances that are there and that the head can score, "
            f"found none among {len(labels)}"
        )
    stand_for = np.array([labels[one].stands_for or np.nan for one in ids], np.float64)
    rows = Rows(
        {name: torch.from_numpy(np.concatenate(pieces)) for name, pieces in values.items()},
        torch.from_numpy(np.concatenate(present)),
        torch.tensor([labels[one].sentiment for one in ids], dtype=torch.float32),
    )
    numbers = np.unique(np.array(recordings, object), return_inverse=True)[1].astype(np.intp)
    return LabelledRows(rows, _weights(stand_for), numbers, groups), set(ids)


def _weights(stand_for: FloatArray) -> FloatArray:
    """Weights with mean 1; all the same where a row does not say what it stands for."""
    if not len(stand_for) or np.isnan(stand_for).any():
        return np.ones(len(stand_for))
    found: FloatArray = stand_for / stand_for.mean()
    return found
