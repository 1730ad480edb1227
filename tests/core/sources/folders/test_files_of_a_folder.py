"""A folder as a source: every file of it is used or named, and what changed has another version."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import FILE_REASONS, Refused
from daf_core.schemas import Row
from daf_core.sources.folders.contents import Sound, contents_of
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source
from tests.core.sources.folders.files import RATE_HZ, SRT, VTT, text, tone
from tests.core.sources.folders.ingest import ingest, refused


def not_used(found: Inspected) -> dict[str, str]:
    """File name → reason, of the files that are not used."""
    return {
        Path(row["file"]).name: row["reason"]
        for row in found.quarantined
        if row["reason"] in FILE_REASONS
    }


def said(rows: list[Row]) -> list[tuple[str, str | None]]:
    return [(row["recording_id"], row["text"]) for row in rows]


def test_a_folder_pairs_recordings_with_transcripts(tmp_path):
    tone(tmp_path / "b/call.WAV", channels=2)
    text(tmp_path / "b/call.vtt")
    text(tmp_path / "b/call.srt", SRT.replace("Good morning", "Hello Hi"))
    text(tmp_path / "b/notes.pdf", "%PDF-1.4")
    text(tmp_path / "b/._call.vtt")
    text(tmp_path / "a.vtt")
    who = WhoSpeaks({1: "agent", 0: "customer"})
    found = ingest(tmp_path, who=who)
    rows = found.rows
    assert said(rows) == [("a", "Hello"), ("a", "Hi"), ("b/call", "Hello"), ("b/call", "Hi")]
    assert rows[0]["audio_uri"] is None
    assert (rows[2]["channel"], rows[2]["role"], rows[2]["speaker"]) == (1, "agent", "Agent")
    assert (rows[3]["channel"], rows[3]["role"], rows[3]["speaker"]) == (None, None, "Kim")
    assert rows[3]["flags"] == ["channel_unknown"]
    assert rows[3]["end_s"] == 2.0
    assert refused(found) == []
    assert not_used(found) == {
        "call.srt": "other_transcript",
        "notes.pdf": "unknown_format",
        "._call.vtt": "hidden",
    }


def test_a_broken_transcript_says_so_though_its_neighbour_is_the_one_that_is_read(tmp_path):
    tone(tmp_path / "call-audio.wav")
    text(tmp_path / "call-audio.vtt")
    (tmp_path / "call.vtt").write_bytes(b"\xff\xfe\xfa\x00odd bytes")
    found = ingest(tmp_path)
    assert {row["recording_id"] for row in found.rows} == {"call-audio"}
    told = {row["file"]: row["reason"] for row in found.quarantined}
    assert told == {str(tmp_path / "call.vtt"): "bad_encoding"}


def test_what_is_a_recording_is_decided_by_what_it_holds(tmp_path):
    for name in ("noted.mov", "tape", "voice.dat"):
        tone(tmp_path / name)
        text(tmp_path / f"{name}.vtt")
    text(tmp_path / "song.mp3", "no sound at all")
    found = ingest(tmp_path)
    assert {row["recording_id"] for row in found.rows} == {"noted", "tape", "voice"}
    assert all(row["audio_uri"] for row in found.rows)
    assert refused(found) == [("song", "unreadable_audio")]


def test_each_unfit_file_is_named(tmp_path):
    text(tmp_path / "prose.wav", "no sound at all")
    text(tmp_path / "said.wav", "no sound at all")
    text(tmp_path / "said.vtt")
    for name, content in {"none.vtt": "WEBVTT\n", "other.vtt": "prose", "list.json": "[1]"}.items():
        tone(tmp_path / f"{Path(name).stem}.wav")
        text(tmp_path / name, content)
    sf.write(tmp_path / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    (tmp_path / "nothing").touch()
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to("nowhere.wav")
    (tmp_path / "self.wav").symlink_to("self.wav")
    found = ingest(tmp_path)
    assert said(found.rows) == [("said", "Hello"), ("said", "Hi")]
    assert {flag for row in found.rows for flag in row["flags"]} == {"unreadable_audio"}
    assert refused(found) == [
        ("list", "no_speech"),
        ("none", "no_cues"),
        ("none", "no_speech"),
        ("other", "no_speech"),
        ("other", "unreadable_transcript"),
        ("prose", "unreadable_audio"),
        ("silent", "no_speech"),
    ]
    assert not_used(found) == {
        "list.json": "unknown_format",
        "nothing": "empty_file",
        "pipe.wav": "not_a_file",
        "gone.wav": "not_a_file",
        "self.wav": "not_a_file",
    }


@pytest.mark.parametrize("blank", [" ", "  ", "\u00a0", "\u3000", "\t"])
def test_blanks_of_names_tell_recordings_apart(tmp_path, blank):
    names = ["a", f"a{blank}", f"{blank}a", blank]
    for name in names:
        text(tmp_path / f"{name}.vtt")
        sf.write(tmp_path / f"{name}.wav", np.full(3 * RATE_HZ, 0.1), RATE_HZ)
    found = ingest(tmp_path)
    assert {row["recording_id"] for row in found.rows} == {*names}
    for name in names:
        (tmp_path / f"{name}.wav").unlink()
    assert {row["recording_id"] for row in ingest(tmp_path).rows} == {*names}


def test_what_its_storage_does_not_give_is_not_said_to_be_something_else():
    found = contents_of("archived", "/proc/self/mem", None)  # opens, and gives EIO when it is read
    assert isinstance(found, Sound)
    assert isinstance(found.size, Refused)
    assert found.size.reason == "unreadable_audio"
    assert "once it can be read, run the command again with `retry`" in found.size.message


def test_linked_folders_are_followed_and_loops_are_named(tmp_path):
    archive, nas = tmp_path / "archive", tmp_path / "nas"
    for folder, name in ((archive, "new"), (nas / "2023", "old")):
        tone(folder / f"{name}.wav")
        text(folder / f"{name}.vtt")
    (archive / "2023").symlink_to("../nas/2023")
    (nas / "2023/back").symlink_to(archive)
    found = ingest(archive)
    assert {row["recording_id"] for row in found.rows} == {"new"}
    assert not_used(found) == {"2023": "linked_outside"}
    found = ingest(archive, allow_roots=(str(nas),))
    assert {row["recording_id"] for row in found.rows} == {"new", "2023/old"}
    assert not_used(found) == {"back": "linked_again"}


def versions(path: Path, **options: Any) -> dict[str, str]:
    source = open_source(str(path), options=FolderOptions(**options))
    source.gather()
    return {name: source.version(name, held) for name, held in source.recordings()}


def test_what_changed_has_another_version_and_the_rest_has_not(tmp_path):
    folder, labels, meta = tmp_path / "in", tmp_path / "l.csv", tmp_path / "m.csv"
    for name in "ab":
        tone(folder / f"{name}.wav")
    text(labels, "recording_id,start_s,label\nb,0,1\n")
    text(meta, "file,queue\na,x\nb,x\n")
    options: list[dict[str, Any]] = [{}, {"labels": str(labels)}, {"meta": str(meta)}]
    before = [versions(folder, **some) for some in options]
    assert before == [versions(folder, **some) for some in options]
    tone(folder / "a.wav", seconds=3.0)
    text(labels, "recording_id,start_s,label\na,9,1\nb,0,2\n")
    text(meta, "file,queue\na,x\nb,y\n")
    after = [versions(folder, **some) for some in options]
    kept = [old.items() & new.items() for old, new in zip(before, after, strict=True)]
    assert [{name for name, _ in names} for names in kept] == [{"b"}, set(), set()]


# Files to draw from, by the suffixes that they may have. Words are put in where "@" is.
SUFFIXES = [".wav", ".WAV", ".mp3", ".mov", ".raw", "", ".vtt", ".srt", ".txt", ".json", ".en.vtt"]
SUFFIXES += [".wav.srt", ".csv", ".rttm", ".jpg", ".transcript.json"]
WORDS = {
    "vtt": VTT.replace("Hello", "@"),
    "srt": SRT.replace("morning", "@"),
    "csv": "start,end,text\n0.1,0.9,@\n",
    "prose": "Nothing but @\n",
    "json": '{"segments": [{"start": 0.1, "end": 0.9, "text": "@"}]}',
    "other json": '{"title": "@"}',
}
FILES = st.tuples(
    st.sampled_from(["", "audio/", "transcripts/", ".hidden/", "a=b/"]),
    st.sampled_from(["call", "Call", "call.2", "x y", "é", "e\u0301", "ünï-ço_dé", "-dash"]),
    st.sampled_from(SUFFIXES),
    st.sampled_from([*WORDS, "sound", "stereo", "cut sound", "bytes", "empty", "pipe", "link"]),
)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that are no text."""
    folder = tmp_path_factory.mktemp("sounds")
    mono = tone(folder / "sound", 1.0).read_bytes()
    tone(folder / "stereo", 1.0, channels=2)
    (folder / "cut sound").write_bytes(mono[:5000])
    (folder / "bytes").write_bytes(np.random.default_rng(1).bytes(3000))
    (folder / "empty").touch()
    return folder


