"""Which words before a colon are names of speakers: `Ann: hello`, but not `One rule: none`."""

import re
from collections import Counter
from collections.abc import Sequence

from daf_core.redaction.addresses import mails
from daf_core.redaction.digits import numbers
from daf_core.redaction.found import Span
from daf_core.sources.transcripts.utterances.label_words import NEVER, NEVER_FIRST, PARTICLES, ROLES

_HEAD = re.compile(
    r"\s{0,8}\*{0,2}(?:\[([^\[\]\n]{1,40})\]"
    r"|([^\W\d_][\w .,'’&()/@#+|-]{0,48}?|[+(\d][\d ()./-]{5,24}))\*{0,2}"
    r"[ \t]{0,4}[:：]\*{0,2}(?![/\\\d])"
)
_BRACKETED = re.compile(r"\s{0,8}\[([^\[\]\n]{1,40})\](?!\()")
_MOST_WORDS = 5


def name_at(text: str) -> tuple[str, int] | None:
    """What may be a name at the start of a text, and the position after its colon."""
    found = _HEAD.match(text)
    if found is None:
        return None
    name = " ".join((found[1] or found[2]).split())
    return (name, found.end()) if may_be_name(name) else None


def bracketed_name_at(text: str) -> tuple[str, int] | None:
    """What may be a name in square brackets at the start of a text, and the position after it."""
    found = _BRACKETED.match(text)
    if found is None or not may_be_name(name := " ".join(found[1].split())):
        return None
    return name, found.end()


def may_be_name(text: str) -> bool:
    """Whether a text can be a name at all: some words, none of them one that never is."""
    if is_address(text):
        return True
    words = text.lower().split()
    if not 0 < len(words) <= _MOST_WORDS or not text[0].isalpha() or len(text) < 1:
        return False
    if words[-1].strip(".") in NEVER or " ".join(words) in NEVER:
        return False
    return len(words) == 1 or words[0] not in NEVER_FIRST


def is_address(text: str) -> bool:
    """Whether a text is a phone number or a mail address and nothing else: a caller's id."""
    return [one[:2] for one in _found(text)] == [(0, len(text))]


def _found(text: str) -> list[Span]:
    if "@" in text:
        return [*mails(text)]
    is_number = text[:1] in "+(" or text[:1].isdigit()
    return [one for one in numbers(text) if one.mark == "[PHONE]"] if is_number else []


def speakers(
    heads: Sequence[Sequence[str]], spoken: int, words: Sequence[str], marked: int = 0
) -> set[str]:
    """Which of the words before colons are names of speakers.

    heads: for each cue, what may be a name at the start of its lines. spoken: how many cues have
    words. words: texts of all cues, to tell names from words that are used otherwise. marked: how
    many other cues have a speaker or the label of a machine, which `spoken` does not count.

    Names are taken where more than half of the cues have one and they are few for so many cues.
    Else the same names must come again, and be more than a usual word before a colon. Where other
    cues are `marked`, one name does: tools leave the labels of the speakers that nobody named.
    """
    counts = Counter(name for names in heads for name in names)
    known = {
        name
        for name, count in counts.items()
        if is_capitalised(name) or is_role(name) or is_address(name) or count > 2
    }
    labels = sum(counts[name] for name in known)
    labelled = sum(any(name in known for name in names) for names in heads)
    if spoken == 1 and labels < 2 and not marked:
        return {name for name in known if is_role(name) or is_address(name)}
    few = len(known) <= max(4, labels // 2)
    if labelled * 2 > spoken and few:
        return known
    return _again(counts, known, words, marked)


def is_role(name: str) -> bool:
    """Whether a name is what people are in a call, a trial, an interview."""
    return name.lower().rstrip("0123456789 #") in ROLES


def _again(counts: Counter[str], known: set[str], words: Sequence[str], marked: int) -> set[str]:
    """Names that come again, where few cues have names."""
    again = {name for name in known if counts[name] > 1}
    usual = _lower_case_words(words) if again else frozenset()
    sure = {
        name
        for name in again
        if is_role(name)
        or is_address(name)
        or (name.lower() not in usual and (_is_capitals(name) or is_capitalised(name)))
    }
    if len(sure) < 2 and not any(
        marked
        or is_role(name)
        or is_address(name)
        or _is_capitals(name)
        or " " in name
        or counts[name] > 4
        for name in sure
    ):
        return set()
    if any(_is_capitals(name) for name in sure):
        sure |= {name for name in known if _is_capitals(name)}
    return sure


def _lower_case_words(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(
        bare for text in texts for word in text.split() if (bare := word.strip(".,?!\"'")).islower()
    )


def is_capitalised(name: str) -> bool:
    """Whether all words begin as those of names do."""
    first, *others = name.split()
    return _is_capital(first) and all(word in PARTICLES or _is_capital(word) for word in others)


def _is_capital(word: str) -> bool:
    """Whether a word begins with a capital letter, a digit, or in a script without capitals.

    What stands in brackets, such as `(he/him)`, may begin as it likes.
    """
    return word.startswith("(") or not word.lstrip("@#'")[:1].islower()


def _is_capitals(name: str) -> bool:
    return name.isupper() and len(name) > 1
