"""Damage to text: errors of speech recognition, in the proportions in which they occur."""

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
    """The words of a corpus, without punctuation, in lower case and sorted, and their counts."""

    words: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "Words":
        """All words of some texts."""
        counts = Counter(filter(None, (bare(word) for text in texts for word in text.split())))
        return cls(tuple(sorted(counts)), tuple(counts[word] for word in sorted(counts)))

    def at(self, quantile: float, other_than: str) -> str:
        """The word at a quantile in [0, 1) of the corpus, or the next one if it is `other_than`."""
        place = int(np.searchsorted(self._cumulative, quantile * self._cumulative[-1], "right"))
        return self.words[(place + (self.words[place] == bare(other_than))) % len(self.words)]

    @cached_property
    def _cumulative(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.fromiter(accumulate(self.counts), np.int64)


def bare(word: str) -> str:
    """The word without punctuation around it, in lower case."""
    return word.strip(punctuation).casefold()


def mishear(text: str, rate: float, words: Words, draw: np.random.Generator) -> str:
    """`text` with errors in a share `rate` of its words, rounded up or down at random.

    A text has deletions or insertions, never both: a deletion beside an insertion would count as
    one substitution. At least one word is left. `words` needs two words or more.
    """
    spoken = text.split()
    if not spoken:
        return text
    order = draw.permutation(len(spoken))  # in which words get errors: more errors, more words
    errors = int(rate * len(spoken) + draw.random())
    inserts = draw.random() < INSERTED / (INSERTED + DELETED)
    substituted = (draw.random(len(spoken)) < SUBSTITUTED) | (order == len(spoken) - 1)
    others = [
        words.at(quantile, word)
        for quantile, word in zip(draw.random(len(spoken)), spoken, strict=True)
    ]
    heard: list[str] = []
    for number, word in enumerate(spoken):
        if order[number] >= errors:
            heard.append(word)
        elif substituted[number]:
            heard.append(others[number])
        elif inserts:
            heard += [word, others[number]]
    return " ".join(heard)
