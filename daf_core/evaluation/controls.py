"""Do the weights mean anything? What a head says once they are taken from it, or a modality is.

If permuted weights, the same weights for everyone, or equal ones do as well as its own, a head does
not use them ("When Does Quality-Aware Multimodal Fusion Matter?", arXiv 2606.26473). Another
utterance's words or voice is the treatment-effect view of CausalDialogue (arXiv 2212.10515).
"""

import inspect
from dataclasses import replace

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, modality_number
from daf_core.heads.parts import Prediction, columns_in
from daf_core.training.loop import predict
from daf_core.training.rows import Rows


def controls(head: nn.Module, rows: Rows, said: Prediction, seed: int) -> dict[str, Tensor]:
    """Sentiment (rows,) by each control; rows without both modalities are left as they are, and
    where no row has both there is nothing to control.

    Where the head can be told its weights: permuted_weights (those of another row), mean_weights
    (of all rows), uniform_weights. For every modality that it reads: other_text (that of another
    row), no_text …
    """
    draw = torch.Generator().manual_seed(seed)
    both = rows.present.all(dim=1).nonzero()[:, 0]
    found: dict[str, Tensor] = {}
    if not len(both):
        return found
    if said.weights is not None and "weights" in inspect.signature(head.forward).parameters:
        own = said.weights[both]
        given = {
            "permuted_weights": own[torch.randperm(len(both), generator=draw)],
            "mean_weights": own.mean(dim=0).expand_as(own),
            "uniform_weights": torch.full_like(own, 1 / len(MODALITIES)),
        }
        for name, weights in given.items():
            told = said.weights.index_copy(0, both, weights)
            found[name] = predict(head, rows, told).sentiment
    for number in sorted({modality_number(column) for column, _ in columns_in(head)}):
        name = MODALITIES[number]
        other = both[torch.randperm(len(both), generator=draw)]
        values = {
            column: value.index_copy(0, both, value[other]) if column.startswith(name) else value
            for column, value in rows.values.items()
        }
        found[f"other_{name}"] = predict(head, replace(rows, values=values)).sentiment
        present = rows.present.clone()
        present[both, number] = False
        found[f"no_{name}"] = predict(head, replace(rows, present=present)).sentiment
    return found