@settings(max_examples=int(os.environ.get("DAF_DRAWS", "150")))
@given(st.lists(FILES, min_size=1, max_size=7))
def test_every_file_is_used_or_named(tmp_path_factory, sounds, drawn):
    folder = tmp_path_factory.mktemp("drawn")
    made = {}
    text(folder / "always.vtt")
    for number, (place, stem, suffix, kind) in enumerate(drawn):
        path = folder / f"{place}{stem}{suffix}"
        if path.exists() or path.is_symlink():
            continue
        path.parent.mkdir(exist_ok=True)
        marker = f"marker{number:02}"
        made[path] = marker
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to("nowhere")
        else:
            words = WORDS.get(kind, "").replace("@", marker).encode()
            path.write_bytes(words or (sounds / kind).read_bytes())
    found = ingest(folder, raw="ulaw:8000")
    heard = {str(row["audio_uri"]).partition("#raw=")[0] for row in found.rows}
    named = {row[key] for row in found.quarantined for key in ("file", "audio_uri")}
    named = {str(one).partition("#raw=")[0] for one in named}
    words = " ".join(row["text"] or "" for row in found.rows)
    for path, marker in made.items():
        hidden = str(folder / ".hidden")
        accounted = str(path) in heard | named or marker in words or str(path).startswith(hidden)
        assert accounted, (path, found)
    assert {row["reason"] for row in found.quarantined if row["file"] is None} <= {
        *("unreadable_audio", "empty_audio", "no_speech", "no_cues", "outside_recording")
    }
    shutil.rmtree(folder)
