"""A folder of scores with recordings of every kind."""

from pathlib import Path

import pytest

from tests.core.report.score_files import agreeing, publish, score


@pytest.fixture
def call(tmp_path: Path) -> str:
    """A stereo call over two parts, a text-only table, a voice-only recording, and quarantine."""
    stereo = [
        agreeing(f"c{i}", [-2.0, -1.0, 0.0, 2.0][i // 2], start_s=65.0 + 5 * i, end_s=69.0 + 5 * i)
        | {"role": ["agent", "customer"][i % 2], "speaker": ["Ann", None][i % 2], "channel": i % 2}
        for i in range(8)
    ]
    tone_contradicts = score("odd", start_s=3725.0, end_s=3727.0, flags=["clipped", "short"])
    absent = {"speaker": None, "role": None, "channel": None, "start_s": None, "end_s": None}
    text_only = [
        score(f"t{i}", "notes", sentiment=1.0, audio_sentiment=None, flags=["no_audio"])
        | {"text_weight": 1.0, "audio_weight": 0.0, **absent}
        for i in range(3)
    ]
    voice_only = score("v0", "voicemail", text_sentiment=None, flags=["no_text"]) | {
        "text_weight": 0.0,
        "audio_weight": 1.0,
        "speaker": None,
        "role": None,
    }
    refused = [
        {"stage": "decode", "reason": "unreadable_audio", "message": f"z{i}.wav: not audio"}
        for i in range(2)
    ] + [{"stage": "ingest", "reason": "empty_row", "message": "row 7: neither text nor audio"}]
    return publish(
        tmp_path,
        [stereo[:5], [*stereo[5:], tone_contradicts, *text_only, voice_only]],
        words={"odd": "Oh, lovely.", "c0": "I am cross.", "t0": "A note.", "v0": None},
        quarantine=refused,
        head="heads/daf",
        encoders=["minilm", "whisper"],
        started="2026-11-21T04:10:00Z",
        rows_in=16,
        audio_hours=0.52,
        settings={"seed": 0},
    )
