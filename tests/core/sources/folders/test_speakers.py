"""Who speaks, estimated where nothing tells it, and only there. On two synthetic voices."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import jobs
from daf_core.schemas import FLAGS
from daf_core.sources.folders.by_speaker import FLAG
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.transcripts import read_transcript
from daf_core.speakers.search import SpeakerSearch
from daf_core.weights.known import SPEAKER
from daf_core.weights.packages import packaged
from tests.core.sources.ingest import ingest

DEMO = Path(jobs.__file__).parent / "demo_corpus"
END_S = 30.0
pytestmark = pytest.mark.skipif(not packaged(SPEAKER), reason="Resemblyzer is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One call of two voices on one channel."""
    folder = tmp_path / "calls"
    folder.mkdir()
    both, rate_hz = soundfile.read(DEMO / "billing-dispute.wav", dtype="float32")
    mono = both[: int(END_S * rate_hz)].mean(axis=1)
    soundfile.write(folder / "call.wav", mono, rate_hz)
    return folder


def rows_of(folder: Path, count: int | None = None, **who: Any) -> list[dict[str, Any]]:
    speakers = WhoSpeaks(speakers=SpeakerSearch.with_count(count), **who)
    return ingest(folder, options=FolderOptions(who=speakers)).rows


def cues() -> list[tuple[float, float, str]]:
    """Who really speaks when."""
    spoken = read_transcript(str(DEMO / "billing-dispute.vtt")).cues
    return [(c.start_s, c.end_s, c.speaker) for c in spoken if c.end_s and c.end_s < END_S]


def share_right(rows: list[dict[str, Any]]) -> float:
    """Of the time in which a cue and a row with a speaker overlap, the share in which the speaker
    is the one that most of this cue's speaker's time has."""
    pairs: dict[tuple[str, str], float] = {}
    for start_s, end_s, name in cues():
        for row in rows:
            both = min(end_s, row["end_s"]) - max(start_s, row["start_s"])
            if both > 0 and row["speaker"]:
                key = (name, row["speaker"])
                pairs[key] = pairs.get(key, 0.0) + both
    names = {name for name, _ in pairs}
    best = {n: max(value for (name, _), value in pairs.items() if name == n) for n in names}
    return sum(best.values()) / sum(pairs.values())


@pytest.mark.parametrize("count", [None, 2])
def test_speech_is_cut_where_the_speaker_changes(folder: Path, count: int | None) -> None:
    rows = rows_of(folder, count)
    assert [*dict.fromkeys(row["speaker"] for row in rows)] == ["speaker_1", "speaker_2"]
    assert share_right(rows) > 0.9
    assert all(row["flags"] == [FLAG] for row in rows)
    assert FLAG in FLAGS
    for one, after in pairwise(rows):
        assert one["end_s"] <= after["start_s"]


def test_no_speech_is_lost_or_doubled_by_cutting_and_all_is_the_same_again(folder: Path) -> None:
    whole = ingest(folder).rows
    cut = rows_of(folder)
    assert rows_of(folder) == cut
    spoken = [sum(row["end_s"] - row["start_s"] for row in rows) for rows in (whole, cut)]
    np.testing.assert_allclose(spoken[1], spoken[0], rtol=1e-9)


def srt(folder: Path, label: str = "") -> Path:
    """A transcript without speakers, or all with one label."""

    def clock(seconds: float) -> str:
        return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}".replace(".", ",")

    blocks = [
        f"{number}\n{clock(start_s)} --> {clock(end_s)}\n{label}Words number {number}.\n"
        for number, (start_s, end_s, _) in enumerate(cues(), start=1)
    ]
    path = folder / "call.srt"
    path.write_text("\n".join(blocks))
    return path


def test_words_get_the_speaker_who_speaks_longest_within_them(folder: Path) -> None:
    srt(folder)
    rows = rows_of(folder, roles={"agent": "speaker_1", "customer": "speaker_*"})
    assert [(row["start_s"], row["end_s"]) for row in rows] == [(a, b) for a, b, _ in cues()]
    assert share_right(rows) > 0.8
    assert {(row["speaker"], row["role"]) for row in rows} == {
        ("speaker_1", "agent"),
        ("speaker_2", "customer"),
    }


def test_a_cue_without_speech_has_no_speaker(folder: Path) -> None:
    transcript = srt(folder)
    late = "\n99\n00:00:55,000 --> 00:00:58,000\nAfter the end.\n"
    transcript.write_text(transcript.read_text() + late)
    last = rows_of(folder)[-1]
    assert (last["speaker"], last["flags"]) == (None, ["outside_recording"])


def test_speakers_of_a_transcript_of_turns_and_of_channels_stay(folder: Path) -> None:
    labelled = srt(folder, label="Ana: ")
    assert {row["speaker"] for row in rows_of(folder)} == {"Ana"}
    labelled.unlink()
    (folder / "call.rttm").write_text("SPEAKER call 1 2.0 9.0 <NA> <NA> Bob <NA> <NA>\n")
    assert [(row["speaker"], row["flags"]) for row in rows_of(folder)] == [("Bob", [])]
    (folder / "call.rttm").unlink()
    (folder / "call.wav").unlink()
    both, rate_hz = soundfile.read(DEMO / "billing-dispute.wav", frames=200_000)
    soundfile.write(folder / "call.wav", both, rate_hz)
    rows = rows_of(folder, channels={0: "agent", 1: "customer"})
    assert {row["speaker"] for row in rows} == {None}
    assert {row["role"] for row in rows} == {"agent", "customer"}


def test_a_recording_that_cannot_be_read_keeps_its_words(folder: Path) -> None:
    srt(folder)
    (folder / "call.wav").write_bytes(b"RIFF")
    rows = rows_of(folder)
    assert len(rows) == len(cues())
    assert all("unreadable_audio" in row["flags"] and row["speaker"] is None for row in rows)
