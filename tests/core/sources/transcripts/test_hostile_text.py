"""Damaged and hostile text: nothing but BadInput is raised, and time grows with the size alone."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.sources.transcripts import Document, reader_of
from tests.core.sources.transcripts.reading import utterances

SAMPLES = sorted((Path(__file__).parent / "text_samples").glob("parcel*"))
TEXTS = [sample.read_text() for sample in SAMPLES]
# Half an XML is none, whatever follows.
HEADS = {
    sample.name: sample.read_text()[:600]
    for sample in SAMPLES
    if sample.suffix not in (".eaf", ".ttml") and sample.stem != "parcel_plain"
}
BITS = st.sampled_from(
    ["00:", "-->", "<v ", "<", ">", "[", "]", "(", "{\\", "&", '"', "\n", "\n\n", "\t", ":", ">> ",
     "- ", "[speaker 0]", "Ann: ", "99999999", "-1", "1e999", "nan", "NOTE", "\x00", "\u2028", "♪"]
)  # fmt: skip
PATTERNS = [
    "00:", "<", "-->", "[", "(", "<v ", "<v a>", "{\\", "&", ">> ", ". - ", "*", " ", '"', '""',
    "1 ", "[speaker 0] ", "Aa Bb ", "9 : ", "00:00:01,000 --> ", "99999999 : 999 : 999 . ",
    "[00:01.00]", "<00:01>", "so today we\nso today we\n", "[0:1] Ann: hello there\n",
]  # fmt: skip
SIZE = 200_000


def read_whole(name: str, text: str) -> None:
    document = Document(name, text)
    reader = reader_of(document)
    if reader is not None:
        with suppress(BadInput):
            utterances(reader.read(document))


@settings(max_examples=100)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), BITS | st.text()), max_size=8),
)
def test_damaged_files_raise_nothing_but_bad_input(text, damage):
    for position, length, bit in damage:
        position %= len(text)
        text = text[:position] + bit + text[position + length :]
    read_whole("parcel.txt", text)


@given(st.sampled_from([*HEADS.values(), ""]), st.lists(BITS, max_size=40).map("".join))
def test_any_marks_after_a_head_raise_nothing_but_bad_input(head, text):
    read_whole("parcel.txt", head + text)


@pytest.mark.parametrize("head", ["", *HEADS])
def test_repetition_takes_no_more_time_than_its_size(head):
    for pattern in PATTERNS:
        text = HEADS.get(head, "") + pattern * (SIZE // len(pattern))
        before = time.process_time()
        read_whole("parcel.txt", text)
        assert time.process_time() - before < 2.0, pattern
