"""Dynamic re-weighting: several rounds of attention over the frames, each led by the last.

Our reading of DR-BERT (arXiv 2203.16369, Findings of ACL 2022), of which we know the abstract: an
adapter that re-weights a small region of a frozen encoder's states in each round. Here one
attention runs over the frames of both modalities, so the region can be of text or of audio.
"""

import torch
from torch import nn

from daf_core.embeddings.columns import MODALITIES, ColumnShapes
from daf_core.heads.parts import MLP, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.heads.sequences import Sequences, attention

ROUNDS = 4


class DrwHead(nn.Module):
    """Frames → ROUNDS times attention, whose result updates a summary of the utterance →
    sentiment.

    A modality's weight is the share of attention on its frames, averaged over the rounds.
    """

    def __init__(self, shapes: ColumnShapes, width: int) -> None:
        super().__init__()
        self.sequences = Sequences(shapes, width)
        self.modality = nn.Parameter(torch.zeros(len(MODALITIES), 1, width))
        self.state, self.known = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.learn = nn.GRUCell(width, width)
        self.fuse = MLP(width, width, NUM_BINS)

    def forward(self, features: Features) -> Prediction:
        by_modality, is_step = self.sequences(features)
        states, steps = (by_modality + self.modality).flatten(1, 2), is_step.flatten(1)
        projected = self.state(states)
        even = attention(torch.zeros_like(states[..., 0]), steps)
        summary = torch.bmm(even[:, None], states)[:, 0]
        rounds = []
        for _ in range(ROUNDS):
            scores = self.score(torch.tanh(projected + self.known(summary)[:, None]))[..., 0]
            rounds.append(attention(scores, steps))
            summary = self.learn(torch.bmm(rounds[-1][:, None], states)[:, 0], summary)
        attended = torch.stack(rounds).mean(dim=0).view_as(is_step).sum(dim=2)
        # A row without any step, such as an empty text, weights its present modalities evenly.
        is_empty = ~is_step.any(dim=(1, 2))
        evenly = features.present / features.present.sum(dim=1, keepdim=True)
        weights = torch.where(is_empty[:, None], evenly, attended)
        return Prediction(self.fuse(summary, features.dropout_masks), weights)
