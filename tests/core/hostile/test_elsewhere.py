"""Files that point at other files: what they name is not opened."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from daf_core.errors import BadInput, SettingsError
from daf_core.precomputed.from_csd import read_features
from daf_core.recordings.audio import open_recording
from tests.core.hostile.made_manifest import tone
from tests.core.hostile.watching import watched
from tests.core.sources.corpus_forms import write_csd_folder
from tests.core.sources.ingest import ingest

SECRET = b"this is of another file, and secret"
WORDS, LABELS = "CMU_MOSEI_TimestampedWords.csd", "CMU_MOSEI_Labels.csd"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus, beside a file of words that must not be read."""
    folder = write_csd_folder(tmp_path / "corpus")
    (tmp_path / "outside.txt").write_bytes(SECRET * 100)
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        file["words"] = np.array([[SECRET]] * 3)
        file.create_group("video")["features"] = np.array([[SECRET]] * 3)
        file["video/intervals"] = np.array([[0.0, 9.0]] * 3)
    return folder


def external_storage(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video.create_dataset(
        "features", (3, 1), f"S{len(SECRET)}", external=[(str(top / "outside.txt"), 0, 105)]
    )


def virtual(video: h5py.Group, top: Path) -> None:
    del video["features"]
    layout = h5py.VirtualLayout((3, 1), f"S{len(SECRET)}")
    layout[:] = h5py.VirtualSource(str(top / "outside.h5"), "words", (3, 1))
    video.create_virtual_dataset("features", layout)


def endless_virtual(video: h5py.Group, top: Path) -> None:
    del video["features"]
    layout = h5py.VirtualLayout((3, 1), f"S{len(SECRET)}", maxshape=(None, 1))
    source = h5py.VirtualSource(str(top / "outside.h5"), "words", (3, 1), maxshape=(None, 1))
    layout[: h5py.h5s.UNLIMITED] = source[: h5py.h5s.UNLIMITED]
    video.create_virtual_dataset("features", layout)


def external_link(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video["features"] = h5py.ExternalLink(str(top / "outside.h5"), "words")


def link_of_the_intervals(video: h5py.Group, top: Path) -> None:
    del video["intervals"]
    video["intervals"] = h5py.ExternalLink(str(top / "outside.h5"), "video/intervals")


def soft_link(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video["away"] = h5py.ExternalLink(str(top / "outside.h5"), "/")
    video["features"] = h5py.SoftLink(f"{video.name}/away/words")


def link_of_the_video(video: h5py.Group, top: Path) -> None:
    data, name = video.parent, video.name.rpartition("/")[2]
    del data[name]
    data[name] = h5py.ExternalLink(str(top / "outside.h5"), "video")


IN_A_VIDEO = [
    external_storage, virtual, endless_virtual, external_link, soft_link, link_of_the_intervals,
    link_of_the_video,
]  # fmt: skip


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


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{there}\n#EXT-X-ENDLIST\n",
    "hls with a key": "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.1:9/k\"\n"
    "#EXTINF:1,\n{there}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{there}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation id='a'><BaseURL>{there}</BaseURL>"
    "</Representation></AdaptationSet></Period></MPD>",
    "pls": "[playlist]\nFile1={there}\nNumberOfEntries=1\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "imf": '<?xml version="1.0"?><CompositionPlaylist><Id>{there}</Id></CompositionPlaylist>',
    "asx": '<asx version="3.0"><entry><ref href="{there}"/></entry></asx>',
    "smooth streaming": '<SmoothStreamingMedia><StreamIndex Url="{there}"/></SmoothStreamingMedia>',
}  # fmt: skip


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
