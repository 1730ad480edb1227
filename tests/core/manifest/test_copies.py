"""Recordings that are copies of each other are named, and no others are."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.manifest.copies import copies
from daf_core.storage.output import manifest_output
from tests.core.manifest.failing_store import FailingFileSystem, empty_store  # noqa: F401
from tests.core.manifest.growing_archive import ingest

CUE = "WEBVTT\n\n00:00.000 --> 00:01.000\n{}\n"
OUT = "memory://manifest"


def sound(path: Path, seed: int, seconds: float = 12.0) -> None:
    """Noise, so that no two are alike unless they have the same seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, round(8000 * seconds))
    soundfile.write(path, noise, 8000)
    path.with_suffix(".vtt").write_text(CUE.format(f"said in {path.stem}"))


def found() -> list[list[str]]:
    return copies(manifest_output(OUT))


@settings(max_examples=20)
@given(seeds=st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_files_with_the_same_bytes_are_grouped(
    tmp_path_factory: pytest.TempPathFactory, seeds: list[int]
) -> None:
    FailingFileSystem.store.clear()
    folder = tmp_path_factory.mktemp("calls")
    for number, seed in enumerate(seeds):
        sound(folder / f"in {number}" / f"c{number}.wav", seed)
    ingest(folder)
    of = {seed: [f"in {n}/c{n}" for n, one in enumerate(seeds) if one == seed] for seed in seeds}
    assert found() == sorted(group for group in of.values() if len(group) > 1)


def test_one_byte_in_the_middle_makes_another_recording(tmp_path: Path) -> None:
    for name in "ab":
        sound(tmp_path / f"{name}.wav", 1)
    data = bytearray((tmp_path / "b.wav").read_bytes())
    data[len(data) // 2] ^= 1
    assert len(data) > 2 * (1 << 16)  # whose ends are read first
    (tmp_path / "b.wav").write_bytes(data)
    ingest(tmp_path)
    assert not found()


def test_parts_of_one_file_are_no_copies_and_rows_of_a_table_may_be(tmp_path: Path) -> None:
    for name in "ab":
        sound(tmp_path / "sounds" / f"{name}.wav", 1)
    sound(tmp_path / "sounds" / "c.wav", 2)
    table = tmp_path / "t.csv"
    rows = "x,sounds/a.wav,hi,0,1\ny,sounds/c.wav,hi,0,1\nz,sounds/c.wav,ho,1,2\n"
    table.write_text(f"recording_id,audio_path,text,start_s,end_s\n{rows}")
    ingest(table)
    assert not found()
    FailingFileSystem.store.clear()
    table.write_text(f"{table.read_text()}w,sounds/b.wav,other words,0,1\n")
    ingest(table)
    assert found() == [["w", "x"]]


def test_of_a_recording_in_several_files_all_must_be_alike(tmp_path: Path) -> None:
    for number, seed in enumerate((1, 2, 1, 3, 2, 1)):
        sound(tmp_path / f"{number}.wav", seed)
    table, turns = tmp_path / "t.csv", {"p": (0, 1), "q": (2, 3), "r": (4, 5)}
    rows = [f"{name},{file}.wav,hi {file}" for name, files in turns.items() for file in files]
    table.write_text("\n".join(["recording_id,audio_path,text", *rows]))
    ingest(table)
    assert found() == [["p", "r"]]  # q has one file in common with them


def test_words_alone_are_copies_where_they_are_long(tmp_path: Path) -> None:
    long = " ".join(map(str, range(30)))
    for name, text in {"a": long, "b": long, "c": "thanks", "d": "thanks"}.items():
        (tmp_path / f"{name}.vtt").write_text(CUE.format(text))
    (tmp_path / "e.vtt").write_text(CUE.format(long).replace("01.000", "02.000"))
    ingest(tmp_path)
    assert found() == [["a", "b"]]


def test_a_line_of_the_summary_names_the_first_few(tmp_path: Path) -> None:
    for number in range(10):
        sound(tmp_path / f"c{number}.wav", number // 2, 1.0)
    done = ingest(tmp_path)
    assert done.remarks.hints == (
        "5 recordings are copies of others, and counted all the same: c0 = c1, c2 = c3, c4 = c5 …; "
        "delete copies from the source, and `prune` takes them out",
    )
    (tmp_path / "c1.wav").unlink()
    (tmp_path / "c1.vtt").unlink()
    (hint,) = ingest(tmp_path, prune=True).remarks.hints
    assert hint.startswith("4 recordings are copies of others, and counted all the same: c2 = c3")
