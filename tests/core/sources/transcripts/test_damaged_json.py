"""Damaged JSON and tables: read, named, or refused with BadInput; nothing else is ever raised."""

import copy
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.sources.transcripts import READERS, open_document, reader_of
from daf_core.sources.transcripts.document import Document

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())
JSON = [path for path in SAMPLES if path.suffix == ".json"]
# fmt: off
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, math.nan, math.inf, -math.inf, 1e308, -1e308, 10**400, 2**63,
    "", " ", "1.5", "1e999", "-1", "nan", "PT", "P1DT", "99:99:99", "1" * 5_000, "\ud800", "\0",
    [], {}, [[]], [None], {"start": {}}, [{"start": 0}], {"seconds": "x"}, {"nanos": 1e308},
]
# fmt: on


def check(document: Document) -> None:
    """Every reader either does not know the document, reads it, or refuses it with BadInput."""
    for reader in READERS:
        if not reader.recognises(document):
            continue
        try:
            transcript = reader.read(document)
        except BadInput:
            continue
        for cue in transcript.cues:
            for time in (cue.start_s, cue.end_s):
                assert time is None or abs(time) < 1e9
            assert cue.confidence is None or 0 <= cue.confidence <= 1
            assert cue.channel is None or cue.channel >= 0
            for text in (cue.text, cue.speaker or ""):
                text.encode()  # no surrogates
                assert "\n" not in text
            assert cue.speaker is None or cue.speaker


def damaged(value: Any, rng: random.Random) -> Any:
    """The value with one to four inner values replaced, or their names gone."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 4)):
        holder, key = value, None
        for _ in range(rng.randint(1, 9)):
            inner = holder if key is None else holder[key]
            if not isinstance(inner, dict | list) or not inner:
                break
            holder, key = (
                inner,
                rng.choice([*(inner if isinstance(inner, dict) else range(len(inner)))]),
            )
        if key is None:
            return copy.deepcopy(rng.choice(ODD))
        if rng.random() < 0.3:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD))
    return value


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(JSON), st.integers(0, 2**32))
def test_other_values_and_missing_names_never_stop_a_reader(path, seed):
    text = json.dumps(damaged(json.loads(path.read_text()), random.Random(seed)))
    check(Document(path.name, text))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0), st.text(max_size=20), st.integers(0, 50))
def test_other_text_within_never_stops_a_reader(path, place, piece, removed):
    text = open_document(str(path)).text
    at = place % len(text)
    check(Document(path.name, text[:at] + piece + text[at + removed :]))


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.jsonl"])
@given(text=st.text(max_size=200))
def test_any_text_is_read_or_not(name, text):
    check(Document(name, text))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"segments":' * 50_000,
        '{"segments": [' + "[" * 500 + "]" * 500 + "]}",
        '{"segments": [' + ",".join(['{"start": 0, "end": 1, "text": "a"}'] * 5_000) + "]}",
        '{"segments": [{"start": 0, "end": 1, "text": "a", "seek": 0}' + ",1" * 300_000 + "]}",
        "start,end,text\n" + '0,1,"a\n' * 3_000,
        "start,end,text\n" + '"' * 50_000,
        "start,end,text" + ",x" * 100_000,
        "start\tend\ttext\n" + "\t" * 100_000,
        "start,end,text\n" + "9" * 100_000 + ",1,a\n",
        "a" * 1_000_000,
        "[" + "{}," * 8_000_001 + "{}]",
    ],
    ids=str.__len__,
)
@pytest.mark.timeout(20)
def test_deep_and_large_documents_take_little_time(text):
    check(Document("a.json", text))


def test_a_list_may_not_be_endless():
    entries = (
        '{"segments": [{"start": 0, "end": 1, "text": "a", "seek": 0}' + ",1" * 1_000_001 + "]}"
    )
    document = Document("a.json", entries)
    reader = reader_of(document)
    assert reader is not None
    with pytest.raises(BadInput, match="at most 1000000 entries"):
        reader.read(document)
