"""Labelled rows as training has them: all in memory, on the device, standardised once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from daf_core.distributed import sum_over_workers
from daf_core.embeddings.columns import modality_number
from daf_core.heads.parts import DropoutMasks, Features, columns_in

CHUNK_ROWS = 512  # standardised or predicted at once; more would not fit a core's cache


@dataclass(frozen=True)
class Rows:
    """One split's rows on this worker: row i here is global row i · workers + rank.

    values: column → (rows, L, F) float16; present: (rows, M) bool; labels: (rows,) in [-3, 3];
    standard: whether the values are standardised (`standardised`); judged: (rows,) a judge's
    `importance.belief` in the labels, None of rows whose labels are certain.
    """

    values: dict[str, Tensor]
    present: Tensor
    labels: Tensor
    standard: bool = False
    judged: Tensor | None = None

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        values = {name: value.to(device) for name, value in self.values.items()}
        judged = None if self.judged is None else self.judged.to(device)
        present, labels = self.present.to(device), self.labels.to(device)
        return Rows(values, present, labels, self.standard, judged)

    def only(self, index: Tensor) -> "Rows":
        """Some of the rows."""
        values = {name: value.index_select(0, index) for name, value in self.values.items()}
        judged = None if self.judged is None else self.judged[index]
        return Rows(values, self.present[index], self.labels[index], self.standard, judged)

    def take(self, index: Tensor) -> Features:
        """Some rows as input for a head."""
        rows = self.only(index)
        return Features(rows.values, rows.present, standard=rows.standard)

    def chunks(self) -> Iterator[Features]:
        """All rows as input for a head, CHUNK_ROWS at a time; one empty chunk of no rows."""
        for start in range(0, max(1, len(self.present)), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            values = {name: value[rows] for name, value in self.values.items()}
            yield Features(values, self.present[rows], standard=self.standard)


def joined(pieces: list[Features], noise: DropoutMasks) -> Features:
    """Rows one after the other, with the noise for all of them."""
    first = pieces[0]
    if len(pieces) == 1:
        return replace(first, noise=noise)
    values = {name: torch.cat([piece.values[name] for piece in pieces]) for name in first.values}
    present = torch.cat([piece.present for piece in pieces])
    return Features(values, present, noise, first.standard)


def standardise(head: nn.Module, *corpora: Rows) -> None:
    """Give every column of `head` the mean and deviation of the training rows of all workers.

    Of several corpora those of the first in which any row has the modality.
    """
    for name, column in columns_in(head):
        modality = modality_number(name)
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
        # The squares around the mean of all rows, from those around the chunks' means.
        squares = (count * (variance + (mean - whole) ** 2).nan_to_num()).sum(dim=0)
        deviation = (sum_over_workers(squares) / rows_of_all).sqrt()
        column.standardise_on(whole.float(), deviation.float())


@torch.no_grad()
def standardised(head: nn.Module, rows: Rows) -> Rows:
    """The rows as the columns of `head` standardise them: once, instead of in each step."""
    values = {}
    for name, column in columns_in(head):
        value = rows.values[name]
        if value.stride(0):  # else no row has any
            parts = torch.split(value, CHUNK_ROWS)
            value = torch.cat([column.standardise(part).half() for part in parts])
        values[name] = value
    return replace(rows, values=values, standard=True)
