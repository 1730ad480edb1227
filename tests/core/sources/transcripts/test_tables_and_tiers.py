"""CTM, RTTM, LRC, Audacity labels, TextGrid, ELAN and TTML: what their samples do not hold."""

import pytest

from daf_core.errors import BadInput
from tests.core.sources.transcripts.reading import read, said

CTM = "{name} 1 0.0 0.5 one 0.9\n{name} 1 0.5 0.5 two 0.9\n"
TURN = "SPEAKER {name} 1 0.0 0.5 <NA> <NA> A <NA> <NA>\n"


@pytest.mark.parametrize(("line", "suffix"), [(CTM, "ctm"), (TURN, "rttm")])
@pytest.mark.parametrize("other", ["call", "call.wav", "calls/call.wav", "CALL"])
def test_of_several_recordings_the_one_of_the_files_name_is_read(line, suffix, other):
    both = line.format(name="before") + line.format(name=other)
    (cue,) = read(f"call.{suffix}", both).cues
    assert (cue.start_s, cue.text) == (0.0, "one two" if suffix == "ctm" else "")
    (cue,) = read(f"call.en.{suffix}", both).cues
    assert cue.start_s == 0.0
    with pytest.raises(BadInput, match="found 2") as refused:
        read(f"other.{suffix}", both)
    assert refused.value.reason == "unreadable_transcript"
    assert len(read(f"other.{suffix}", line.format(name=other)).cues) == 1


@pytest.mark.parametrize(("first", "second"), [("1", "2"), ("A", "B"), ("0", "1")])
def test_channels_are_counted_from_0(first, second):
    cues = read("a.ctm", f"a {first} 0 1 one\na {second} 2 1 two\n").cues
    assert [(cue.channel, cue.text) for cue in cues] == [(0, "one"), (1, "two")]


def test_words_and_broken_lines_of_rttm():
    text = (
        "LEXEME a 1 0.0 0.4 Yes. lex Ann 0.5\nSPEAKER a 1 0.0 0.9 <NA> <NA> Ann <NA> <NA>\n"
        "LEXEME a 1 0.5 0.4 No. lex Bo <NA>\nSPEAKER a 1 soon 0.4 <NA> <NA> Bo <NA> <NA>\n"
    )
    transcript = read("a.rttm", text)
    assert [(cue.text, cue.speaker, cue.confidence) for cue in transcript.cues] == [
        ("Yes.", "Ann", 0.5),
        ("No.", "Bo", None),
    ]
    assert transcript.unread == ["line 4"]


def test_a_line_of_lrc_with_several_times_is_said_several_times():
    assert said("a.lrc", "[00:01.00][00:05.00]la la\n[00:03.00]so\n[00:06.50]\n") == [
        (1.0, 3.0, None, "la la"),
        (3.0, 5.0, None, "so"),
        (5.0, 6.5, None, "la la"),
    ]


def test_lines_with_a_time_in_brackets():
    text = "[00:00:01] Ann: Hi.\n[00:00:03] Bo: Hello there.\n[00:00:04] Ann: Bye.\n[0:05]\n"
    assert said("a.txt", text) == [
        (1.0, 3.0, "Ann", "Hi."),
        (3.0, 4.0, "Bo", "Hello there."),
        (4.0, 5.0, "Ann", "Bye."),
    ]


def test_a_label_of_audacity_at_one_time_lasts_until_the_next():
    text = "1.0\t1.0\tone\n2.5\t2.5\ttwo\n3.0\t4.0\n5,5\t6,5\tthree\nbroken\n"
    transcript = read("labels.txt", text)
    assert transcript.unread == ["line 5"]
    spoken = [cue[:2] for cue in said("labels.txt", text)]
    assert spoken == [(1.0, 2.5), (2.5, 3.0), (3.0, 4.0), (5.5, 6.5)]


def textgrid(*tiers: tuple[str, list[tuple[float, float, str]]]) -> str:
    lines = ['"ooTextFile"', '"TextGrid"', "0", "9", "<exists>", str(len(tiers))]
    for name, intervals in tiers:
        lines += ['"IntervalTier"', f'"{name}"', "0", "9", str(len(intervals))]
        for start_s, end_s, text in intervals:
            lines += [str(start_s), str(end_s), f'"{text}"']
    return "\n".join(lines) + "\n"


def test_aligned_words_become_utterances_and_sounds_none():
    text = textgrid(
        ("Ann - words", [(0, 1, ""), (1, 2, "good"), (2, 3, "day"), (5, 6, "bye")]),
        ("Ann - phones", [(1, 1.5, "G"), (1.5, 2, "UH1")]),
        ("Bo - words", [(3, 4, "yes"), (4, 5, "sil")]),
    )
    assert said("a.TextGrid", text) == [
        (1.0, 3.0, "Ann", "good day"),
        (3.0, 4.0, "Bo", "yes"),
        (5.0, 6.0, "Ann", "bye"),
    ]


def test_only_one_tier_is_no_speaker_and_quotes_are_doubled():
    text = textgrid(
        ("utterances", [(1, 2, 'say ""class IntervalTier"" now'), (2, 3, "two\nlines")])
    )
    assert said("a.TextGrid", text) == [
        (1.0, 2.0, None, 'say "class IntervalTier" now'),
        (2.0, 3.0, None, "two lines"),
    ]


