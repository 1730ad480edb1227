"""A head like a default head that has never seen one of the corpora."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from daf_core.embeddings.columns import stored
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.trained_head import TrainedHead, encoded_weights
from daf_core.storage.output import Output
from daf_core.training.dataset import Corpus, labelled_corpus
from daf_core.training.fitting import learn
from daf_core.training.recipe import Recipe
from daf_core.training.splits import UNUSED


def head_without(corpus: str, like: TrainedHead, embeddings: Output, recipe: Recipe) -> TrainedHead:
    """A head of the kind, columns and recipe of `like`, fitted without the rows of a corpus.

    corpus: the start of the column `corpus`, such as "nemo", which has "nemo-cut" go too.
    """
    whole = labelled_corpus(embeddings)
    parts = {
        name: np.where(_is_of(corpus, embeddings, name), UNUSED, splits).astype(np.int8)
        for name, splits in whole.parts.items()
    }
    kept: Corpus = replace(whole, parts=parts)
    fitted = learn(like.kind, kept, like.shapes, recipe, torch.device("cpu")).fitted()
    weights = encoded_weights(fitted.module, fitted.familiarity)
    record = HeadRecord(
        kind=like.kind,
        width=recipe.width,
        members=recipe.members,
        shapes=fitted.shapes,
        encoders={name: like.encoders[name] for name in stored(fitted.shapes)},
        sha256=hashlib.sha256(weights).hexdigest(),
        calibrations=fitted.calibrations,
        languages=like.record.languages,
        label_interval=fitted.label_interval,
        error_correlation=fitted.error_correlation,
    )
    return TrainedHead(record, weights)


def _is_of(corpus: str, embeddings: Output, part: str) -> list[bool]:
    metas: Sequence[list[tuple[str, str]]] = embeddings.read(part, ["meta"])["meta"].to_pylist()
    return [dict(meta)["corpus"].startswith(corpus) for meta in metas]
