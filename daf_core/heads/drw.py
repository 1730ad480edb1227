"""Iterative re-weighting: several looks at the steps, each led by what was seen before.

Our reading of DR-BERT (arXiv 2203.16369, Findings of ACL 2022), of which we know the abstract: an
adapter that at each step re-weighs a small region of a frozen encoder's states. Here the region may
be of the words or of the voice: one attention runs over the steps of both.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Sequences, attention

LOOKS = 4


class DrwHead(nn.Module):
    """LOOKS times: states scored against what is known → a look → what is known → sentiment.

    A modality's weight is the share of attention that its steps got, over all looks.
    """

    def __init__(self, streams: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(streams, width)
        self.modality = nn.Parameter(torch.zeros(len(MODALITIES), 1, width))
        self.state, self.known = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.learn = nn.GRUCell(width, width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        states, there = self.sequences(features)
        every, steps = (states + self.modality).flatten(1, 2), there.flatten(1)
        asked = self.state(every)
        known = torch.bmm(attention(torch.zeros_like(every[..., 0]), steps)[:, None], every)[:, 0]
        looks = []
        for _ in range(LOOKS):
            scores = self.score(torch.tanh(asked + self.known(known)[:, None]))[..., 0]
            looks.append(attention(scores, steps))
            known = self.learn(torch.bmm(looks[-1][:, None], every)[:, 0], known)
        seen = torch.stack(looks).mean(dim=0).view_as(there).sum(dim=2)
        # Of a row without any step, as of an empty text, all that is present counts the same.
        empty = ~there.any(dim=(1, 2))
        share = features.present / features.present.sum(dim=1, keepdim=True)
        weights = torch.where(empty[:, None], share, seen)
        return Prediction(self.fuse(known, features.noise), weights)
