"""How many words a text has, for the speed of speech."""

import re

from daf_core.redaction.marks import without_marks

# Scripts without spaces between words: each of their letters counts.
_LETTER_WORDS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_LETTER_WORDS}]|[^\W{_LETTER_WORDS}]+(?:['’.,-][^\W{_LETTER_WORDS}]+)*")


def word_count(text: str) -> int:
    """Words of a text: "don't", "3.5" and "well-known" are one each. So is a letter of Chinese,
    Japanese, Thai, Lao, Burmese or Khmer, as their words have no spaces between them.
    Marks of what was redacted are none.
    """
    return len(_WORD.findall(without_marks(text)))
