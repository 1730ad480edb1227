"""A file that keeps its reader busy, or kills it, costs itself alone."""

import itertools
import os
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.errors import NotDone, SettingsError
from daf_core.report.clips import Sound, clip
from daf_core.schemas import MANIFEST
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.open_source import open_source
from daf_core.stages.decode import decode_part
from daf_core.storage.apart import Ended, each
from jobs.reading import readers as reading
from jobs.reading.inspecting import inspected_apart
from jobs.reading.readers import SETTING, Readers, readers
from jobs.settings import IngestSettings
from jobs.verbs import ingest

RATE_HZ = 48_000
SLOW = "expected a file that can be read within"


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """An hour of silence in little room: decoding takes seconds."""
    path = tmp_path / "long.flac"
    block = np.zeros((RATE_HZ * 60, 2), np.int16)
    with soundfile.SoundFile(path, "w", RATE_HZ, 2) as file:
        for _ in range(60):
            file.write(block)
    return path


@pytest.fixture
def short(tmp_path: Path) -> Path:
    path = tmp_path / "short.wav"
    noise = np.random.default_rng(0).normal(scale=0.1, size=16_000)
    soundfile.write(path, noise, 16_000)
    return path


@pytest.fixture
def _seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files may take a second of a processor."""
    monkeypatch.setenv(SETTING, "1")
    readers.cache_clear()
    yield
    readers.cache_clear()


def attacked(items: list[str]) -> Iterator[str]:
    """A reader of names: some never return to Python, or end the process."""
    for name in items:
        if name == "busy":
            deque(itertools.repeat(0), maxlen=0)  # native, and Python has no turn
        if name == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if name == "terminated":
            os.kill(os.getpid(), signal.SIGTERM)
        if name == "wrong":
            raise SettingsError("wrong")
        yield name


@pytest.mark.parametrize(("name", "reason"), [("busy", "too_slow"), ("crash", "poison")])
def test_one_of_several_files_that_ends_its_reader_is_told(name: str, reason: str) -> None:
    several = Readers(1.0)
    first, second, third = each(several, attacked, ["a", name, "c"])
    assert (first, third) == ("a", "c")
    assert isinstance(second, Ended)
    assert second.reason == reason


def test_what_a_reader_raises_arrives_and_it_goes_on() -> None:
    several = Readers(60.0)
    with pytest.raises(SettingsError, match="wrong"):
        list(several(attacked, ["wrong"]))
    (process,) = several._idle
    assert list(several(attacked, ["a", "b"])) == ["a", "b"]
    assert several._idle == [process]
    with pytest.raises(NotDone, match="run the command again"):
        list(several(attacked, ["terminated"]))


@pytest.mark.usefixtures("_seconds")
def test_a_transcript_that_takes_too_long_is_one_named_file(tmp_path: Path, short: Path) -> None:
    cue = "00:00.000 --> 00:00.900\n<i>fine</i> <b>words</b> and more of them {}\n\n"
    endless = "".join(map(cue.format, range(160_000)))
    (tmp_path / "endless.vtt").write_text(f"WEBVTT\n\n{endless}")
    short.with_suffix(".vtt").write_text("WEBVTT\n\n" + cue.format(0))
    out = tmp_path / "out"
    ingest.run(IngestSettings(source=str(tmp_path), out=str(out), max_error_rate=0.9))
    assert pq.read_table(out / "manifest")["recording_id"].to_pylist() == ["short"]
    (row,) = pq.read_table(out / "quarantine").to_pylist()
    assert (row["reason"], Path(row["file"]).name) == ("too_slow", "endless.vtt")
    assert row["message"].startswith(SLOW)


def test_a_table_that_takes_too_long_is_named(tmp_path: Path) -> None:
    table = tmp_path / "rows.jsonl"
    table.write_text(
        '{"text": "fine"}\n' * 2_000 + f'{{"text": "b", "x": [{"1," * 30_000_000}1]}}\n'
    )
    with pytest.raises(SettingsError, match=f"rows.jsonl: {SLOW} 0.3 seconds"):
        open_source(str(table), reads=Readers(0.3)).gather()


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("labels", '{"recording_id": "short", "start_s": 0.0, "label": 1.0}\n'),
        ("meta", '{"recording_id": "short", "queue": "billing"}\n'),
        ("transcripts", '{"recording": "short.wav", "transcript": "short.vtt"}\n'),
    ],
)
def test_a_table_that_an_option_names_and_that_takes_too_long_is_named(
    tmp_path: Path, short: Path, setting: str, line: str
) -> None:
    short.with_suffix(".vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.900\nfine\n")
    table = tmp_path.parent / f"{tmp_path.name}-{setting}.jsonl"
    slow = f'{{"x": [{"1," * 30_000_000}1]}}\n'
    for rows, raises in ((line, nullcontext()), (line + slow, pytest.raises(SettingsError))):
        table.write_text(rows)
        with raises as caught:
            options = FolderOptions(**{setting: str(table)})
            open_source(str(tmp_path), options=options, reads=Readers(0.3)).gather()
    assert str(caught.value).startswith(f"`{setting}` {table}: {SLOW} 0.3 seconds")


def test_a_recording_that_takes_too_long_costs_its_rows_alone(long: Path, short: Path) -> None:
    known = dict.fromkeys(MANIFEST.names) | {"recording_id": "r", "flags": []}
    rows = [
        known | {"utterance_id": name, "audio_uri": str(path), "text": text}
        for name, path, text in (("a", long, None), ("b", long, "fine"), ("c", short, None))
    ]
    part = pa.Table.from_pylist(rows, schema=MANIFEST)
    slow, text_alone, good = decode_part(part, reads=Readers(1.0)).to_pylist()
    assert slow["reason"] == "too_slow"
    assert slow["message"].startswith(f"{long}: {SLOW}")
    assert text_alone["flags"] == ["no_audio", "too_slow"]
    assert good["samples"]


def test_a_clip_that_takes_too_long_is_left_out(long: Path) -> None:
    assert clip(Sound(str(long), None, 3_500.0, 3_510.0), Readers(60.0))
    unseekable = long.with_suffix(".mp3")
    with soundfile.SoundFile(unseekable, "w", 16_000, 1) as file:
        for _ in range(20):
            file.write(np.zeros(16_000 * 60))
    assert clip(Sound(str(unseekable), None, 1_000.0, 1_010.0), Readers(0.02)) is None


def test_the_seconds_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, seconds in ((None, reading.SECONDS), ("90", 90.0), ("0.5", 0.5)):
        readers.cache_clear()
        monkeypatch.delenv(SETTING, raising=False)
        if given:
            monkeypatch.setenv(SETTING, given)
        assert readers().seconds == seconds
    for given in ("0", "-1", "nan", "soon", ""):
        readers.cache_clear()
        monkeypatch.setenv(SETTING, given)
        with pytest.raises(SettingsError, match="expected seconds"):
            readers()
    readers.cache_clear()


def test_a_chunk_is_inspected_in_order() -> None:
    assert inspected_apart([], print) == []


def endless(pipe: str) -> Iterator[None]:
    """A reader that tells its number and goes on for ever; Python has turns."""
    Path(pipe).write_text(str(os.getpid()))
    while True:
        deque(itertools.repeat(0, 1000), maxlen=0)
    yield


ABANDONED = """
import sys, threading
from jobs.reading.readers import Readers
from tests.jobs.test_files_that_never_end import endless
next(Readers(600.0)(endless, sys.argv[1]))
"""


def test_a_reader_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR)  # which waits for no writer
    parent = subprocess.Popen(
        [sys.executable, "-c", ABANDONED, str(tmp_path / "pipe")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert select.select([pipe], [], [], 60.0)[0]
    reader = os.pidfd_open(int(os.read(pipe, 100)))
    parent.kill()
    parent.wait()
    assert select.select([reader], [], [], 60.0)[0]
    os.close(reader)
    os.close(pipe)
