"""Numbers and mail addresses as they are said in English, such as "four one double one"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from daf_core.redaction.checksums import is_card
from daf_core.redaction.found import Span

_DIGITS = {
    word: str(digit)
    for digit, words in enumerate(
        ["zero nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    for word in words.split()
}
_OH = {"oh": "0", "o": "0"}  # zero, where other digits are said before
_TEENS = {
    word: str(number)
    for number, word in enumerate(
        [
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        start=10,
    )
}
_TENS = {
    word: str(number)
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_TIMES = {"double": 2, "triple": 3}
_DOMAINS = frozenset(
    [
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "io",
        "co",
        "info",
        "biz",
        "me",
        "uk",
        "de",
        "fr",
        "us",
        "ca",
        "au",
        "in",
        "eu",
    ]
)
_JOINTS = frozenset(["dot", "underscore", "dash", "hyphen", "period"])
_JOINTS_AT_MOST = 8  # in either half of an address
_TOKEN = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[\s,.;‐‑–-]{0,4}")
DIGIT_WORDS_LEAST, OTHER_LEAST = 3, 5  # digits from which on what is said is a number


class _Token(NamedTuple):
    start: int
    end: int
    word: str


def _tokens(text: str) -> list[_Token]:
    return [_Token(*found.span(), found[0].casefold()) for found in _TOKEN.finditer(text)]


def said_numbers(text: str) -> Iterator[Span]:
    """Digits said one by one or in pairs, from 3 words for digits on; with numbers of two digits,
    or with figures between, from 5 digits on."""
    run: list[_Token] = []
    for token in _tokens(text):
        if run and not _BETWEEN.fullmatch(text, run[-1].end, token.start):
            yield from _number(run)
            run = []
        if _is_numeral(token.word) or (run and token.word in _OH):
            run.append(token)
        else:
            yield from _number(run)
            run = []
    yield from _number(run)


def _is_numeral(word: str) -> bool:
    known = word in _DIGITS or word in _TEENS or word in _TENS or word in _TIMES
    return known or (word.isascii() and word.isdecimal())


def _number(run: list[_Token]) -> Iterator[Span]:
    """The run as one number, if it is long enough and some of it is said as words."""
    while run and run[-1].word in _TIMES:
        run.pop()
    words = [token.word for token in run]
    digits = _as_digits(words)
    singles = all(word in _DIGITS or word in _OH or word in _TIMES for word in words)
    if sum(word not in _OH for word in words) < 2:  # "two, oh oh oh"
        return
    if all(word.isdecimal() for word in words):  # `digits.numbers` decides
        return
    if len(digits) >= (DIGIT_WORDS_LEAST if singles else OTHER_LEAST):
        yield Span(run[0].start, run[-1].end, "[CARD]" if is_card(digits) else "[NUMBER]")


def _as_digits(words: list[str]) -> str:
    found: list[str] = []  # digits, or those of one word
    times, tens = 1, False
    for word in words:
        if word in _TIMES:
            times, tens = _TIMES[word], False
            continue
        if word in _TENS:
            found += [_TENS[word], "0"]
            tens = True
            continue
        own = _DIGITS.get(word) or _OH.get(word) or _TEENS.get(word) or word
        if tens and word in _DIGITS and own != "0":  # "twenty five" is 25
            found.pop()
        found.append(own * times)
        times, tens = 1, False
    return "".join(found)


def said_mails(text: str) -> Iterator[Span]:
    """Addresses such as "jane dot doe at example dot com"."""
    tokens = _tokens(text)
    number = 0
    while number < len(tokens):
        end = _domain_end(tokens, number + 1) if tokens[number].word == "at" and number else 0
        if end:
            first = number - 1
            least = max(2, first - 2 * _JOINTS_AT_MOST)
            while first >= least and tokens[first - 1].word in _JOINTS:
                first -= 2
            yield Span(tokens[first].start, tokens[end - 1].end, "[MAIL]")
        number = max(number + 1, end)


def _domain_end(tokens: list[_Token], start: int) -> int:
    """The number of the token after a domain as it is said, "example dot co dot uk"; 0: none is."""
    end = start + 1
    known = False
    last = min(len(tokens), start + 2 * _JOINTS_AT_MOST)
    while end + 1 < last and tokens[end].word == "dot":
        known = tokens[end + 1].word in _DOMAINS
        end += 2
    return end if known and end > start + 1 else 0
