"""Names of recordings and of transcripts that are nearly alike, and may belong together."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from math import log

from daf_core.sources.folders.grouping import fold, stem

_TOKEN = re.compile(r"\d{1,20}|[^\W\d_]{1,40}")
_LEAST = 0.5  # likeness of letters, from which two names may be one with a slip
_NEARER = 0.001  # for each folder in common: of names that are as like, the nearer one
_MOST_COMPARED = 200  # names whose letters are compared, each with each
_PROBED = 50  # candidates by words, of which the likeness is computed


def likely_pairs(recordings: Sequence[str], transcripts: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a recording and a transcript that are each other's nearest, the likeliest first.

    Near are names with rare words and numbers in common, whatever their order, signs and folders
    (call_007.wav, 7-call.vtt); in small folders also names with a slip (recieved, received).
    """
    words = {name: _words(name) for name in (*recordings, *transcripts)}
    common = Counter(word for own in words.values() for word in own)
    holders: dict[str, list[str]] = {}
    for name in transcripts:
        for word in words[name]:
            holders.setdefault(word, []).append(name)
    by_letters = max(len(recordings), len(transcripts)) <= _MOST_COMPARED
    best: dict[str, tuple[float, str]] = {}
    taken: dict[str, tuple[float, str]] = {}
    for name in recordings:
        rare = sorted(words[name], key=lambda word: common[word])
        near = [one for word in rare for one in holders.get(word, ())[:_PROBED]]
        candidates = transcripts if by_letters else [*dict.fromkeys(near)][:_PROBED]
        for other in candidates:
            score = _likeness(name, other, words, common, len(words))
            score += _NEARER * _steps_in_common(name, other) if score else 0.0
            if score > best.get(name, (0.0, ""))[0]:
                best[name] = score, other
            if score > taken.get(other, (0.0, ""))[0]:
                taken[other] = score, name
    pairs = [(score, name, other) for name, (score, other) in best.items()]
    mutual = [pair for pair in pairs if taken[pair[2]][1] == pair[1]]
    return [(name, other) for _, name, other in sorted(mutual, key=lambda pair: (-pair[0], pair))]


def _steps_in_common(name: str, other: str) -> int:
    """How many folders from the top two names share."""
    pairs = zip(name.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _words(name: str) -> frozenset[str]:
    """Words and numbers of the file's own name, numbers without zeros before them."""
    own = fold(stem(name)).rpartition("/")[2]
    return frozenset(one.lstrip("0") or "0" for one in _TOKEN.findall(own))


def _likeness(
    name: str,
    other: str,
    words: dict[str, frozenset[str]],
    common: Counter[str],
    number: int,
) -> float:
    """From 0 to 1: share of the words in common, by how rare they are, or of the letters; of names
    whose letters are as like, those with more words in common are the nearer ones.

    0 where the numbers of one are all others than those of the other.
    """
    one, two = words[name], words[other]
    digits = [{word for word in own if word.isdigit()} for own in (one, two)]
    if all(digits) and not digits[0] & digits[1]:
        return 0.0
    weight = {word: log(1 + number / common[word]) for word in one | two}
    shared = sum(weight[word] for word in one & two) / (sum(weight.values()) or 1)
    letters = SequenceMatcher(None, _letters(name), _letters(other)).quick_ratio()
    alike = letters if letters >= 0.8 else 0.0
    found = max(shared, alike)
    near = found >= _LEAST or (digits[0] & digits[1] and found > 0)
    return (10 * found + shared) / 11 if near else 0.0


def _letters(name: str) -> str:
    return "".join(one for one in fold(stem(name)).rpartition("/")[2] if one.isalnum())[:100]
