"""Controls: predictions with other modality weights, or with other or no embeddings.

A head whose predictions are as good with permuted, mean or uniform weights does not use its
weights ("When Does Quality-Aware Multimodal Fusion Matter?", arXiv 2606.26473). Embeddings of
another utterance measure the effect of a modality, as a treatment effect (CausalDialogue,
arXiv 2212.10515).
"""

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import TypeAlias

import torch
from torch import Tensor, nn

from daf_core.embeddings.columns import MODALITIES, Column
from daf_core.heads.ensemble import takes_weights
from daf_core.heads.parts import Prediction, columns_in
from daf_core.heads.sentiment_bins import are_classes
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

GRID = torch.linspace(0, 1, 11)  # weights of audio
# What is read of a prediction: its sentiment, or its class.
Answer: TypeAlias = Callable[[Prediction], Tensor]
sentiment_of: Answer = attrgetter("sentiment")


def controls(
    head: nn.Module,
    rows: Rows,
    prediction: Prediction,
    seed: int,
    answer: Answer = sentiment_of,
) -> dict[str, Tensor]:
    """The answer (rows,) under each control; {} where no row has both modalities. Rows without both
    keep their own answer.

    - permuted_weights, mean_weights, uniform_weights: the modality weights of another row, their
      mean over rows, or equal ones, if the head's weights can be replaced;
    - best_weights: for each row those of GRID with the smallest error, chosen by the label: the
      most that weights could give;
    - other_text, other_audio: a modality of another row, for each modality that the head reads;
    - no_text, no_audio: that modality absent.

    Args:
        prediction: the head's own prediction for the rows.
        seed: of the permutations.
        answer: prediction → (rows,) its sentiment, or the number of its class.
    """
    generator = torch.Generator().manual_seed(seed)
    both = rows.present.all(dim=1).nonzero()[:, 0]
    found: dict[str, Tensor] = {}
    if not len(both):
        return found
    if prediction.weights is not None and takes_weights(head):
        own = prediction.weights[both]
        replacements = {
            "permuted_weights": own[torch.randperm(len(both), generator=generator)],
            "mean_weights": own.mean(dim=0).expand_as(own),
            "uniform_weights": torch.full_like(own, 1 / len(MODALITIES)),
        }
        for name, weights in replacements.items():
            replaced = prediction.weights.index_copy(0, both, weights)
            found[name] = answer(predict(head, rows, replaced))
        found["best_weights"] = _with_best_weights(head, rows, prediction, both, answer)
    read = {Column.from_name(name).modality_index for name, _ in columns_in(head)}
    for number in sorted(read):
        modality = MODALITIES[number]
        other = both[torch.randperm(len(both), generator=generator)]
        values = {
            name: value.index_copy(0, both, value[other])
            if Column.from_name(name).modality == modality
            else value
            for name, value in rows.values.items()
        }
        found[f"other_{modality}"] = answer(predict(head, replace(rows, values=values)))
        present = rows.present.clone()
        present[both, number] = False
        found[f"no_{modality}"] = answer(predict(head, replace(rows, present=present)))
    return found


def _with_best_weights(
    head: nn.Module, rows: Rows, prediction: Prediction, both: Tensor, answer: Answer
) -> Tensor:
    """The answer (rows,) with the weights of GRID, or the head's own, that have the smallest
    error.
    """
    assert prediction.weights is not None
    tried = [answer(prediction)]
    for audio in GRID.tolist():
        weights = torch.tensor([1 - audio, audio]).expand(len(both), -1)
        replaced = prediction.weights.index_copy(0, both, weights)
        tried.append(answer(predict(head, rows, replaced)))
    found = torch.stack(tried)
    errors = (found - rows.labels).abs()
    if are_classes(rows.labels):
        errors = errors.clamp_max(1)  # a class of a near number is as wrong as any other
    best = errors.argmin(dim=0, keepdim=True)
    return found.gather(0, best)[0]
