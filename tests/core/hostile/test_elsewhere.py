"""Files that point at other files: what they name is not opened."""

from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from daf_core.errors import BadInput, SettingsError
from daf_core.precomputed.from_csd import read_features
from daf_core.recordings.audio import open_recording
from tests.core.hostile.made_manifest import tone
from tests.core.hostile.pointing import IN_A_VIDEO, PLAYLISTS, SECRET, write_outside
from tests.core.hostile.watching import watched
from tests.core.sources.corpus_forms import write_csd_folder
from tests.core.sources.ingest import ingest

WORDS, LABELS = "CMU_MOSEI_TimestampedWords.csd", "CMU_MOSEI_Labels.csd"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus, beside a file of words that must not be read."""
    folder = write_csd_folder(tmp_path / "corpus")
    write_outside(tmp_path)
    return folder


@pytest.mark.parametrize("name", [WORDS, LABELS])
@pytest.mark.parametrize("point", IN_A_VIDEO)
def test_hdf5_that_points_elsewhere_costs_the_rows_of_its_video(
    corpus: Path, name: str, point: Callable[[h5py.Group, Path], None]
) -> None:
    before = ingest(corpus)
    with h5py.File(corpus / name, "r+") as file:
        (root,) = file.values()
        video = sorted(root["data"])[0]
        point(root["data"][video], corpus.parent)
    with watched() as seen:
        found = ingest(corpus)
    assert {row["reason"] for row in found.quarantined} == {"bad_row"}
    assert "which is not" in found.quarantined[0]["message"]
    assert 0 < len(found.rows) < len(before.rows)
    assert SECRET.decode() not in repr(found)
    assert not seen.outside()
    read_features(str(corpus))


@pytest.mark.parametrize("place", ["root", "data"])
@pytest.mark.parametrize("name", [WORDS, LABELS])
def test_hdf5_whose_root_is_elsewhere_is_refused(corpus: Path, name: str, place: str) -> None:
    with h5py.File(corpus / name, "r+") as file:
        (root,) = file
        target = root if place == "root" else f"{root}/data"
        del file[target]
        file[target] = h5py.ExternalLink(str(corpus.parent / "outside.h5"), "/")
    with watched() as seen, pytest.raises(SettingsError, match=f"{name}: .*not followed"):
        ingest(corpus)
    assert not seen.outside()


def test_the_files_of_a_corpus_are_in_it(corpus: Path) -> None:
    words = corpus / WORDS
    words.rename(corpus.parent / "outside.csd")
    words.symlink_to(corpus.parent / "outside.csd")
    with pytest.raises(SettingsError, match="`allow_root`"):
        ingest(corpus)
    assert ingest(corpus, allow_roots=[str(corpus.parent)]).rows


def test_one_file_of_a_corpus_among_calls_makes_no_corpus_of_them(tmp_path: Path) -> None:
    for name in ("a", "b"):
        tone(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.900\nfine words\n")
    (tmp_path / "x.csd").write_bytes(b"\x89HDF\r\n\x1a\n")
    found = ingest(tmp_path)
    assert [row["recording_id"] for row in found.rows] == ["a", "b"]
    assert [row["reason"] for row in found.quarantined] == ["unknown_format"]


@pytest.mark.parametrize("suffix", ["wav", "m3u8", "mp4", "g722"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_is_no_recording(tmp_path: Path, kind: str, suffix: str) -> None:
    there = tone(tmp_path / "outside/there.wav")
    (tmp_path / f"list.{suffix}").write_text(PLAYLISTS[kind].replace("{there}", str(there)))
    with watched() as seen, pytest.raises(BadInput) as refused:
        open_recording(str(tmp_path / f"list.{suffix}"))
    assert refused.value.reason == "unreadable_audio"
    assert not seen.asked
    assert not seen.outside()
