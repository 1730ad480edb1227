"""Labelled rows as training has them: all in memory, on the device, standardised once."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from daf_core.heads.streams import Features, LayerMix, Noise
from daf_core.modalities import MODALITIES
from daf_core.workers import sum_over_workers

CHUNK_ROWS = 512  # standardised or predicted at once; more would not fit a core's cache


@dataclass(frozen=True)
class Rows:
    """One split's rows on this worker: row i here is global row i · workers + rank.

    values: column → (rows, L, F) float16; present: (rows, M) bool; labels: (rows,) in [-3, 3];
    standard: whether the values are standardised (`standardised`).
    """

    values: dict[str, Tensor]
    present: Tensor
    labels: Tensor
    standard: bool = False

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        values = {name: value.to(device) for name, value in self.values.items()}
        return Rows(values, self.present.to(device), self.labels.to(device), self.standard)

    def take(self, index: Tensor, noise: Noise | None = None) -> Features:
        """Some rows as input for a head."""
        values = {name: value.index_select(0, index) for name, value in self.values.items()}
        return Features(values, self.present[index], noise, self.standard)

    def chunks(self) -> Iterator[Features]:
        """All rows as input for a head, CHUNK_ROWS at a time; one empty chunk of no rows."""
        for start in range(0, max(1, len(self.present)), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            values = {name: value[rows] for name, value in self.values.items()}
            yield Features(values, self.present[rows], standard=self.standard)


def standardise(head: nn.Module, rows: Rows) -> None:
    """Give every layer mix of `head` the mean and deviation of the training rows of all workers."""
    for column, mix in _mixes(head):
        has = rows.present[:, MODALITIES.index(column.split("_")[0])]
        chunks = torch.split(rows.values[column][has], CHUNK_ROWS)
        count = torch.tensor([[[len(chunk)]] for chunk in chunks], device=has.device)
        found = [torch.var_mean(chunk.float(), dim=0, correction=0) for chunk in chunks]
        variance, mean = (torch.stack(moment).double() for moment in zip(*found, strict=True))
        rows_of_all = sum_over_workers(count.sum().double()).clamp_min(1)
        whole = sum_over_workers((count * mean.nan_to_num()).sum(dim=0)) / rows_of_all
        # The squares around the mean of all rows, from those around the chunks' means.
        squares = (count * (variance + (mean - whole) ** 2).nan_to_num()).sum(dim=0)
        deviation = (sum_over_workers(squares) / rows_of_all).sqrt()
        mix.standardise_on(whole.float(), deviation.float())


@torch.no_grad()
def standardised(head: nn.Module, rows: Rows) -> Rows:
    """The rows as the layer mixes of `head` standardise them: once, instead of in each step."""
    values = {
        column: torch.cat(
            [mix.standardise(part).half() for part in torch.split(rows.values[column], CHUNK_ROWS)]
        )
        for column, mix in _mixes(head)
    }
    return Rows(values, rows.present, rows.labels, standard=True)


def _mixes(head: nn.Module) -> Iterator[tuple[str, LayerMix]]:
    """The layer mixes of a head, each with its column."""
    for name, module in head.named_modules():
        if isinstance(module, LayerMix):
            yield name.rsplit(".", 1)[-1], module
