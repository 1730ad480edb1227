"""Rows without words get them: the packaged recognizer on the demo's calls."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from daf_core.arrays import RATE_HZ
from daf_core.asr.recognizer import Recognizer
from daf_core.asr.rows import transcribe
from daf_core.recordings.audio import open_recording
from daf_core.schemas import MANIFEST, Row
from tests.made_sounds import tune

CALL = Path(__file__).parents[3] / "jobs" / "demo_corpus" / "billing-dispute.wav"


def row(
    name: str, uri: Path | None, start_s: float | None, end_s: float | None, **more: Any
) -> Row:
    empty = dict.fromkeys(MANIFEST.names)
    times = {"start_s": start_s, "end_s": end_s}
    return {
        **empty,
        "utterance_id": name,
        "recording_id": "call",
        "audio_uri": uri and str(uri),
        **times,
        "meta": [("queue", "a")],
        "flags": [],
        **more,
    }


def transcribed(recognizer: Recognizer, *rows: Row, again: bool = False) -> list[Row]:
    table = pa.Table.from_pylist(list(rows), schema=MANIFEST)
    made, words = transcribe(table, recognizer, again)
    assert made.schema == MANIFEST
    said = {one["utterance_id"] for one in words.to_pylist()}
    found: list[Row] = made.to_pylist()
    assert said == {one["utterance_id"] for one in found if "transcribed" in one["flags"]}
    return found


def test_a_short_row_keeps_its_id_and_times_and_gets_words(recognizer: Recognizer) -> None:
    (found,) = transcribed(recognizer, row("mine", CALL, 7.3, 9.6, channel=0, label=1.5))
    assert found["utterance_id"] == "mine"
    assert (found["start_s"], found["end_s"], found["label"]) == (7.3, 9.6, 1.5)
    assert found["text"] == "Could I have the last four digits of the account?"
    assert (found["language"], found["flags"]) == ("en", ["transcribed"])
    assert 0.8 < found["text_confidence"] <= 1


def test_long_rows_become_utterances_of_their_channels(recognizer: Recognizer) -> None:
    both = [row(f"whole {channel}", CALL, None, None, channel=channel) for channel in (0, 1)]
    found = transcribed(recognizer, *both)
    agent, customer = ([one for one in found if one["channel"] == at] for at in (0, 1))
    assert "refund is on its way" in " ".join(one["text"] or "" for one in agent)
    assert "worst company" in " ".join(one["text"] or "" for one in customer)
    assert not any("worst company" in (one["text"] or "") for one in agent)
    for theirs in (agent, customer):
        times = [(one["start_s"], one["end_s"]) for one in theirs]
        assert times == sorted(times)
        assert all(0 <= start_s < end_s <= start_s + 20.5 for start_s, end_s in times)
        assert len({one["utterance_id"] for one in theirs}) == len(theirs) > 5
        assert all(one["meta"] == [("queue", "a")] for one in theirs)


def test_rows_with_words_or_without_sound_stay_as_they_are(recognizer: Recognizer) -> None:
    kept = row("kept", CALL, 7.3, 9.6, channel=0, text="something else", language="fr")
    silent = row("words alone", None, None, None, text="no sound")
    assert transcribed(recognizer, kept, silent) == [kept, silent]
    again, other = transcribed(recognizer, kept, silent, again=True)
    assert (again["text"], again["language"]) != (kept["text"], "fr")
    assert again["flags"] == ["transcribed"]
    assert other == silent


def test_silence_music_and_noise_have_no_words(recognizer: Recognizer, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    sounds = {
        "silence": np.zeros(RATE_HZ * 25, np.float32),
        "music": tune(draw, "organ", "waltz", 25.0),
        "noise": (draw.standard_normal(RATE_HZ * 5) * 0.1).astype(np.float32),
    }
    rows = []
    for name, sound in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE_HZ)
        rows.append(row(name, tmp_path / f"{name}.wav", 0.0, len(sound) / RATE_HZ))
    found = transcribed(recognizer, *rows)
    assert [one["utterance_id"] for one in found] == list(sounds)
    for one in found:
        assert one["text"] is None
        assert {*one["flags"]} <= {"no_words", "phantom_words", "unsure_words", "repeated_words"}
        assert one["flags"]


def test_recordings_that_cannot_be_read_are_flagged(recognizer: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF" + bytes(100))
    soundfile.write(tmp_path / "empty.wav", np.zeros(0, np.float32), RATE_HZ)
    found = transcribed(
        recognizer,
        row("away", tmp_path / "away.wav", 0.0, 3.0),
        row("broken", tmp_path / "broken.wav", 0.0, 3.0),
        row("empty", tmp_path / "empty.wav", None, None),
        row("after", CALL, 500.0, 503.0, channel=0),
        row("channel", CALL, 1.0, 3.0, channel=7),
    )
    assert [one["flags"][0] for one in found] == [
        *("missing_audio", "unreadable_audio", "empty_audio"),
        *("outside_recording", "bad_channel"),
    ]
    assert all(one["text"] is None for one in found)


def test_words_of_a_recording_that_is_away_are_not_forgotten(
    recognizer: Recognizer, tmp_path: Path
) -> None:
    written = {"text": "written by hand", "language": "en"}
    away = row("away", tmp_path / "away.wav", 0.0, 3.0, **written)
    after = row("after", CALL, 500.0, 503.0, channel=0, **written)
    found = transcribed(recognizer, away, after, again=True)
    assert found == [
        {**away, "flags": ["missing_audio"]},
        {**after, "flags": ["outside_recording"]},
    ]


def test_a_list_of_waves(recognizer: Recognizer) -> None:
    with open_recording(str(CALL)) as recording:
        wave = recording.read(7.2, 9.8, 0)
    found = recognizer([wave, wave[:0], wave])
    assert [one.text for one in found] == [found[0].text, "", found[0].text]
    assert found[0].text.startswith("Could I have the last four digits")
    assert found == recognizer([wave, wave[:0], wave])
    for one in found[0].words:
        assert one.start_s is not None
        assert one.end_s is not None
        assert 0 <= one.start_s <= one.end_s <= len(wave) / RATE_HZ + 1e-6


def test_speech_that_a_shared_window_passes_over_is_heard_again(recognizer: Recognizer) -> None:
    podcast = CALL.with_name("starting-again-podcast.mp3")
    found = transcribed(recognizer, row("whole", podcast, 0.0, 34.0))
    text = " ".join(one["text"] or "" for one in found)
    assert "take us back to the winter" in text.lower()
    assert "disaster" in text
    assert all("transcribed" in one["flags"] for one in found)


@pytest.mark.parametrize("again", [False, True])
def test_no_rows(recognizer: Recognizer, again: bool) -> None:
    assert transcribed(recognizer, again=again) == []
