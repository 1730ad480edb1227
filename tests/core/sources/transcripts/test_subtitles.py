"""WebVTT, SubRip and SBV, as people and tools write them; a broken cue costs only itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.sources.transcripts import Document, read_transcript, reader_of
from daf_core.sources.transcripts.cue import Cue
from tests.core.sources.transcripts.reading import read, said


def cue(start_s, end_s, text, speaker=None):
    return Cue(text=text, start_s=start_s, end_s=end_s, speaker=speaker)


def test_webvtt_gives_milliseconds_speakers_and_words():
    transcript = read(
        "a.vtt",
        "WEBVTT\n\nNOTE no cue\n\n1\n00:00:03.200 --> 01:00:04.500 align:start\n"
        "<v.loud Ann &amp; Bo>Fish &amp; <b>chips</b>,\nplease</v>\n\n"
        "01:02.003 --> 01:04.000\n<i>Nobody</i> a &lt; b\n",
    )
    assert transcript.cues == [
        cue(3.2, 3604.5, "Fish & chips,\nplease", "Ann & Bo"),
        cue(62.003, 64.0, "Nobody a < b"),
    ]
    assert transcript.unread == []


def test_a_voice_holds_until_the_next_in_its_cue():
    transcript = read(
        "a.vtt",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Well?</v>\n<v Bo>No.</v>\nNever.\n<v Bo>So.\n\n"
        "00:03.000 --> 00:04.000\nYes\n",
    )
    assert transcript.cues == [
        cue(1.0, 2.0, "Well?", "Ann"),
        cue(1.0, 2.0, "No.\nNever.\nSo.", "Bo"),
        cue(3.0, 4.0, "Yes"),
    ]


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("00:00:01,500 --> 00:00:02,250", (1.5, 2.25)),
        ("00:00:01.500 --> 00:00:02.250", (1.5, 2.25)),
        ("0:0:1,5 --> 0:0:2", (1.5, 2.0)),
        ("00:01.500-->00:02.250", (1.5, 2.25)),
        ("00:01.500 -> 00:02.250", (1.5, 2.25)),
        ("00:00:01,500 --&gt; 00:00:02,250", (1.5, 2.25)),
        ("00:00:01:500 --> 00:00:02:250", (1.5, 2.25)),
        ("00: 00: 01, 500 --> 00: 00: 02, 250", (1.5, 2.25)),
        ("100:00:01.500 --> 100:00:02.250", (360001.5, 360002.25)),
        ("[00:00:01.500 --> 00:00:02.250]", (1.5, 2.25)),
        ("7 00:00:01,500 --> 00:00:02,250", (1.5, 2.25)),
        ("\t00:00:01,500\t-->\t00:00:02,250  line:0 align:left", (1.5, 2.25)),
        ("00:00:01,500 - 00:00:02,250", (1.5, 2.25)),
    ],
)
@pytest.mark.parametrize("head", ["", "WEBVTT\n\n"])
def test_lines_of_times_that_tools_write(head, line, times):
    good = "00:00:09,000 --> 00:00:10,000\nlast\n"
    transcript = read("a.srt", f"{head}{line}\nhello\n\n{good}")
    assert transcript.cues == [cue(*times, "hello"), cue(9.0, 10.0, "last")]
    assert transcript.unread == []


@pytest.mark.parametrize("times", ["10:30, 11:30", "10:30 - 11:30", "1, 2", "at 10:30 -> 11:30"])
def test_words_are_no_times(times):
    transcript = read("a.srt", f"00:00:01,000 --> 00:00:02,000\n{times}\n")
    assert transcript.cues == [cue(1.0, 2.0, times)]


def test_words_on_the_line_of_times_are_kept():
    transcript = read(
        "a.log",
        "[00:00:01.000 --> 00:00:02.000]   Hello.\n[00:00:02.000 --> 00:00:03.000]   Bye: now.\n",
    )
    assert transcript.cues == [cue(1.0, 2.0, "Hello."), cue(2.0, 3.0, "Bye: now.")]


def test_empty_lines_may_be_missing():
    body = (
        "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
        "00:00:05,000 --> 00:00:06,000\nthree\n"
    )
    expected = [cue(1.0, 2.0, "one"), cue(3.0, 4.0, "two"), cue(5.0, 6.0, "three")]
    assert read("a.srt", body).cues == expected
    assert read("a.vtt", f"WEBVTT\n{body}").cues == expected


def test_words_after_an_empty_line_belong_to_the_subrip_cue():
    transcript = read(
        "a.srt",
        "1\n00:00:01,000 --> 00:00:02,000\none\n\nmore\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n",
    )
    assert transcript.cues == [cue(1.0, 2.0, "one\nmore"), cue(3.0, 4.0, "two")]


def test_a_webvtt_block_without_times_is_named():
    transcript = read(
        "a.vtt",
        "WEBVTT\nKind: captions\n\nlost\n\nid\n00:01.000 --> 00:02.000\none\n\nlost too\n\n"
        "NOTE none\n\nSTYLE\n::cue {}\n",
    )
    assert transcript.cues == [cue(1.0, 2.0, "one")]
    assert transcript.unread == ["line 4", "line 10"]


@pytest.mark.parametrize(
    ("name", "head", "point"), [("a.vtt", "WEBVTT\n\n", "."), ("a.srt", "", ",")]
)
def test_a_broken_cue_is_named_and_leaves_the_others_whole(name, head, point):
    transcript = read(
        name,
        f"{head}1\n00:00:01{point}000 --> 00:00:02{point}000\nfirst\n\n"
        f"2\n00:00:03{point}000 --> later\nsecond\n\n"
        f"3\n00:00:05{point}000 --> 00:00:06{point}000\nthird\n",
    )
    assert [one.text for one in transcript.cues] == ["first", "third"]
    assert transcript.unread == [f"line {6 + head.count(chr(10))}"]


WHO = [("Ana Lopez", "so it is"), ("Bob", "fine"), ("Ana Lopez", "yes")]


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.vtt", "WEBVTT\n\n", '{n} "{who}" (12345)\n00:0{n}.000 --> 00:0{n}.900\n{words}\n\n'),
        ("a.vtt", "WEBVTT\n\n", "{n}\n00:0{n}.000 --> 00:0{n}.900\n{who}\n{words}\n\n"),
        ("a.srt", "", "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{who}:\n{words}\n\n"),
        ("a.sbv", "", "0:00:0{n}.000,0:00:0{n}.900\n({who})\n{words}\n\n"),
        ("a.srt", "", "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n- [{who}] {words}\n\n"),
    ],
)
def test_speakers_stand_where_meetings_and_courses_put_them(name, head, form):
    text = head + "".join(
        form.format(n=n, who=who, words=words) for n, (who, words) in enumerate(WHO, start=1)
    )
    assert read(name, text).unread == []
    assert [(who, words) for _, _, who, words in said(name, text)] == WHO


@pytest.mark.parametrize("line", ["sprite.jpg#xywh=0,0,160,90", '{"title": "one"}', "a/b_1.webp"])
def test_cues_of_pictures_and_of_data_are_no_words(line):
    text = "WEBVTT\n\n" + "".join(f"00:0{one}.000 --> 00:0{one}.900\n{line}\n\n" for one in "123")
    with pytest.raises(BadInput, match="found names of pictures, or JSON"):
        read("a.vtt", text)


def test_arrows_between_seconds_are_times_and_words_are_none():
    assert read("a.srt", "1\n0.000 --> 0.900\nso\n\n2\n1.5 --> 2.0\nit\n").cues == [
        cue(0.0, 0.9, "so"),
        cue(1.5, 2.0, "it"),
    ]
    assert reader_of(Document("a.srt", "1 --> 2\nso\n")) is None


def test_a_broken_sbv_cue_is_named():
    transcript = read("a.sbv", "0:00:01.000,0:00:02.000\none\n\n0:00:03.000,0:99:04.000\ntwo\n")
    assert transcript.cues == [cue(1.0, 2.0, "one")]
    assert transcript.unread == ["line 4"]


def test_teams_and_zoom_name_speakers_in_their_ways():
    teams = (
        "WEBVTT\n\nNOTE language:en-us\n\nNOTE Confidence: 0.9\n\n5c8-9/1-0\n"
        "00:00:01.000 --> 00:00:02.000\n<v Ruiz, Ana>Hi.</v>\n\n5c8-9/2-0\n"
        "00:00:02.000 --> 00:00:03.000\n<v John Smith>Yes: hello.</v>\n"
    )
    assert said("a.vtt", teams) == [
        (1.0, 2.0, "Ruiz, Ana", "Hi."),
        (2.0, 3.0, "John Smith", "Yes: hello."),
    ]
    assert read("a.vtt", teams).language == "en-us"
    zoom = (
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nAna Ruiz: Hi.\n\n2\n"
        "00:00:02.000 --> 00:00:03.000\nJohn O'Neil (he/him): Yes: hello.\n"
    )
    assert said("a.vtt", zoom) == [
        (1.0, 2.0, "Ana Ruiz", "Hi."),
        (2.0, 3.0, "John O'Neil (he/him)", "Yes: hello."),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_line_ends_do_not_matter(tmp_path, encoding):
    text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nQué tal, señor? Está bien, él vendrá mañana.\r\n"
    (tmp_path / "a.srt").write_bytes(text.encode(encoding))
    (found,) = read_transcript(str(tmp_path / "a.srt")).cues
    assert found == cue(1.0, 2.0, "Qué tal, señor? Está bien, él vendrá mañana.")


def test_other_text_is_named(tmp_path):
    (tmp_path / "a.vtt").write_text("<html>\n")
    with pytest.raises(BadInput, match=r"a\.vtt") as refused:
        read_transcript(str(tmp_path / "a.vtt"))
    assert refused.value.reason == "unreadable_transcript"


@given(content=st.text(max_size=300))
@pytest.mark.parametrize("head", ["", "WEBVTT\n\n"])
def test_other_text_after_a_cue_never_costs_that_cue(head, content):
    block = "00:00:01.000 --> 00:00:02.000\nhere\n\n\n"
    cues = read("a.srt", head + block + content).cues
    assert cues[0].text.startswith("here")
    assert (cues[0].start_s, cues[0].end_s) == (1.0, 2.0)
