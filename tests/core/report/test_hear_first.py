"""Which moments are heard first, and their clips."""

import base64
import io

import av
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import soundfile

from daf_core.report.clips import AROUND_S, LONGEST_S, Sound, clip
from daf_core.report.hear_first import CONTRADICTIONS, MOMENTS, hear_first
from daf_core.report.named import named_in_manifest
from daf_core.report.recordings import summarise
from daf_core.schemas import MANIFEST
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output
from tests.core.calls.made_scores import scores_of


@pytest.fixture(scope="module")
def stereo(tmp_path_factory):
    """20 s of a low tone on the left, of a high and quiet one on the right."""
    path = tmp_path_factory.mktemp("audio") / "call.wav"
    time_s = np.arange(20 * 8000) / 8000
    left, right = 0.5 * np.sin(880 * np.pi * time_s), 0.01 * np.sin(2640 * np.pi * time_s)
    soundfile.write(path, np.stack([left, right], 1), 8000, subtype="ULAW")
    return str(path)


def heard(uri):
    """Samples and rate of a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:audio/ogg;base64"
    assert len(data) < 120_000
    with av.open(io.BytesIO(base64.b64decode(data))) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(frames, axis=1)[0], container.streams.audio[0].rate


def pitch_hz(samples, rate_hz):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return spectrum.argmax() * rate_hz / len(samples)


@pytest.mark.parametrize(("channel", "hz"), [(0, 440), (1, 1320)])
def test_a_clip_is_of_its_channel_and_time_and_loud_enough(stereo, channel, hz):
    samples, rate_hz = heard(clip(Sound(stereo, channel, 3.0, 5.0)))
    assert len(samples) / rate_hz == pytest.approx(2 + 2 * AROUND_S, abs=0.1)
    assert pitch_hz(samples, rate_hz) == pytest.approx(hz, abs=5)
    assert 0.4 < np.abs(samples).max() < 1


def test_a_clip_is_bounded_and_what_cannot_be_read_gives_none(stereo, tmp_path):
    samples, rate_hz = heard(clip(Sound(stereo, None, None, None)))
    assert len(samples) / rate_hz == pytest.approx(LONGEST_S, abs=0.1)
    (tmp_path / "no.wav").write_bytes(b"RIFF")
    for uri in (str(tmp_path / "no.wav"), str(tmp_path / "none.wav"), "nowhere://x/y"):
        assert clip(Sound(uri, 0, 0.0, 1.0)) is None
    assert clip(Sound(stereo, 7, 0.0, 1.0)) is None
    assert clip(Sound(stereo, 0, 90.0, 91.0)) is None


def test_contradictions_and_lowest_moments_of_different_recordings(stereo):
    rows = [
        {"utterance_id": f"{name}-{turn}", "recording_id": name, "sentiment": -1.0 - turn}
        | {"start_s": float(turn), "end_s": turn + 1.0, "text_sentiment": 1.0, "speaker": "Ana"}
        | {"audio_sentiment": -1.0}
        for name in "abcdefghijkl"
        for turn in range(2)
    ]
    table = scores_of(rows)
    recordings = [
        summarise(name, table.filter(pc.equal(table["recording_id"], name)))
        for name in "abcdefghijkl"
    ]
    contradictions = [row | {"when": "0:00", "who": "Ana"} for row in table.to_pylist()]
    sounds = {row["utterance_id"]: Sound(stereo, 0, 0.0, 1.0) for row in rows}
    found = hear_first(contradictions, recordings, sounds)
    assert len(found) == len({one.recording_id for one in found}) == MOMENTS
    assert [one.why.startswith("tone") for one in found] == [True] * CONTRADICTIONS + [False] * (
        MOMENTS - CONTRADICTIONS
    )
    assert found[0].why == "tone against words: words +1.0, tone −1.0"
    assert all(one.audio for one in found)
    few = hear_first(contradictions[:2], recordings[:1], sounds)
    assert [one.utterance_id for one in few] == ["a-0", "a-1"]
    assert hear_first(contradictions, recordings, {}) == []


def test_what_is_surely_negative_comes_first_and_chance_is_called_so(stereo):
    def row(name, sentiment, half, **other):
        return {"utterance_id": f"{name}{sentiment}", "recording_id": name, "start_s": 0.0} | {
            "end_s": 2.0,
            "sentiment": sentiment,
            "interval_low": sentiment - half,
            "interval_high": sentiment + half,
            "audio_weight": 0.4,
            **other,
        }

    rows = [
        row("unsure", -1.0, 1.5, audio_weight=1.0),
        row("unsure", -0.5, 1.25),
        row("sure", -2.5, 1.0, end_s=0.5),  # too short to hear
        row("sure", -1.5, 1.0),
        row("sure", 0.5, 1.0),
        row("voice", -0.5, 1.0, audio_weight=1.0),
        row("neutral", -0.25, 0.1),  # surely neutral: nothing to hear
        row("foreign", -1.0, 0.5, flags=["other_language"]),
        row("plain", -0.75, 0.0) | {"interval_low": None, "interval_high": None},
    ]
    table = scores_of(rows)
    recordings = [
        summarise(name, table.filter(pc.equal(table["recording_id"], name)))
        for name in ("neutral", "voice", "foreign", "unsure", "plain", "sure")
    ]
    sounds = {row["utterance_id"]: Sound(stereo, 0, 0.0, 1.0) for row in rows}
    found = hear_first([], recordings, sounds)
    assert [(one.why, one.stands_out) for one in found] == [
        (
            "surely negative, with words in another language: −1.0, nine times in ten −1.5 to −0.5",
            True,
        ),
        ("surely negative: −1.5, nine times in ten −2.5 to −0.5", True),
        (
            "the most negative in this recording by the voice alone, not surely negative: "
            "−0.5, nine times in ten −1.5 to +0.5",
            False,
        ),
        (
            "the most negative in this recording by the voice alone, not surely negative: "
            "−1.0, nine times in ten −2.5 to +0.5",
            False,
        ),
        ("the lowest in this recording: −0.8", False),
    ]
    (sample,) = hear_first([], recordings[:1], sounds)  # where nothing is negative
    assert (sample.recording_id, sample.stands_out) == ("neutral", False)


def test_what_was_redacted_is_not_heard(tmp_path):
    blank = dict.fromkeys(MANIFEST.names) | {"meta": [], "recording_id": "r", "audio_uri": "r.wav"}
    texts = {
        "plain": "good day",
        "card": "it is [CARD] thanks",
        "tool": "I am <PERSON>",
        "none": None,
    }
    rows = [
        blank | {"utterance_id": name, "text": text, "flags": ["redacted"] * (name == "none")}
        for name, text in texts.items()
    ]
    output = manifest_output(str(tmp_path))
    parquet.write(
        output.part_uri("part-00000.parquet"), pa.Table.from_pylist(rows, MANIFEST), "manifest"
    )
    found = named_in_manifest(str(tmp_path), None, {*texts})
    assert found.sounds.keys() == {"plain"}
    assert found.texts.keys() == {"plain", "card", "tool"}
