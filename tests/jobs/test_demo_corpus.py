"""The corpus that the package ships is what its README and its script say."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pysubs2
import pytest
import soundfile
import webvtt
from scipy import signal

import jobs

CORPUS = Path(jobs.__file__).parent / "demo_corpus"
SCRIPT = json.loads((Path(__file__).parents[1] / "demo_script.json").read_text(encoding="utf-8"))
BY_STEM = {Path(recording["file"]).stem: recording for recording in SCRIPT}
TRANSCRIBED = sorted(stem for stem, recording in BY_STEM.items() if recording["transcript"])

FORMATS = {  # codec, channels, rate in Hz
    "billing-dispute.wav": ("pcm_mulaw", 2, 8000),
    "callback-request.flac": ("flac", 1, 8000),
    "delivery-late.ogg": ("opus", 2, 48000),  # Opus always decodes at 48 kHz
    "hotel-room.wav": ("pcm_alaw", 1, 8000),
    "internet-outage.m4a": ("aac", 1, 16000),
    "starting-again-podcast.mp3": ("mp3", 1, 22050),
}


class Cue(NamedTuple):
    start_s: float
    end_s: float
    speaker: str
    text: str


@cache
def decoded(stem: str) -> tuple[np.ndarray, int]:
    """(channels, samples) and rate in Hz; AAC is what soundfile does not read."""
    path = CORPUS / BY_STEM[stem]["file"]
    if path.suffix != ".m4a":
        audio, rate_hz = soundfile.read(path, always_2d=True)
        return audio.T, rate_hz
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(frames, axis=1), container.streams.audio[0].rate


@cache
def cues(stem: str) -> list[Cue]:
    path = CORPUS / (stem + BY_STEM[stem]["transcript"])
    if path.suffix == ".vtt":
        return [
            Cue(
                caption.start_time.in_milliseconds() / 1000,
                caption.end_time.in_milliseconds() / 1000,
                caption.voice,
                caption.text,
            )
            for caption in webvtt.read(path)
        ]
    return [
        Cue(event.start / 1000, event.end / 1000, *event.plaintext.split(": ", 1))
        for event in pysubs2.load(str(path))
    ]


@cache
def labels(stem: str) -> list[dict[str, str]]:
    with open(CORPUS / "labels.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["recording_id"] == stem]


def utterances(stem: str) -> list[tuple[dict[str, Any], np.ndarray]]:
    """Lines of the script with their speech as shipped."""
    audio, rate_hz = decoded(stem)
    recording = BY_STEM[stem]
    channels = {name: index for index, name in enumerate(recording["voices"])}
    return [
        (
            line,
            audio[
                min(channels[line["speaker"]], len(audio) - 1),
                round(cue.start_s * rate_hz) : round(cue.end_s * rate_hz),
            ],
        )
        for line, cue in zip(recording["utterances"], cues(stem), strict=True)
    ]


def level_db(audio: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(audio**2) + 1e-12))


def pitch_spread(audio: np.ndarray, rate_hz: int) -> float:
    """Median distance of pitch from its median in semitones, by autocorrelation."""
    window = round(0.04 * rate_hz)
    frames = np.lib.stride_tricks.sliding_window_view(audio, window)[:: window // 4]
    frames = frames[np.mean(frames**2, axis=1) > np.mean(audio**2)]
    lags = np.arange(rate_hz // 450, rate_hz // 70)
    pitches = []
    for frame in frames - frames.mean(axis=1, keepdims=True):
        overlap = window - np.arange(window)
        correlation = signal.correlate(frame, frame)[window - 1 :] / overlap
        best = lags[np.argmax(correlation[lags])]
        if correlation[best] > 0.6 * correlation[0]:
            pitches.append(12 * np.log2(rate_hz / best))
    return float(np.median(np.abs(np.array(pitches) - np.median(pitches))))


def test_the_corpus_is_small_and_holds_what_the_script_says() -> None:
    files = {path.name for path in CORPUS.iterdir()}
    transcripts = {stem + BY_STEM[stem]["transcript"] for stem in TRANSCRIBED}
    assert files == {*FORMATS, *transcripts, "labels.csv", "README.md"}
    assert sum(path.stat().st_size for path in CORPUS.iterdir()) < 3_000_000
    assert len((CORPUS / "README.md").read_text(encoding="utf-8").splitlines()) <= 25


@pytest.mark.parametrize("name", FORMATS)
def test_every_recording_is_of_its_format(name: str) -> None:
    with av.open(str(CORPUS / name)) as container:
        stream = container.streams.audio[0]
        found = (stream.codec_context.name, stream.channels, stream.rate)
    codec = {"mp3float": "mp3", "libopus": "opus"}.get(found[0], found[0])
    assert (codec, *found[1:]) == FORMATS[name]
    audio, _ = decoded(Path(name).stem)
    assert len(audio) == FORMATS[name][1]
    assert 10 < audio.shape[1] / decoded(Path(name).stem)[1] < 120
    assert np.abs(audio).max() < 0.99


@pytest.mark.parametrize("stem", TRANSCRIBED)
def test_cues_lie_in_order_within_the_audio(stem: str) -> None:
    audio, rate_hz = decoded(stem)
    starts_s = [cue.start_s for cue in cues(stem)]
    assert starts_s == sorted(set(starts_s))
    assert all(0 <= cue.start_s < cue.end_s for cue in cues(stem))
    assert max(cue.end_s for cue in cues(stem)) <= audio.shape[1] / rate_hz


@pytest.mark.parametrize("stem", TRANSCRIBED)
def test_transcripts_say_what_the_script_says(stem: str) -> None:
    said = [(line["speaker"], line["text"]) for line in BY_STEM[stem]["utterances"]]
    assert [(cue.speaker, cue.text) for cue in cues(stem)] == said


@pytest.mark.parametrize("stem", TRANSCRIBED)
def test_labels_match_cues_and_script(stem: str) -> None:
    recording = BY_STEM[stem]
    assert [float(row["start_s"]) for row in labels(stem)] == [cue.start_s for cue in cues(stem)]
    assert {row["split"] for row in labels(stem)} == {recording["split"]}
    thirds = [float(row["label"]) * 3 for row in labels(stem)]
    assert thirds == pytest.approx(np.round(thirds), abs=1e-3)
    rated = [line["label"] for line in recording["utterances"]]
    assert np.array(thirds) / 3 == pytest.approx(rated, abs=0.01)
    channels = {name: str(index) for index, name in enumerate(recording["voices"])}
    stereo = recording["channels"] == 2
    expected = [channels[cue.speaker] if stereo else "" for cue in cues(stem)]
    assert [row["channel"] for row in labels(stem)] == expected


def test_labels_cover_the_range_and_the_splits() -> None:
    rows = [row for stem in TRANSCRIBED for row in labels(stem)]
    values = np.array([float(row["label"]) for row in rows])
    splits = [row["split"] for row in rows]
    assert values.min() == -3
    assert values.max() == 3
    assert 0.25 < np.mean(values <= -0.5) < 0.5
    assert 0.25 < np.mean(values >= 0.5) < 0.5
    assert 0.55 < splits.count("train") / len(splits) < 0.65


def test_every_split_has_utterances_whose_tone_contradicts_the_words() -> None:
    for split in ("train", "valid", "test"):
        lines = [
            line
            for recording in SCRIPT
            if recording["split"] == split
            for line in recording["utterances"]
        ]
        contradicting = [line for line in lines if line["words"] * line["label"] < 0]
        assert 0.15 < len(contradicting) / len(lines) < 0.4


@pytest.mark.parametrize("stem", TRANSCRIBED)
def test_speech_is_where_the_cues_are(stem: str) -> None:
    audio, rate_hz = decoded(stem)
    speaking = np.zeros(audio.shape[1], bool)
    for cue in cues(stem):
        # 20 ms on either side: lossy formats smear that far
        first, last = (cue.start_s - 0.02) * rate_hz, (cue.end_s + 0.02) * rate_hz
        speaking[round(first) : round(last)] = True
    assert level_db(audio[:, ~speaking]) < -50
    assert all(-27 < level_db(speech) < -15 for _, speech in utterances(stem))


@pytest.mark.parametrize("stem", ["billing-dispute", "delivery-late"])
def test_each_speaker_has_a_channel(stem: str) -> None:
    audio, rate_hz = decoded(stem)
    agent, customer = (
        np.concatenate(
            [
                audio[:, round(cue.start_s * rate_hz) : round(cue.end_s * rate_hz)]
                for cue in cues(stem)
                if cue.speaker == speaker
            ],
            axis=1,
        )
        for speaker in ("Agent", "Customer")
    )
    assert level_db(agent[0]) > level_db(agent[1]) + 10
    assert level_db(customer[1]) > level_db(customer[0]) + 10


@pytest.mark.parametrize("stem", ["billing-dispute", "hotel-room"])
def test_telephone_recordings_have_the_telephone_band(stem: str) -> None:
    audio, rate_hz = decoded(stem)
    frequency_hz, power = signal.welch(audio.mean(axis=0), rate_hz, nperseg=1024)
    band = (frequency_hz > 300) & (frequency_hz < 3400)
    outside = (frequency_hz < 200) | (frequency_hz > 3700)
    assert 10 * np.log10(power[band].mean() / power[outside].mean()) > 20


def test_deliveries_differ_in_level_and_in_pitch_range() -> None:
    levels_db: dict[str, list[float]] = {}
    spreads: dict[str, list[float]] = {}
    for stem in TRANSCRIBED:
        for line, speech in utterances(stem):
            levels_db.setdefault(line["delivery"], []).append(level_db(speech))
            spread = pitch_spread(speech, decoded(stem)[1])
            spreads.setdefault(line["delivery"], []).append(spread)
    level = {name: np.mean(values) for name, values in levels_db.items()}
    spread = {name: np.median(values) for name, values in spreads.items()}
    assert level["weary"] + 1 < level["flat"] < level["neutral"] - 1
    assert level["neutral"] < level["bright"] - 1 < level["harsh"] - 2
    assert 2 * spread["flat"] < spread["neutral"] < spread["bright"]
