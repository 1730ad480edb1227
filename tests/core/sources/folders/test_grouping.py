"""Which files belong together, by their names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.sources.folders.grouping import fold, group

WORDS = st.sampled_from(["call", "Call", "x", "2024-01-05", "Recording", "en", "café", "a b"])
NAMES = st.builds(
    lambda folders, words, suffix: "/".join([*folders, ".".join(words) + suffix]),
    st.lists(st.sampled_from(["audio", "transcripts", "a"]), max_size=2),
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from([".wav", ".mp3", ".vtt", ".json", ".txt", ""]),
)


@pytest.mark.parametrize(
    ("recording", "transcript"),
    [
        ("a/call.wav", "a/call.vtt"),
        ("a/call.wav", "a/call.wav.srt"),
        ("Talk [abc123].mp4", "Talk [abc123].en.vtt"),
        ("Talk.mp4", "Talk.en-US.auto.vtt"),
        ("GMT20240105-120000_Recording_640x360.mp4", "GMT20240105-120000_Recording.transcript.vtt"),
        ("Call7.WAV", "call7.vtt"),
        ("audio/day 1/x.wav", "transcripts/day 1/x.json"),
        ("audio/x.wav", "transcripts/x.wav.json"),
        ("x/Audio/1.wav", "x/Transcripts/1_transcript.json"),
        ("call.opus", "call-diarized.rttm"),
        (unicodedata.normalize("NFC", "café.wav"), unicodedata.normalize("NFD", "café.srt")),
        ("call_en.wav", "call.vtt"),
        ("call.m4a.wav", "call.vtt"),
        ("call.wav", "call-en-US.vtt"),
        ("call.wav", "call_de_DE.srt"),
        ("call.wav", "call (English).vtt"),
        ("call.wav", "call_otter_ai.txt"),
        ("call.wav", "call_auto_generated.vtt"),
        ("call.wav", "call.wav.whisper-large-v3.json"),
        ("call.wav", "call-transcript(1).vtt"),
        ("call (1).wav", "call (1).en.vtt"),
        ("a/call.wav", "a/transcript_call.txt"),
        ("audio/call.wav", "transcripts/Transcript - call.txt"),
        ("call", "call.txt"),
    ],
)
def test_a_transcript_finds_its_recording_under_the_names_that_tools_give(recording, transcript):
    assert group([recording, transcript, "other.wav", "another.vtt"]) == {
        fold(recording).rsplit(".", 1)[0] if "." in recording else recording: sorted(
            [recording, transcript]
        ),
        "another": ["another.vtt"],
        "other": ["other.wav"],
    }


def test_names_that_only_look_alike_stay_apart():
    names = ["call1.wav", "call10.vtt", "meeting.wav", "meeting-notes.txt", "call.en.wav"]
    names += ["call.de.wav", "call.vtt", "talk.wav", "talk bob.vtt"]
    assert all(len(held) == 1 for held in group(names).values())


def test_a_table_pairs_what_names_do_not():
    pairs = {"t/9.vtt": "a/1.wav"}
    assert group(["a/1.wav", "t/9.vtt"], pairs) == {"a/1": ["a/1.wav", "t/9.vtt"]}


@given(st.sets(NAMES, max_size=12), st.randoms(use_true_random=False))
def test_every_file_is_in_one_group_whatever_the_order(names, random):
    groups = group(names)
    assert sorted(name for held in groups.values() for name in held) == sorted(names)
    shuffled = list(names)
    random.shuffle(shuffled)
    assert group(shuffled) == groups


@given(st.sets(NAMES, min_size=1, max_size=12), NAMES)
def test_another_recording_takes_no_text_that_lies_beside_one(names, more):
    beside = {
        name: key
        for key, held in group(names).items()
        for name in held
        if any(fold(one) == f"{fold(name).rsplit('.', 1)[0]}.wav" for one in held)
    }
    after = group({*names, more})
    assert all(name in after[key] for name, key in beside.items())
