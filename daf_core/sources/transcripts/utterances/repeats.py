"""Captions that show words again: every word once, when it is said.

Broadcast and YouTube captions roll: a cue repeats the line before it, and shows it for 10 ms alone
between two cues. Karaoke captions repeat a sentence for each word that they highlight. Some files
hold every cue twice.
"""

import re
from dataclasses import replace
from itertools import pairwise

from daf_core.sources.transcripts.cue import Cue

TOUCH_S = 0.1  # cues with no more between them follow on one another
FLASH_S = 0.1  # a cue this short shows nothing that is said
_MOST_WORDS = 60  # of a caption; longer texts do not roll
_MOST_PASSES = 8
_ROLLED_WORDS = 2  # repeated: one word may be said twice in a row
_SURE_WORDS = 3  # a line of so many words is not said twice in a row
_WORD = re.compile(r"\S+")


def say_once(cues: list[Cue]) -> list[Cue]:
    """Cues, in order of their starts, without what they repeat.

    - Cues of the same text and speaker whose times touch or overlap become one; of one word only if
      they overlap, or flash.
    - In a file that rolls, words that the caption before showed already are taken out. A file rolls
      if half of its cues that follow on one another repeat a whole caption or line; otherwise a cue
      does whose first line of three words or more is the last line of the cue before.

    Words that are said twice, at different times, stay twice.
    """
    if all(cue.start_s is None for cue in cues):
        return cues
    for _ in range(_MOST_PASSES):
        shorter = _joined(_without_rolling(cues))
        if shorter == cues:
            break
        cues = shorter
    return cues


def _joined(cues: list[Cue]) -> list[Cue]:
    """Cues without exact repeats whose times touch."""
    kept: list[Cue] = []
    last: dict[tuple[str, str | None, int | None], int] = {}
    for cue in cues:
        key = (" ".join(cue.text.split()), cue.speaker, cue.channel)
        position = last.get(key)
        if position is not None and _is_repeat(cue, kept[position]):
            kept[position] = _longer(kept[position], cue)
        else:
            last[key] = len(kept)
            kept.append(cue)
    return kept


def _is_repeat(cue: Cue, before: Cue) -> bool:
    if not cue.text:  # turns without words
        return (cue.start_s, cue.end_s) == (before.start_s, before.end_s)
    if len(cue.text.split()) < _ROLLED_WORDS and not _is_flash(cue):
        return _overlaps(cue, before)  # "No." is said again and again
    return _follows(cue, before)


def _overlaps(cue: Cue, before: Cue) -> bool:
    times = cue.start_s, before.end_s
    return times[0] is not None and times[1] is not None and times[0] < times[1]


def _longer(one: Cue, again: Cue) -> Cue:
    if one.end_s is None or again.end_s is None or again.end_s <= one.end_s:
        return one
    # A repeat that only flashes tells nothing of how long the words take.
    return one if _is_flash(again) else replace(one, end_s=again.end_s)


def _without_rolling(cues: list[Cue]) -> list[Cue]:
    pairs = [
        _repeated(before, cue) if _may_roll(before, cue) else None for before, cue in pairwise(cues)
    ]
    following = sum(pair is not None for pair in pairs)
    rolling = sum(pair is not None and pair[2] for pair in pairs)
    rolls = rolling >= 2 and rolling * 2 >= following
    kept = cues[:1]
    for cue, pair in zip(cues[1:], pairs, strict=True):
        count, sure, _ = pair or (0, False, False)
        if count and (rolls or sure):
            _add_new_words(kept, cue, count)
        else:
            kept.append(cue)
    return kept


def _add_new_words(kept: list[Cue], cue: Cue, count: int) -> None:
    """Add to `kept` what follows the first `count` words of a cue, which the one before shows."""
    last = kept[-1]
    spans = [found.span() for found in _WORD.finditer(cue.text)]
    if count == len(spans):
        kept[-1] = _longer(last, cue)
        return
    shown_end, new_start = spans[count - 1][1], spans[count][0]
    between = cue.text[shown_end:new_start]
    if "\n" not in between and last.text and cue.text[:shown_end].endswith(last.text):
        # A line that grows word by word.
        kept[-1] = replace(_longer(last, cue), text=f"{last.text}{between}{cue.text[new_start:]}")
        return
    assert last.start_s is not None
    assert last.end_s is not None
    assert cue.start_s is not None
    start_s = cue.start_s
    if last.start_s < cue.start_s < last.end_s:
        # The line before is still shown, and is said no longer.
        kept[-1] = replace(last, end_s=cue.start_s)
    elif last.start_s <= last.end_s <= cue.start_s <= last.end_s + TOUCH_S:
        start_s = last.end_s
    kept.append(replace(cue, text=cue.text[new_start:], start_s=start_s))


def _may_roll(before: Cue, cue: Cue) -> bool:
    same = (before.speaker, before.channel) == (cue.speaker, cue.channel)
    return same and bool(before.text and cue.text) and _follows(cue, before)


def _follows(cue: Cue, before: Cue) -> bool:
    """Whether a cue starts before, or just after, the end of one before it."""
    if None in (before.start_s, before.end_s, cue.start_s, cue.end_s):
        return False
    assert cue.start_s is not None
    assert before.end_s is not None
    return cue.start_s - before.end_s <= TOUCH_S


def _is_flash(cue: Cue) -> bool:
    return cue.start_s is not None and cue.end_s is not None and cue.end_s - cue.start_s <= FLASH_S


def _repeated(before: Cue, cue: Cue) -> tuple[int, bool, bool]:
    """How many words a cue repeats of the one before; whether these alone make it sure; and whether
    they speak for it: a line, two words and more, or a caption that grows by a word.

    The repeated words are the last of the one before and the first of the cue, and all of one of
    the two, or of a line of both.
    """
    if cue.text.count(" ") > _MOST_WORDS or before.text.count(" ") > _MOST_WORDS:
        return 0, False, False
    shown, words = before.text.split(), cue.text.split()
    count = next(
        (n for n in range(min(len(shown), len(words)), 0, -1) if shown[-n:] == words[:n]), 0
    )
    line = before.text.rpartition("\n")[2]
    is_line = "\n" in cue.text and cue.text.startswith(f"{line}\n")
    sure = is_line and len(line.split()) >= _SURE_WORDS
    whole = is_line or count in (len(shown), len(words))
    grows = count == len(shown) and len(words) == count + 1
    speaks = is_line or grows or count >= _ROLLED_WORDS
    return (count, sure, speaks) if count and whole else (0, False, False)
