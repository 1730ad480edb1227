"""Recordings that end before most of their utterances begin are told."""

from pathlib import Path

from daf_core.storage.output import manifest_output
from jobs.settings import IngestSettings
from jobs.verbs.ingest import run
from tests.core.sources.folders.files import text, tone

WITHIN = [(0, 5), (5, 10), (10, 15)]
LATE = [(3600, 3604), (3604, 3607), (3607, 3610), (3610, 3615)]


def recording(folder: Path, name: str, cues: list[tuple[int, int]], seconds: float) -> None:
    tone(folder / "in" / f"{name}.wav", seconds)
    said = [f"{_clock(begin)} --> {_clock(end)}\nword {begin}\n" for begin, end in cues]
    text(folder / "in" / f"{name}.vtt", "\n".join(["WEBVTT\n", *said]))


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000"


def ingested(folder: Path) -> str:
    source = IngestSettings(str(folder / "in"), out=str(folder / "out"), part_minutes=0.1)
    return run(source)


def test_most_utterances_after_the_end_are_told_with_where_they_begin(tmp_path):
    recording(tmp_path, "all", LATE[:2], 15.1)
    recording(tmp_path, "half", [*WITHIN, *LATE[:3]], 15.2)  # over several parts
    recording(tmp_path, "none", WITHIN, 15.3)
    line = ingested(tmp_path)
    told = (
        "most or all utterances of 1 recording lie after its end, and are scored on words alone "
        "(outside_recording): all (from 3,600 s on); does the transcript count from another time"
    )
    assert told in line
    assert len(manifest_output(str(tmp_path / "out")).part_names()) > 3
    assert told in ingested(tmp_path)  # nothing to do
    recording(tmp_path, "half", [*WITHIN, *LATE], 15.2)
    line = ingested(tmp_path)
    assert "utterances of 2 recordings lie after the end of the recording" in line
    assert "all (from 3,600 s on), half (from 3,600 s on); does" in line


def test_a_source_whose_transcripts_fit_is_told_nothing(tmp_path):
    recording(tmp_path, "none", WITHIN, 15.3)
    assert "\n" not in ingested(tmp_path)
