"""Text with a time before each turn: the ways in which tools and people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.sources.transcripts import Document, reader_of
from daf_core.sources.transcripts.unknown import found_in
from tests.core.sources.transcripts.reading import read, said

TURNS = [
    (1.0, 5.0, "Ana", "hello there and so on"),
    (5.0, 69.0, "Bob Lee", "fine, we meet at 12:30 then"),
    (69.0, None, "Ana", "good bye"),
]
KINDS = {
    "otter": "00:01 Ana: hello there\nand so on\n00:05 Bob Lee: fine,\nwe meet at 12:30 then\n"
    "01:09 Ana: good bye\n",
    "brackets": "[00:00:01] Ana: hello there\nand so on\n[00:00:05] Bob Lee: fine,\n\n"
    "we meet at 12:30 then\n[00:01:09] Ana: good bye\n",
    "otter export": "Ana  0:01\nhello there\nand so on\n\nBob Lee  0:05\nfine,\n"
    "we meet at 12:30 then\n\nAna  1:09\ngood bye\n",
    "teams": "Weekly\nMarch 3, 2026, 10:00AM\n12m 30s\n\nAna 0:01\nhello there and so on\n\n"
    "Bob Lee 0:05\nfine, we meet at 12:30 then\n\nAna 1:09\ngood bye\n",
    "rev": "Ana (00:01):\thello there\nand so on\n\nBob Lee (00:05):\tfine, we meet at 12:30 then\n"
    "Ana (01:09):\tgood bye\n",
    "name first": "Ana: [00:00:01] hello there and so on\n"
    "Bob Lee: [00:00:05] fine, we meet at 12:30 then\nAna: [00:01:09] good bye\n",
    "bar": "Ana | 00:01\nhello there and so on\nBob Lee | 00:05\nfine, we meet at 12:30 then\n"
    "Ana | 01:09\ngood bye",
    "one blank, no empty line": "Ana 0:01\nhello there and so on\nBob Lee 0:05\n"
    "fine, we meet at 12:30 then\nAna 1:09\ngood bye\n",
    "name below time": "00:01 Ana\nhello there and so on\n\n00:05 Bob Lee\nfine,\n"
    "we meet at 12:30 then\n\n01:09 Ana\ngood bye\n",
    "tabs": "00:00:01\tAna\thello there and so on\n00:00:05\tBob Lee\tfine, we meet at 12:30 then\n"
    "00:01:09\tAna\tgood bye\n",
    "tabs, name first": "Ana\t00:00:01\thello there and so on\n"
    "Bob Lee\t00:00:05\tfine, we meet at 12:30 then\nAna\t00:01:09\tgood bye\n",
    "in brackets": "[Ana 00:01]\nhello there and so on\n[Bob Lee 00:05]\n"
    "fine, we meet at 12:30 then\n[Ana 01:09]\ngood bye\n",
    "bold": "**Ana** 00:01\nhello there and so on\n\n**Bob Lee** 00:05\n"
    "fine, we meet at 12:30 then\n\n**Ana** 01:09\ngood bye\n",
    "zoom": "[Ana] 00:00:01\nhello there and so on\n\n[Bob Lee] 00:00:05\n"
    "fine, we meet at 12:30 then\n\n[Ana] 00:01:09\ngood bye\n",
    "otter with its footer": "Ana  0:01\nhello there and so on\n\nBob Lee  0:05\n"
    "fine, we meet at 12:30 then\n\nAna  1:09\ngood bye\n\nTranscribed by https://otter.ai\n",
    "name above time": "Ana:\n00:01\nhello there and so on\n\nBob Lee:\n00:05\n"
    "fine, we meet at 12:30 then\n\nAna:\n01:09\ngood bye\n",
    "teams, from the page": "Weekly\n\nAna\n0 minutes 1 second\n0:01\nhello there and so on\n"
    "Bob Lee\n0 minutes 5 seconds\n0:05\nfine, we meet at 12:30 then\n"
    "Ana\n1 minute 9 seconds\n1:09\ngood bye\n",
    "name on the line below": "0:01\nAna\nhello there and so on\n0:05\nBob Lee\n"
    "fine, we meet at 12:30 then\n1:09\nAna\ngood bye\n",
    "who stopped": "Ana started transcription\n\nAna 0:01\nhello there and so on\n\n"
    "Bob Lee 0:05\nfine, we meet at 12:30 then\n\nAna 1:09\ngood bye\n\n"
    "Bob Lee stopped transcription\n",
    "at": "Ana at 00:01\nhello there and so on\n\nBob Lee at 00:05\nfine, we meet at 12:30 then\n\n"
    "Ana at 01:09\ngood bye\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_before_a_turn_is_read(kind):
    assert read("call.txt", KINDS[kind]).unread == []
    found = said("call.txt", KINDS[kind])
    assert [(start, speaker, words) for start, _, speaker, words in found] == [
        (start, speaker, words) for start, _, speaker, words in TURNS
    ]
    assert [end for _, end, *_ in found[:2]] == [5.0, 69.0]


def test_a_line_with_two_times_ends_at_the_second():
    text = "00:01 - 00:03 Ana: hello\n00:04 - 00:06 Bob: hi\n"
    assert said("call.txt", text) == [(1.0, 3.0, "Ana", "hello"), (4.0, 6.0, "Bob", "hi")]


@pytest.mark.parametrize(
    "line", ["[{:.2f}s -> {:.2f}s]  {}\n", "[{:.1f} - {:.1f}] {}\n", "[{:.2f} --> {:.2f}] {}\n"]
)
def test_times_may_be_seconds_as_faster_whisper_prints_them(line):
    text = line.format(0.5, 2.4, "from 1.5 - 2.5 percent") + line.format(2.4, 75.0, "hello")
    assert said("call.txt", text) == [
        (0.5, 2.4, None, "from 1.5 - 2.5 percent"),
        (2.4, 75.0, None, "hello"),
    ]


def test_two_numbers_before_the_words_are_times():
    text = "0.5 2.4 SPEAKER_00 so it is\n2.5s 4.0s SPEAKER_01 1.5 2.5 times\n"
    assert said("call.txt", text) == [
        (0.5, 2.4, "SPEAKER_00", "so it is"),
        (2.5, 4.0, "SPEAKER_01", "1.5 2.5 times"),
    ]


@pytest.mark.parametrize("sign", [":", ";"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "{} - {}\nAna\nso\n\n{} - {}\nBob\nit\n"),
        ("a.srt", "1\n{} --> {}\nAna: so\n\n2\n{} --> {}\nBob: it\n"),
        ("a.csv", "Speaker,Start Time,End Time,Text\nAna,{},{},so\nBob,{},{},it\n"),
    ],
)
def test_the_last_part_of_a_time_may_count_frames(name, text, sign):
    times = [sign.join(("00", "00", one, two)) for one, two in (("01", "00"), ("02", "15"))]
    times += [sign.join(("00", "01", one, two)) for one, two in (("03", "29"), ("04", "03"))]
    assert said(name, text.format(*times)) == [
        (1.0, 2.5, "Ana", "so"),
        (63.966, 64.1, "Bob", "it"),
    ]


@pytest.mark.parametrize("style", ["[{}] yes", "[{}.00] yes", "[0:{}] yes", "{} yes", "{}\nyes"])
def test_what_is_said_twice_is_read_twice(style):
    text = "\n".join(style.format(one) for one in ("00:01", "00:02", "00:03"))
    assert said("call.txt", text)[:2] == [(1.0, 2.0, None, "yes"), (2.0, 3.0, None, "yes")]


def test_a_time_without_words_ends_the_turn_before_it():
    assert said("call.txt", "[0:01] so\n[0:02] it is\n[0:09]\n") == [
        (1.0, 2.0, None, "so"),
        (2.0, 9.0, None, "it is"),
    ]


@pytest.mark.parametrize("above", [True, False])
def test_names_on_lines_of_their_own_beside_two_times(above):
    turns = [("0:0:1.2 --> 0:0:3.4", "Ana Lopez", "hello"), ("0:0:4.0 --> 0:0:6.5", "Bob", "Hi")]
    text = "".join(
        f"{name}\n{times}\n{words}\n" if above else f"{times}\n{name}\n{words}\n"
        for times, name, words in turns
    )
    assert read("call.txt", text).unread == []
    assert said("call.txt", text) == [
        (1.2, 3.4, "Ana Lopez", "hello"),
        (4.0, 6.5, "Bob", "Hi"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "My Talk\n0:01\nHello\n0:05\nFine\n0:09\nYes\n",
        "0:01\nHello There\nand so\n0:05\nFine\n0:09\nYes\n0:12\nWell\n",
        "0:01\nHELLO\nALL\n0:05\nFINE\nTHEN\n",
    ],
)
def test_lines_of_words_are_no_names(text):
    assert {speaker for _, _, speaker, _ in said("call.txt", text)} == {None}


def test_a_time_in_words_is_left_out_only_beside_the_same_time():
    text = "0:01\n1 second\nso it is\n0:05\n9 seconds\n1:02\n1 minute, 2 seconds\nbye\n"
    assert [words for *_, words in said("call.txt", text)] == ["so it is", "9 seconds", "bye"]


@pytest.mark.parametrize(
    "text",
    [
        "10:00:01\t From Ana Lopez : hello\n10:00:05\t From Bob to Everyone : hi\n",
        "10:00:01 From Ana Lopez To Everyone:\n\thello\n10:00:05 From Bob To Everyone:\n\thi\n",
    ],
)
def test_messages_of_a_chat_are_no_transcript(text):
    document = Document("call.txt", text)
    assert reader_of(document) is None
    assert "found messages of a chat" in found_in(document)


def test_what_somebody_says_of_who_transcribed_is_no_footer():
    text = "0:01\nit was\nTranscribed by hand\n0:05\nTranscribed by https://otter.ai\nand so on\n"
    assert " ".join(words for *_, words in said("call.txt", text)).count("Transcribed by") == 2


def test_times_alone_and_words_below():
    found = said("call.txt", "0:01\nso it is\n0:05\nthe 10:30 train\nwas late\n1:00:02\nend\n")
    assert [(start, words) for start, _, _, words in found] == [
        (1.0, "so it is"),
        (5.0, "the 10:30 train was late"),
        (3602.0, "end"),
    ]


@pytest.mark.parametrize("opened", ["", "("])
def test_a_time_that_somebody_says_begins_no_turn(opened):
    closed = ")" if opened else ""
    stamps = [f"{opened}{one}{closed}" for one in ("00:01", "00:09", "00:12")]
    text = f"{stamps[0]} when\n10:30 is fine\n{stamps[1]} bye\n{stamps[2]} bye\n"
    assert [words for *_, words in said("call.txt", text)] == ["when 10:30 is fine", "bye", "bye"]


@pytest.mark.parametrize(
    "text",
    ["we meet\nCome on then at 10:30\nso\n", "Ana 10:05 AM\nhello\n", "Score 3:1 and 12:100\nno\n"],
)
def test_other_text_has_no_times(text):
    assert all(start is None for start, *_ in said("call.txt", text))


def test_words_before_the_first_time_are_named():
    assert read("call.txt", "lost words\n[00:05] Ana: hi\nyes\n[00:09] Bob: ho\n").unread == [
        "line 1"
    ]


WORDS = st.lists(st.sampled_from(["so", "it", "is", "fine"]), min_size=1).map(" ".join)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.lists(WORDS, min_size=1, max_size=4)), min_size=2),
    st.sampled_from(["{m:02}:{s:02} ", "[{m}:{s:02}] ", "({m:02}:{s:02}) ", "{m}:{s:02}\n"]),
)
def test_no_word_and_no_turn_is_lost(turns, style):
    text, at, expected = "", 0, []
    for step, lines in turns:
        at += step
        text += style.format(m=at // 60, s=at % 60) + "\n".join(lines) + "\n"
        expected.append((float(at), " ".join(lines)))
    assert [(start, words) for start, _, _, words in said("call.txt", text)] == expected
