"""Who speaks, where the words say it: labels never stay in the words, words are no labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text

WORDS = "so this is fine and we go on with it"
PLAIN = st.lists(st.sampled_from(WORDS.split()), min_size=1).map(" ".join)


def labelled(*texts: str) -> list[tuple[str | None, str]]:
    cues = [Cue(text=text, start_s=float(n), end_s=n + 1.0) for n, text in enumerate(texts)]
    return [(cue.speaker, cue.text) for cue in speakers_from_text(cues)]


@pytest.mark.parametrize(
    ("label", "speaker"),
    [
        ("[SPEAKER_00]: ", "SPEAKER_00"),
        ("[SPEAKER_01] ", "SPEAKER_01"),
        ("SPEAKER_00: ", "SPEAKER_00"),
        ("(speaker 0) ", "0"),
        ("(speaker 12)", "12"),
        ("[speaker 0] ", "0"),
        ("[speaker 0]\n", "0"),
        ("[Speaker 1]: ", "1"),
        ("Speaker 1: ", "Speaker 1"),
        ("Speaker A: ", "Speaker A"),
        ("spk_0: ", "spk_0"),
        ("[S1] ", "S1"),
        (">> SPEAKER_00: ", "SPEAKER_00"),
        ("- Speaker 2: ", "Speaker 2"),
    ],
)
@pytest.mark.parametrize("words", ["That was great.", "It is 9:30"])
def test_labels_of_machines_are_always_taken(label, speaker, words):
    assert labelled(f"{label}{words}", "Ok", "Fine")[0] == (speaker, words)
    assert labelled("Ok", "Fine", f"{label}{words}")[2] == (speaker, words)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Agent", "Mary Ann Smith", "BOB", "Dr. de la Cruz"]), PLAIN),
        min_size=2,
        max_size=12,
    )
)
def test_names_before_a_colon_are_taken_where_every_cue_has_one(turns):
    assert labelled(*(f"{name}: {words}" for name, words in turns)) == turns
    with_marks = [f">> {name.upper()}: {words}" for name, words in turns]
    assert labelled(*with_marks) == [(name.upper(), words) for name, words in turns]


@pytest.mark.parametrize(
    "texts",
    [
        ["One rule: none", "Yes", "No"],
        ["Note: be careful", "Note: it is hot", "Note: done"],
        ["It is 9:30", "At 10:15 we go", "From 9:00 to 5:00"],
        ["https://example.org", "http://example.org/a: b", "mailto:a@b"],
        ["Remember: go", "So: this", "Look: that", "Remember: stay"],
        ["I said: go", "I said: stay", "She said: no", "I said: yes"],
        ["The point is this: go", "Yes", "The point is that: no", "No"],
        ["Question: why", "That is the question", "Yes", "No", "Question: how", "Well"],
        ["Reminder: buy milk"],
        ["well: that", "well: this", "Yes"],
        ["He (the boss) said", "x [1", "a ] b", "-5 degrees", "3 > 2"],
    ],
)
def test_words_are_no_names(texts):
    assert labelled(*texts) == [(None, text) for text in texts]


def test_names_that_come_again_are_taken_where_few_cues_have_one():
    texts = ["DR. SMITH: hello", "a", "b", "JOHN: yes", "c", "d", "e", "DR. SMITH: ok", "f", "g"]
    speakers = [speaker for speaker, _ in labelled(*texts)]
    assert speakers == ["DR. SMITH"] * 3 + ["JOHN"] * 4 + ["DR. SMITH"] * 3


def test_a_name_that_every_cue_has_does_not_hold_for_one_without():
    texts = ["Ann: a", "Ann: b", "c", "Bo: d", "Bo: e"]
    assert labelled(*texts) == [("Ann", "a"), ("Ann", "b"), (None, "c"), ("Bo", "d"), ("Bo", "e")]


def test_marks_of_change():
    assert labelled(">> ANN: hello", "and more", ">> who", "is it") == [
        ("ANN", "hello"),
        ("ANN", "and more"),
        (None, "who"),
        (None, "is it"),
    ]
    assert labelled("[SPEAKER_00]: a", "b [SPEAKER_TURN]", "c") == [
        ("SPEAKER_00", "a"),
        ("SPEAKER_00", "b"),
        (None, "c"),
    ]
    assert labelled("Ann:", "hello", "Bo:", "hi") == [
        (None, ""),
        ("Ann", "hello"),
        (None, ""),
        ("Bo", "hi"),
    ]


def test_two_who_speak_in_a_cue_share_its_time_by_their_letters():
    for text in ("- Hi.\n- Who is it?", "- Hi. - Who is it?", "–Hi.\n–Who is it?"):
        cues = speakers_from_text([Cue(text=text, start_s=5.0, end_s=6.3, speaker=None)])
        assert [(cue.start_s, cue.end_s, cue.text) for cue in cues] == [
            (5.0, 5.3, "Hi."),
            (5.3, 6.3, "Who is it?"),
        ]
    assert labelled("ANN: a\nBOB: b\nc") == [("ANN", "a"), ("BOB", "b c")]
    assert labelled("(speaker 0) hi (speaker 1) you") == [("0", "hi"), ("1", "you")]
    assert labelled("SPEAKER_00: hi SPEAKER_01: you") == [
        ("SPEAKER_00", "hi"),
        ("SPEAKER_01", "you"),
    ]
    untimed = speakers_from_text([Cue(text="- a\n- b")])
    assert [(cue.start_s, cue.end_s, cue.text) for cue in untimed] == [
        (None, None, "a"),
        (None, None, "b"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[music]", ""),
        ("(laughs)", ""),
        ("[Applause]", ""),
        ("♪", ""),
        ("♪ la la ♪", "la la"),
        ("[upbeat\nmusic]", ""),
        ("*sighs*", ""),
        ("(speaking in French)", ""),
        ("Well [Applause] yes (laughter) ok", "Well yes ok"),
        ("(he nods)", ""),
        ("a (small) one", "a (small) one"),
    ],
)
def test_stage_directions_are_no_words_and_no_speakers(text, words):
    assert labelled(text, "Fine") == [(None, words), (None, "Fine")]


def test_names_in_square_brackets():
    turns = [("Agent", "Hello"), ("Customer", "Hi"), ("Agent", "Well")]
    assert labelled(*(f"[{name}] {words}" for name, words in turns)) == turns
    assert labelled(*(f"[{name}]: {words}" for name, words in turns)) == turns
    assert labelled("[laughs] a", "[music] b", "[laughs] c") == [
        (None, "a"),
        (None, "b"),
        (None, "c"),
    ]


def test_a_cue_keeps_the_speaker_that_it_has():
    cue = Cue(text="- Ann: [laughs] hello: you", start_s=0.0, end_s=1.0, speaker="Ann", channel=1)
    (after,) = speakers_from_text([cue])
    assert after == Cue(text="hello: you", start_s=0.0, end_s=1.0, speaker="Ann", channel=1)


@given(st.lists(st.text(max_size=40), max_size=6))
def test_times_stay_within_the_cue_and_words_are_never_invented(texts):
    cues = [Cue(text=text, start_s=float(n), end_s=n + 1.0) for n, text in enumerate(texts)]
    after = speakers_from_text(cues)
    assert {int(cue.start_s or 0) for cue in after} == {*range(len(texts))}
    for cue in after:
        assert cue.start_s is not None
        assert cue.end_s is not None
        assert int(cue.start_s) <= cue.start_s <= cue.end_s <= int(cue.start_s) + 1
        text = texts[int(cue.start_s)]
        assert set(cue.text) <= {*text, " "}


@pytest.mark.parametrize(
    "turns",
    [
        [("[SPEAKER_00]: ", "SPEAKER_00"), ("Ana: ", "Ana"), ("[SPEAKER_00]: ", "SPEAKER_00")],
        [("[SPEAKER_00]: ", "SPEAKER_00"), ("Agent: ", "Agent")],
        [("SPEAKER_00: ", "SPEAKER_00"), ("SPEAKER_01: ", "SPEAKER_01"), ("Ana Lopez: ", None)],
        [("(speaker 0) ", "0"), (">> Ana: ", "Ana"), ("Ana: ", "Ana")],
        [("[SPEAKER_00]: ", "SPEAKER_00"), ("[Ana] ", "Ana"), ("[Ana] ", "Ana")],
    ],
)
def test_names_are_speakers_beside_labels_of_machines(turns):
    found = labelled(*(f"{label}so it is fine" for label, _ in turns))
    expected = [speaker or label.rstrip(": ") for label, speaker in turns]
    assert found == [(speaker, "so it is fine") for speaker in expected]


def test_words_before_a_colon_stay_words_beside_labels_of_machines():
    texts = ["[SPEAKER_00]: hello", "One rule: none", "Note: it is late", "[SPEAKER_00]: yes"]
    assert [text for _, text in labelled(*texts)] == [
        "hello", "One rule: none", "Note: it is late", "yes"
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["[SPEAKER_0{}]: {}: ", "SPEAKER_0{}: {}: ", "(speaker {}) {}: "])
def test_a_name_after_the_label_of_a_machine_is_the_speaker(label):
    turns = [("0", "Ana"), ("1", "Bob"), ("0", "Ana")]
    found = labelled(*(f"{label.format(*turn)}so it is" for turn in turns))
    assert found == [(name, "so it is") for _, name in turns]
    words = ["[SPEAKER_00]: One rule: none", "[SPEAKER_01]: so it is", "[SPEAKER_00]: fine"]
    assert [text for _, text in labelled(*words)] == ["One rule: none", "so it is", "fine"]


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("({}) ", ("Ana", "Bob Lee")),
        ("{} - ", ("Ana", "Bob Lee")),
        ("{} | ", ("Ana", "Bob Lee")),
        ("{} ", ("Speaker 1", "Speaker 2")),
        ("{} - ", ("Speaker 1", "Speaker 2")),
        ("{}. ", ("Q", "A")),
    ],
)
def test_signs_other_than_a_colon_name_the_speaker_where_nearly_all_cues_have_one(label, names):
    turns = [(names[number % 2], "so it is") for number in range(5)]
    assert labelled(*(f"{label.format(name)}{words}" for name, words in turns)) == turns
    few = [f"{label.format(names[0])}so", "it is", "and", "fine"]
    assert labelled(*few) == [(None, text) for text in few]


@pytest.mark.parametrize(
    "texts",
    [
        ["Monday - it rains", "Tuesday - it rains", "Friday - it is fine", "Sunday - no"],
        ["(laughs) so", "(laughs) it", "(applause) is", "(applause) fine"],
        ["A. So it is"],
        ["Well - so", "Well - it", "Well - is", "Well - fine"],
    ],
)
def test_words_before_other_signs_are_no_names(texts):
    assert {speaker for speaker, _ in labelled(*texts)} == {None}


def test_a_bar_within_a_name_is_part_of_it():
    turns = [("Bob Li | ACME", "so"), ("Ana (she/her)", "it"), ("Bob Li | ACME", "is")]
    assert labelled(*(f"{name}: {words}" for name, words in turns)) == turns
