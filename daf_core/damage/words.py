"""Damage to words: the errors of speech recognition, in the mixture that it makes them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from string import punctuation

import numpy as np

# Shares of substitutions, deletions and insertions among the errors: 10.4 + 4.5 + 1.9 % of the
# words of eval2000 (Kaldi, egs/swbd/s5c/RESULTS, LSTM with the Fisher language model).
SUBSTITUTED, DELETED, INSERTED = 0.62, 0.27, 0.11


@dataclass(frozen=True)
class Words:
    """The words of a corpus, bare and in lower case, sorted, and how often it says each."""

    words: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Words":
        """All words of some texts."""
        counts = Counter(filter(None, (bare(word) for text in texts for word in text.split())))
        return cls(tuple(sorted(counts)), tuple(counts[word] for word in sorted(counts)))

    def drawn(self, at: float, but: str) -> str:
        """The word at `at` in [0, 1) of all that the corpus says, or the next that is not `but`."""
        place = int(np.searchsorted(self._upto, at * self._upto[-1], side="right"))
        return self.words[(place + (self.words[place] == bare(but))) % len(self.words)]

    @cached_property
    def _upto(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.fromiter(accumulate(self.counts), np.int64)


def bare(word: str) -> str:
    """Without punctuation around it, in lower case."""
    return word.strip(punctuation).casefold()


def mishear(text: str, rate: float, words: Words, draw: np.random.Generator) -> str:
    """`text` with errors in `rate` of its words, rounded up or down by chance.

    A text loses words or gains some, never both: a loss beside a gain would count as one
    substitution. At least one word is left. `words` has two or more.
    """
    said = text.split()
    if not said:
        return text
    turn = draw.permutation(len(said))  # of each word, the lowest err first
    errors = int(rate * len(said) + draw.random())
    gains = draw.random() < INSERTED / (INSERTED + DELETED)
    substituted = (draw.random(len(said)) < SUBSTITUTED) | (turn == len(said) - 1)
    others = [words.drawn(at, word) for at, word in zip(draw.random(len(said)), said, strict=True)]
    heard: list[str] = []
    for number, word in enumerate(said):
        if turn[number] >= errors:
            heard.append(word)
        elif substituted[number]:
            heard.append(others[number])
        elif gains:
            heard += [word, others[number]]
    return " ".join(heard)