def test_a_tier_that_is_cut_off_is_named_and_keeps_its_intervals():
    text = textgrid(("Ann", [(1, 2, "one"), (2, 3, "two")]), ("Bo", [(4, 5, "six"), (5, 6, "ten")]))
    transcript = read("a.TextGrid", text[: text.index('"ten"')])
    assert [cue.text for cue in transcript.cues] == ["one", "two", "six"]
    assert transcript.unread == ["tier 2"]


ELAN = """<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="b"/>
<TIME_SLOT TIME_SLOT_ID="c" TIME_VALUE="3000"/></TIME_ORDER>
<TIER TIER_ID="K-Spch" LINGUISTIC_TYPE_REF="x">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">
<ANNOTATION_VALUE>one</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="2" TIME_SLOT_REF1="b" TIME_SLOT_REF2="c">
<ANNOTATION_VALUE>two</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="below" PARENT_REF="K-Spch"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="3" ANNOTATION_REF="9">
<ANNOTATION_VALUE>lost</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>"""


def test_slots_of_elan_without_a_time_lie_between_their_neighbours():
    assert said("a.eaf", ELAN) == [(1.0, 2.0, None, "one"), (2.0, 3.0, None, "two")]
    assert read("a.eaf", ELAN).unread == ["annotation 3"]


def ttml(body: str, attributes: str = "") -> str:
    return (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
        f"{attributes}><body>{body}</body></tt>"
    )


@pytest.mark.parametrize(
    ("attributes", "begin", "seconds"),
    [
        ("", "01:02:03.5", 3723.5),
        ("", "00:00:01:15", 1.5),
        ('ttp:frameRate="25"', "00:00:01:05", 1.2),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', "30f", 1.001),
        ('ttp:tickRate="10000000"', "15000000t", 1.5),
        ('ttp:frameRate="25"', "50t", 2.0),
        ("", "1.5h", 5400.0),
        ("", "2m", 120.0),
        ("", "250ms", 0.25),
    ],
)
def test_times_of_ttml(attributes, begin, seconds):
    (cue,) = read("a.ttml", ttml(f'<div><p begin="{begin}" dur="1s">a</p></div>', attributes)).cues
    assert (cue.start_s, cue.end_s) == (seconds, pytest.approx(seconds + 1))


def test_spans_with_times_are_cues_and_sequences_follow_on():
    text = ttml(
        '<div begin="10s"><p begin="1s" end="9s"><span begin="0s" end="1s">one</span> '
        '<span begin="2s" end="3s">two</span></p></div>'
        '<div timeContainer="seq"><p dur="2s">three</p><p dur="1s">four</p></div>'
    )
    cues = [(cue.start_s, cue.end_s, cue.text) for cue in read("a.dfxp", text).cues]
    assert cues == [
        (11.0, 12.0, "one"),
        (13.0, 14.0, "two"),
        (0.0, 2.0, "three"),
        (2.0, 3.0, "four"),
    ]


@pytest.mark.parametrize("offset", [60.0, 0.0])
@pytest.mark.parametrize("absolute", [True, False])
def test_words_with_times_become_utterances_whatever_their_times_count_from(absolute, offset):
    said = [("That", 0.0), ("was", 0.4), ("great.", 0.8), ("I", 1.5), ("am", 1.9), ("fine.", 2.3)]
    zero = offset if absolute else 0.0
    spans = " ".join(
        f'<span begin="{zero + at:.1f}s" end="{zero + at + 0.3:.1f}s">{word}</span>'
        for word, at in said
    )
    outer = f'<span begin="{zero}s" end="{zero + 5}s">{spans}</span>'
    text = ttml(f'<div><p begin="{offset}s" end="{offset + 5}s">{outer}</p></div>')
    assert [(cue.text, cue.start_s, cue.end_s) for cue in read("a.ttml", text).cues] == [
        ("That was great.", offset, offset + 1.1),
        ("I am fine.", offset + 1.5, offset + 2.6),
    ]


def test_syllables_with_times_are_one_word():
    spans = "".join(
        f'<span begin="{at}s" end="{at + 1}s">{syllable}</span>'
        for at, syllable in enumerate(["un", "be", "liev", "a", "ble "])
    )
    (cue,) = read("a.ttml", ttml(f'<div><p begin="0s" end="5s">{spans}</p></div>')).cues
    assert (cue.text, cue.start_s, cue.end_s) == ("unbelievable", 0.0, 5.0)


def test_a_paragraph_with_a_broken_time_is_named():
    transcript = read(
        "a.ttml", ttml('<div><p begin="soon">a</p><p begin="1s" end="2s">b</p></div>')
    )
    assert [cue.text for cue in transcript.cues] == ["b"]
    assert transcript.unread == ["paragraph 1"]
    with pytest.raises(BadInput):
        read("a.ttml", ttml("<div>" * 100 + "</div>" * 100))


def test_entities_are_never_expanded():
    bomb = '<!DOCTYPE tt [<!ENTITY a "b">]><tt><body><p begin="0s" end="1s">&a;</p></body></tt>'
    assert [cue.text for cue in read("a.txt", bomb).cues] != ["b"]
