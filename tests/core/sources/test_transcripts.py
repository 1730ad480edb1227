"""Transcripts: cues, speakers and times; a broken cue costs only itself."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jobs
from daf_core.errors import BadInput
from daf_core.sources.transcripts import READERS, read_transcript
from daf_core.sources.transcripts.cue import Cue

ALL_FORMATS = pytest.mark.parametrize("name", [f"a{suffix}" for suffix in READERS])
DEMO = Path(jobs.__file__).parent / "demo_corpus"


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Cue], list[int]]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_transcript(str(path))


def test_webvtt_gives_milliseconds_speakers_and_words(tmp_path):
    cues, broken = read(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\nNOTE no cue\n\n1\n00:00:03.200 --> 01:00:04.500 align:start\n"
        "<v.loud Ann &amp; Bo>Fish &amp; <b>chips</b>,\nplease</v>\n\n"
        "01:02.003 --> 01:04.000\n<i>Nobody</i> a &lt; b\n",
    )
    assert cues == [
        Cue(3.2, 3604.5, "Fish & chips, please", "Ann & Bo"),
        Cue(62.003, 64.0, "Nobody a < b"),
    ]
    assert broken == []


def test_two_voices_in_one_cue_are_two_cues(tmp_path):
    cues, _ = read(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Well?</v>\n<v Bo>No.</v>\n",
    )
    assert cues == [Cue(1.0, 2.0, "Well?", "Ann"), Cue(1.0, 2.0, "No.", "Bo")]


def test_subrip_strips_tags_and_reads_names_where_most_cues_have_them(tmp_path):
    block = "{n}\n00:00:0{n},250 --> 00:00:0{n},900\n{text}\n\n"
    texts = ["Agent: <i>Good</i> morning", "CUSTOMER: It is 9:30", "Hm &amp; well"]
    cues, _ = read(
        tmp_path,
        "a.srt",
        "".join(block.format(n=n, text=text) for n, text in enumerate(texts, start=1)),
    )
    assert cues == [
        Cue(1.25, 1.9, "Good morning", "Agent"),
        Cue(2.25, 2.9, "It is 9:30", "CUSTOMER"),
        Cue(3.25, 3.9, "Hm & well"),
    ]
    cues, _ = read(
        tmp_path,
        "b.srt",
        "".join(
            block.format(n=n, text=text)
            for n, text in enumerate(["One rule: none", "Yes", "No"], start=1)
        ),
    )
    assert [cue.speaker for cue in cues] == [None] * 3
    assert cues[0].text == "One rule: none"


@pytest.mark.parametrize(
    ("name", "head", "point"), [("a.vtt", "WEBVTT\n\n", "."), ("a.srt", "", ",")]
)
def test_a_broken_cue_is_named_and_leaves_the_others_whole(tmp_path, name, head, point):
    cues, broken = read(
        tmp_path,
        name,
        f"{head}1\n00:00:01{point}000 --> 00:00:02{point}000\nfirst\n\n"
        f"2\n00:00:03{point}000 --> later\nsecond\n\n"
        f"3\n00:00:05{point}000 --> 00:00:06{point}000\nthird\n",
    )
    assert [cue.text for cue in cues] == ["first", "third"]
    assert broken == [6 + head.count("\n")]


@ALL_FORMATS
def test_bytes_that_are_not_utf8_are_refused_by_name(tmp_path, name):
    with pytest.raises(BadInput, match=name) as refused:
        read(tmp_path, name, "WEBVTT\n\n00:01.000 --> 00:02.000\ncafé\n".encode("latin-1"))
    assert refused.value.reason == "bad_encoding"


def test_a_bom_and_windows_line_ends_do_not_matter(tmp_path):
    text = "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nhé\r\n"
    cues, _ = read(tmp_path, "a.vtt", b"\xef\xbb\xbf" + text.encode())
    assert cues == [Cue(1.0, 2.0, "hé")]


def test_other_text_is_no_webvtt(tmp_path):
    with pytest.raises(BadInput, match="WEBVTT") as refused:
        read(tmp_path, "a.vtt", "<html>\n")
    assert refused.value.reason == "unreadable_transcript"


@given(content=st.binary(max_size=300))
@pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
def test_other_bytes_after_a_cue_never_cost_that_cue(tmp_path_factory, name, content):
    cue = b"00:00:01.000 --> 00:00:02.000\nhere\n\n\n"
    try:
        content.decode()
    except UnicodeDecodeError:
        with pytest.raises(BadInput):
            read(tmp_path_factory.mktemp("bytes"), name, b"WEBVTT\n\n" + cue + content)
    else:
        cues, _ = read(tmp_path_factory.mktemp("bytes"), name, b"WEBVTT\n\n" + cue + content)
        assert cues[0].text.startswith("here")


def test_every_transcript_of_the_demo_corpus_is_read_whole():
    paths = [path for path in sorted(DEMO.iterdir()) if path.suffix in READERS]
    assert {path.suffix for path in paths} == {".vtt", ".srt"}
    for path in paths:
        cues, broken = read_transcript(str(path))
        assert len(cues) == path.read_text().count("-->")
        assert broken == []
        assert all(cue.text and cue.speaker for cue in cues)


def test_webvtt_and_subrip_of_one_recording_agree(tmp_path):
    cues, _ = read_transcript(str(DEMO / "billing-dispute.vtt"))
    blocks = [
        f"{number}\n{clock(cue.start_s)} --> {clock(cue.end_s)}\n{cue.speaker}: {cue.text}\n"
        for number, cue in enumerate(cues, start=1)
    ]
    assert read(tmp_path, "a.srt", "\n".join(blocks)) == (cues, [])


def clock(time_s: float) -> str:
    """A time as SubRip writes it."""
    minutes, ms = divmod(round(time_s * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02},{ms % 1000:03}"
