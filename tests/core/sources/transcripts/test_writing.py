"""Transcripts that are written are read again to the same cues, by us and by public libraries."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pysubs2
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.sources.transcripts import read_transcript, reader_of
from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.writing import NEED_TIMES, WRITERS, WrittenCue

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())
NO_VALUES = {"", "nan", "na", "n/a", "null", "none", "<na>", "\\n"}  # in tables

lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf", "Co", "Cn"]), max_size=40
).map(lambda text: " ".join(text.split()))
odd = [
    "<b>no tag</b>",
    "a &amp; b",
    "-->",
    "00:00:00.000 --> 99:00:00.000",
    "=1+1",
    "'-2",
    "{\\an8}up",
    "x\\Ny",
    "42",
    "NOTE",
    "<v Ann>",
    '"',
    "a,b",
]
# What stands for something in a format, put together in any way.
pieces = ["--", ">", "<", "-->", "→", "&", "lt;", "\\N", "{\\", "}", "00:00:01", ".5", ",", "/v"]
pieces += [":", "<v A", " ", "1", "NOTE", "|", "[", '"', "'", "=", "ab"]
made = st.lists(st.sampled_from(pieces), max_size=6).map(lambda of: " ".join("".join(of).split()))
words = st.one_of(lines, st.sampled_from(odd), made).map(
    lambda text: "word" if text.lower() in NO_VALUES else text
)
names = st.one_of(
    st.none(), st.one_of(lines, made).filter(lambda name: name.lower() not in NO_VALUES)
)


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    """Cues with times in whole milliseconds."""
    found = []
    for _ in range(draw(st.integers(1, 8))):
        start_ms = draw(st.integers(0, 350_000_000))
        found.append(
            Cue(
                text=draw(words),
                start_s=start_ms / 1000,
                end_s=(start_ms + draw(st.integers(1, 60_000))) / 1000,
                speaker=draw(names),
                channel=draw(st.one_of(st.none(), st.integers(0, 9))),
                confidence=draw(st.one_of(st.none(), st.floats(0, 1))),
            )
        )
    return found


def written(cues: list[Cue], to: str) -> str:
    return WRITERS[to]([WrittenCue(cue) for cue in cues])


def read_again(text: str, to: str) -> list[Cue]:
    document = Document(f"a.{to}", text)
    reader = reader_of(document)
    assert reader is not None
    transcript = reader.read(document)
    assert transcript.unread == []
    return list(transcript.cues)


def as_held(cue: Cue, to: str) -> Cue:
    """What is left of a cue in this format; in SubRip names are in the text, until `tidy`.

    Who speaks is not read from a WebVTT cue without words.
    """
    cue = replace(cue, text=" ".join(cue.text.split()))
    if to not in NEED_TIMES:
        return cue
    cue = replace(cue, channel=None, confidence=None)
    if to == "srt" and cue.speaker:
        return replace(cue, speaker=None, text=f"{cue.speaker}: {cue.text}".strip())
    return cue if cue.text else replace(cue, speaker=None)


@pytest.mark.parametrize("to", WRITERS)
@settings(deadline=None)
@given(cues=cue_lists())
def test_any_cues_are_read_again_as_they_were(to, cues):
    assert read_again(written(cues, to), to) == [as_held(cue, to) for cue in cues]


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_format_is_converted_without_loss(path, to):
    cues = read_transcript(str(path)).cues
    if not any(WrittenCue(cue).is_timed for cue in cues):
        return  # plain text: nobody could tell what is written from a list of messages
    kept = [cue for cue in cues if to not in NEED_TIMES or WrittenCue(cue).is_timed]
    assert read_again(written(cues, to), to) == [as_held(cue, to) for cue in kept]


@settings(deadline=None)
@given(cues=cue_lists())
def test_public_libraries_read_the_same_times_and_words(cues):
    bare = ["".join(filter(str.isalnum, cue.text)) or "x" for cue in cues]
    plain = [replace(cue, speaker=None, text=text) for cue, text in zip(cues, bare, strict=True)]
    expected = [(cue.start_s, cue.end_s, cue.text) for cue in plain]
    captions = webvtt.from_string(written(plain, "vtt")).captions
    assert [
        (one.start_time.in_milliseconds() / 1000, one.end_time.in_milliseconds() / 1000, one.text)
        for one in captions
    ] == expected
    events = pysubs2.SSAFile.from_string(written(plain, "srt"), format_="srt")
    found = sorted((event.start / 1000, event.end / 1000, event.plaintext) for event in events)
    assert found == sorted(expected)


def test_pandas_reads_the_csv_and_the_json_lines(tmp_path):
    cues = [
        Cue(text='He said "no, 1"', start_s=0.5, end_s=1.25, speaker="Ann", channel=0),
        Cue(text="Well", start_s=2.0, end_s=3.0, speaker=None, channel=1),
    ]
    for to in ("csv", "jsonl"):
        path = tmp_path / f"a.{to}"
        path.write_text(written(cues, to))
        table = pd.read_csv(path) if to == "csv" else pd.read_json(path, lines=True)
        assert table["text"].tolist() == [cue.text for cue in cues]
        assert table["start_s"].tolist() == [0.5, 2.0]
        assert table["channel"].tolist() == [0, 1]


def test_webvtt_holds_speakers_as_voices_and_scores_as_notes():
    cue = Cue(text="Fish & <chips>", start_s=0.5, end_s=3725.25, speaker="Ann & Bo")
    scored = WrittenCue(cue, {"sentiment": 1.816, "polarity": "positive", "audio_sentiment": None})
    assert WRITERS["vtt"]([scored]) == (
        "WEBVTT\n\nNOTE sentiment +1.82, polarity positive\n\n"
        "00:00:00.500 --> 01:02:05.250\n<v Ann &amp; Bo>Fish &amp; &lt;chips&gt;\n"
    )
    (caption,) = webvtt.from_string(WRITERS["vtt"]([scored])).captions
    assert caption.start == "00:00:00.500"
    assert read_again(WRITERS["vtt"]([scored]), "vtt") == [cue]


def test_no_name_and_no_score_ends_the_block_of_webvtt_that_it_is_in():
    cue = Cue(text="hello", start_s=1.0, end_s=2.0, speaker="'; DROP TABLE calls; --")
    scores = {"class": "a\n\n00:00:05.000 --> 00:00:06.000\nmade up", "kind": "--"}
    text = WRITERS["vtt"]([WrittenCue(cue, scores)])
    assert text.count("-->") == 1
    assert read_again(text, "vtt") == [cue]
    assert [one.text for one in webvtt.from_string(text).captions] == ["hello"]


def test_tables_have_a_column_for_each_score_and_words_of_subrip_are_plain():
    cue = Cue(text="Yes", start_s=1.0, end_s=2.0, speaker="Ann")
    scored = [WrittenCue(cue, {"sentiment": -0.5, "polarity": "negative"}), WrittenCue(cue)]
    assert WRITERS["csv"](scored) == (
        "start_s,end_s,speaker,text,sentiment,polarity\n"
        "1.0,2.0,Ann,Yes,-0.5,negative\n1.0,2.0,Ann,Yes,,\n"
    )
    first, second = WRITERS["jsonl"](scored).splitlines()
    assert first.endswith('"text": "Yes", "sentiment": -0.5, "polarity": "negative"}')
    assert "sentiment" not in second
    assert WRITERS["srt"](scored[:1]) == "1\n00:00:01,000 --> 00:00:02,000\nAnn: Yes\n"


def test_cues_without_times_are_in_tables_alone():
    cues = [Cue(text="when?", speaker="Ann"), Cue(text="now", start_s=1.0, end_s=2.0)]
    assert read_again(written(cues, "csv"), "csv") == cues
    for to in NEED_TIMES:
        assert read_again(written(cues, to), to) == cues[1:]
