"""Which encoding a text has that is not UTF-8: one decision for transcripts and tables.

A few letters tell little, and Windows-1252 is what most programs of offices write. So a text is
Windows-1252 unless its letters say otherwise: most of them fit no language that is written in it,
and nearly all fit one of another encoding (another alphabet of Latin letters), or its words hold
hardly any ASCII letter (another script), of which chardet tells the encoding.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import chardet

BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
USUAL = "cp1252"
_GUESSED_FROM = 16 << 10  # bytes of lines with other letters than ASCII: enough to tell an encoding
_ENOUGH = 6  # letters of another script: a word
_PURE = 0.8  # of the letters of words in another script
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")

# Letters beyond ASCII of single languages: one text has few.
_WESTERN = (  # German, French, Spanish, Portuguese, Italian, Catalan, Dutch, the north, Icelandic
    *("äöüßé", "àâçéèêëîïôûùüœæ", "áéíñóúü", "àáâãçéêíóôõúü", "àèéìíòóù", "àçèéíïòóúü"),
    *("éèëïóöüêâ", "åäöé", "æøåé", "áðéíóúýþæö"),
)
_CENTRAL = (  # Polish, Czech, Slovak, Hungarian, Romanian, Croatian and Slovene
    *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
)
_LATIN = {
    USUAL: _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1254": ("çğıiöşüâî",),  # Turkish
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž"),  # Lithuanian, Latvian
    "mac-roman": _WESTERN,
    "cp850": _WESTERN,
}
_OTHER_SCRIPTS = (
    *("cp1251", "koi8-r", "koi8-u", "cp866", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc-jp", "gb18030", "big5", "cp949"),
)
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = frozenset("€£§°‰†‡¬¦¯«»©®™•·ºª²³¹½¼¾–—…“”„‘’‚‹›´`×±µ¢¿¡\xa0\xad")
_WITHIN_WORDS = frozenset("’‘´·–—\xad\xa0…/«»")
_BEFORE_WORDS = frozenset("¿¡")


@dataclass
class Guessed:
    """Which encodings were guessed for how many transcripts, with the name of one of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, encoding: str, name: str) -> None:
        """Count a transcript; `name` may be empty."""
        self.counts[encoding] += 1
        self.examples.setdefault(encoding, name)

    def lines(self) -> tuple[str, ...]:
        """A line for a summary, where there is any."""
        if not self.counts:
            return ()
        said = [
            f"{count:,} as {encoding}{self.examples[encoding] and f' ({self.examples[encoding]})'}"
            for encoding, count in self.counts.most_common()
        ]
        return (
            f"transcripts that are not UTF-8, read by a guess from their letters: "
            f"{', '.join(said)}; where words look wrong, save the file as UTF-8",
        )


def guess(text: bytes) -> str | None:
    """The codec of a text that is not UTF-8; None where it is no text."""
    lines, size = [], 0
    for line in text.splitlines(keepends=True):
        if not line.isascii() and size < _GUESSED_FROM:
            lines.append(line)
            size += len(line)
    sample = b"".join(lines)[:_GUESSED_FROM]
    if 100 * len(_CONTROL.findall(sample)) > len(sample):
        return None
    number = sum(byte > 127 for byte in sample)
    odd = {
        codec: _odd(sample.decode(codec, "replace"), alphabets)
        for codec, alphabets in _LATIN.items()
    }
    best = min(odd, key=lambda codec: odd[codec])
    foreign = number >= _ENOUGH and _foreign(sample.decode(USUAL, "replace")) > 0.5
    if (foreign and 10 * odd[best] > number) or (number > 20 and 10 * odd[best] > 3 * number):
        found = _of_other_script(sample)
        if found or (foreign and 2 * odd[best] > number):  # else it is no text
            return found
    return best if 3 * odd[best] < odd[USUAL] - 1 else USUAL


def _of_other_script(sample: bytes) -> str | None:
    """The encoding in which the sample has words of another script, without letters of ASCII."""
    found = chardet.detect(
        sample,
        include_encodings=_OTHER_SCRIPTS,
        no_match_encoding="ascii",
        compat_names=False,
        prefer_superset=True,
    )
    encoding = found["encoding"]
    if encoding in (None, "ascii") or _foreign(sample.decode(encoding, "replace")) < _PURE:
        return None
    return encoding


def _foreign(text: str) -> float:
    """How many letters of the words that are not ASCII are not, from 0 to 1."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(map(len, words))
    return sum(not one.isascii() for word in words for one in word) / max(1, letters)


def _odd(text: str, alphabets: Sequence[str]) -> int:
    """How many letters and signs beyond ASCII do not belong into a text in one of the languages.

    Letters that the language lacks, capitals within a word in small letters; twice signs within a
    word, which no language has.
    """
    odd, letters = 0, []
    for place, one in enumerate(text):
        if one.isascii():
            continue
        after_letter = text[place - 1 : place].isalpha()
        before_letter = text[place + 1 : place + 2].isalpha()
        if one in _SIGNS:
            within = after_letter and (before_letter or one in _BEFORE_WORDS)
            odd += 2 * (within and one not in _WITHIN_WORDS)
        elif one.isalpha() and not (one.isupper() and text[place - 1 : place].islower()):
            letters.append(one.lower()[0])
        else:
            odd += 1
    return odd + len(letters) - max(sum(map(own.count, letters)) for own in alphabets)
