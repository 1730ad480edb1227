"""Numbers and addresses in words become marks, whatever stands around them, in linear time."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.redaction.redact import KINDS, redact, redacted_row
from daf_core.redaction.spoken import said_mails, said_numbers

DIGIT_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is 4111 1111 1111 1111, thanks", "it is [CARD], thanks"),
        ("4111-1111-1111-1111", "[CARD]"),
        ("5500000000000004", "[CARD]"),
        ("4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1", "[CARD]"),
        ("4111, 1111, 1111, 1111", "[CARD]"),
        ("3782 822463 10005 and 415 555 2671", "[CARD] and [PHONE]"),
        ("4111 1111 1111 1111 5500 0000 0000 0004", "[CARD] [CARD]"),
        ("4111 1111 1111 1112", "[NUMBER]"),  # the sum is wrong: a number all the same
        ("DE89 3704 0044 0532 0130 00 please", "[IBAN] please"),
        ("gb82west12345698765432", "[IBAN]"),
        ("DE88 3704 0044 0532 0130 00", "DE[NUMBER]"),
        ("my social is 123-45-6789.", "my social is [SSN]."),
        ("call +44 20 7946 0958 now", "call [PHONE] now"),
        ("(415) 555-2671 or 415.555.2671", "[PHONE] or [PHONE]"),
        ("555-2671", "[PHONE]"),
        ("030 1234 5678", "[PHONE]"),
        ("write to jane.o'doe+x@mail.example.co.uk.", "write to [MAIL]."),
        ("jörg@müller.de", "[MAIL]"),
        ("jane dot doe at gmail dot com thanks", "[MAIL] thanks"),
        ("info at example dot co dot uk", "[MAIL]"),
        ("four one double one triple one", "[NUMBER]"),
        ("Seven-three-one.", "[NUMBER]."),
        ("five five five oh one two three", "[NUMBER]"),
        ("twenty five forty two eighteen", "[NUMBER]"),
        ("four 1 one 1 1", "[NUMBER]"),
        ("account 12345678", "account [NUMBER]"),
        ("born 1990-03-02", "born [NUMBER]"),
        ("١٢٣٤٥٦٧٨", "[NUMBER]"),
        ("four one one one " + "one " * 12, "[CARD] "),
    ],
)
def test_what_tells_who_it_is_is_taken_out(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "I paid 1,500,000 dollars in 2024, 12,000.50 and $150",
        "one hundred and twenty; that was nineteen ninety nine",
        "from 10:30 to 11:45 at 5 o'clock",
        "one or two, oh oh oh, double trouble",
        "look at dot com, @ home, a@b",
        "room 4021, 24/7, the 3 of us",
        "",
    ],
)
def test_other_words_and_amounts_stay(text: str) -> None:
    assert redact(text) == (text, {})


def test_a_row_is_flagged_and_counted() -> None:
    row = {"text": "4111 1111 1111 1111 or a@example.com", "flags": ["retimed"]}
    assert redacted_row(row) == {"text": "[CARD] or [MAIL]", "flags": ["retimed", "redacted"]}
    assert redacted_row({"text": None, "flags": []}) == {"text": None, "flags": []}
    assert redacted_row({"text": "[NAME]", "flags": []}) == {"text": "[NAME]", "flags": []}


@given(st.text(), st.lists(st.integers(0, 9), min_size=12, max_size=18), st.text())
def test_a_card_is_found_wherever_it_stands(before: str, digits: list[int], after: str) -> None:
    body = "4" + "".join(map(str, digits))[:14]
    doubled = [int(one) * (1 + (len(body) - number) % 2) for number, one in enumerate(body)]
    total = sum(one - 9 * (one > 9) for one in doubled)
    card = body + str(-total % 10)
    assert card not in redact(f"{before} {card} {after}").text


@given(
    st.lists(st.sampled_from(DIGIT_WORDS), min_size=3, max_size=30), st.sampled_from([" ", ", "])
)
def test_digits_that_are_said_are_found(words: list[str], between: str) -> None:
    text = redact(f"well {between.join(words)} yes").text
    assert text in ("well [NUMBER] yes", "well [CARD] yes")


@given(st.text("0123456789 +-().,/@abAB:one two\u0663"))
def test_no_long_number_stays_and_the_rest_does(text: str) -> None:
    found = redact(text)
    bare = found.text
    for mark in KINDS:
        bare = bare.replace(mark, "\n")
    assert not any(
        len(run) >= 5 for run in "".join(c if c.isdecimal() else " " for c in bare).split()
    )
    at = 0
    for piece in bare.split("\n"):  # what stays is in the text, in order
        at = text.index(piece, at) + len(piece)
    assert found.counts.total() == bare.count("\n")


HOSTILE = [
    *("1", "1 ", "4111 1111 1111 1111 ", "(", "+(", "1, ", "1111, ", "1-", "12-", "999-99-"),
    *("a@", "@", "a.@a.", "a" * 63 + ".", "x at y dot ", "at dot ", "dot at x dot com "),
    *("DE89 ", "DE89", "AA00a ", "one ", "double ", "twenty five ", "oh ", "\u0661"),
    *("[", "[NAME", "<a", "{{", "*", "#", "- ", ".,;-"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_grows_with_the_length_alone(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        best = float("inf")
        for _ in range(2):
            began = time.process_time()
            redact(text)
            best = min(best, time.process_time() - began)
        return best

    short, long = seconds(4_000), seconds(32_000)
    assert long < 24 * short + 0.1  # 8 times as long; quadratic would be 64 times
    assert long < 1


def test_searches_give_places_in_order_that_do_not_overlap() -> None:
    text = "one two three, jane at example dot com, four five six at x dot org"
    for search in (said_numbers, said_mails):
        spans = [*search(text)]
        assert spans == sorted(spans)
        assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
