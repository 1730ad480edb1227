"""Labelled rows for training: all in memory, on the device, and standardised once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import Column
from daf_core.heads.parts import DropoutMasks, Features, columns_in

CHUNK_ROWS = 512  # rows standardised or predicted at once: what fits a core's cache


@dataclass(frozen=True)
class Rows:
    """One split's rows on this worker: row i here is global row i · workers + rank.

    values: column → (rows, L, F) float16.
    present: (rows, M) bool, which modalities a row has.
    labels: (rows,) in [-3, 3]; or int64, numbers of classes (`sentiment_bins`).
    standard: whether the values are standardised (`standardised`).
    label_likelihood: (rows,) likelihood of the labels by a reference head (`label_confidence`);
        None where labels are taken to be reliable.
    recordings: (rows,) int64, the same for rows of one recording; None where it is not known.
    """

    values: dict[str, Tensor]
    present: Tensor
    labels: Tensor
    standard: bool = False
    label_likelihood: Tensor | None = None
    recordings: Tensor | None = None

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        values = {name: value.to(device) for name, value in self.values.items()}
        return self._with(values, lambda tensor: tensor.to(device))

    def select(self, index: Tensor) -> "Rows":
        """The rows of this index, in its order."""
        values = {name: value.index_select(0, index) for name, value in self.values.items()}
        return self._with(values, lambda tensor: tensor[index])

    def _with(self, values: dict[str, Tensor], change: Callable[[Tensor], Tensor]) -> "Rows":
        """The rows with these values, and with every other tensor changed."""
        likelihood, recordings = self.label_likelihood, self.recordings
        return Rows(
            values,
            change(self.present),
            change(self.labels),
            self.standard,
            None if likelihood is None else change(likelihood),
            None if recordings is None else change(recordings),
        )

    def features(self, index: Tensor) -> Features:
        """The rows of this index as input for a head."""
        rows = self.select(index)
        return Features(rows.values, rows.present, standard=rows.standard)

    def chunks(self) -> Iterator[Features]:
        """All rows as input for a head, CHUNK_ROWS at a time; without rows one empty chunk."""
        for start in range(0, max(1, len(self.present)), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            values = {name: value[rows] for name, value in self.values.items()}
            yield Features(values, self.present[rows], standard=self.standard)


def joined(pieces: list[Features], masks: DropoutMasks) -> Features:
    """The rows of all pieces, one after the other, with dropout masks for all of them."""
    first = pieces[0]
    if len(pieces) == 1:
        return replace(first, dropout_masks=masks)
    values = {name: torch.cat([piece.values[name] for piece in pieces]) for name in first.values}
    present = torch.cat([piece.present for piece in pieces])
    return Features(values, present, masks, first.standard)


def standardise(head: nn.Module, *corpora: Rows) -> None:
    """Set every column of `head` to the mean and deviation of the training rows of all workers.

    Each column takes the rows of the first corpus in which any row has its modality.
    """
    for name, column in columns_in(head):
        modality = Column.from_name(name).modality_index
        rows, has = corpora[0], corpora[0].present[:, modality]
        for other in corpora[1:]:
            if not sum_over_workers(has.sum()):
                rows, has = other, other.present[:, modality]
        chunks = [column.observed(x) for x in torch.split(rows.values[name][has], CHUNK_ROWS)]
        count = torch.tensor([[[len(chunk)]] for chunk in chunks], device=has.device)
        found = [torch.var_mean(chunk.float(), dim=0, correction=0) for chunk in chunks]
        variance, mean = (torch.stack(moment).double() for moment in zip(*found, strict=True))
        rows_of_all = sum_over_workers(count.sum().double()).clamp_min(1)
        whole = sum_over_workers((count * mean.nan_to_num()).sum(dim=0)) / rows_of_all
        # Squared deviations from the mean of all rows, computed from those from the chunks' means.
        squares = (count * (variance + (mean - whole) ** 2).nan_to_num()).sum(dim=0)
        deviation = (sum_over_workers(squares) / rows_of_all).sqrt()
        column.standardise_on(whole.float(), deviation.float())


@torch.no_grad()
def standardised(head: nn.Module, rows: Rows) -> Rows:
    """The rows with values standardised by the columns of `head`: once, not in every step."""
    values = {}
    for name, column in columns_in(head):
        value = rows.values[name]
        if value.stride(0):  # 0: one value repeated, as no row has the modality
            parts = torch.split(value, CHUNK_ROWS)
            value = torch.cat([column.standardise(part).half() for part in parts])
        values[name] = value
    return replace(rows, values=values, standard=True)
