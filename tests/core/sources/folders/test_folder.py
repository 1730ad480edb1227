"""A folder as a source: what it gives, and that every file of it is used or named."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import FILE_REASONS, Refused, SettingsError
from daf_core.schemas import Row
from daf_core.sources.folders.contents import Sound, contents_of
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source
from tests.core.sources.folders.files import RATE_HZ, SRT, VTT, text, tone


def ingest(path: Path, allow_roots: tuple[str, ...] = (), **options: Any) -> Inspected:
    source = open_source(str(path), options=FolderOptions(**options), allow_roots=allow_roots)
    source.gather()
    inspect = source.inspector()
    of_groups = [inspect(held) for _, held in source.recordings()]
    return Inspected.from_several([Inspected([], source.quarantined), *of_groups])


def not_used(found: Inspected) -> dict[str, str]:
    """File name → reason, of the files that are not used."""
    return {
        Path(row["file"]).name: row["reason"]
        for row in found.quarantined
        if row["reason"] in FILE_REASONS
    }


def refused(found: Inspected) -> list[tuple[str | None, str]]:
    rows = [row for row in found.quarantined if row["reason"] not in FILE_REASONS]
    return sorted((row["recording_id"], row["reason"]) for row in rows)


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
    }


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


def test_times_beyond_the_end_are_cut_and_words_beyond_it_are_kept(tmp_path):
    tone(tmp_path / "a.wav", seconds=2.0)
    cues = ["00:00.000 --> 00:01.000", "00:01.500 --> 00:09.000", "00:05.000 --> 00:06.000"]
    text(
        tmp_path / "a.vtt",
        "WEBVTT\n\n" + "".join(f"{one}\n{n} words\n\n" for n, one in enumerate(cues)),
    )
    rows, quarantined = ingest(tmp_path)
    assert quarantined == []
    assert [(row["start_s"], row["end_s"], row["flags"]) for row in rows] == [
        (0.0, 1.0, []),
        (1.5, 2.0, ["cut_at_end"]),
        (5.0, 6.0, ["outside_recording"]),
    ]


def test_labels_find_their_utterances(tmp_path):
    tone(tmp_path / "call.wav")
    text(tmp_path / "call.vtt")
    labels = text(
        tmp_path / "labels.csv",
        "recording_id,start_s,label,split,by,channel\n"
        "call,0.53,-1,train,Jo,\ncall,1.06,1,test,Jo,\ncall,0.5,2,train,Jo,1\n"
        "other,0.5,2,train,Jo,\ncall,0.5,9,train,Jo,\n",
    )
    rows, quarantined = ingest(tmp_path, labels=str(labels))
    assert [(row["label"], row["split"]) for row in rows] == [(-1.0, "train"), (None, None)]
    reasons = sorted(row["reason"] for row in quarantined)
    assert reasons == ["bad_label"] + ["unmatched_label"] * 3
    (mixed,) = [row["message"] for row in quarantined if "channel" in row["message"]]
    assert "labels.csv:4" in mixed
    assert "of 0.5 s on channel 1 (channels are mixed here; `channels` tells them apart)" in mixed


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("labels", "gone.csv", "gone.csv: expected a table .*, found nothing there"),
        ("labels", "call.vtt", "call.vtt: expected a table .*, found a file .vtt"),
        ("labels", "other.csv", "other.csv: expected a column recording_id, start_s, label"),
        ("meta", "gone.csv", "gone.csv: expected a table .*, found nothing there"),
        ("meta", "other.csv", "other.csv: expected a column that names .*, found queue"),
        ("transcripts", "other.csv", "other.csv: expected a column recording, transcript"),
        ("transcripts", "pairs.csv", "pairs.csv:2: expected the path of one file .* found none"),
        ("meta_regex", "(", r"\(: expected a regular expression"),
        ("meta_regex", "x", "x: expected a named group"),
        ("raw", "morse:8000", "morse:8000"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_before_any_work(tmp_path, option, name, message):
    text(tmp_path / "call.vtt")
    text(tmp_path / "other.csv", "queue\nbilling\n")
    text(tmp_path / "pairs.csv", "recording,transcript\ngone.wav,call.vtt\n")
    value = name if option in ("meta_regex", "raw") else str(tmp_path / name)
    with pytest.raises(SettingsError, match=f"`{option}` .*{message}"):
        ingest(tmp_path, **{option: value})


def test_options_of_a_folder_do_not_apply_to_a_table(tmp_path):
    table = text(tmp_path / "t.csv", "text\nhi\n")
    with pytest.raises(SettingsError, match="`roles` and `raw` apply to a folder"):
        open_source(
            str(table), options=FolderOptions(who=WhoSpeaks({}, {"agent": "Ana*"}), raw="ulaw:8000")
        )


def test_what_is_known_of_a_recording_comes_from_paths_and_a_table(tmp_path):
    folder = tmp_path / "calls"
    for name in ("queue=billing%20desk/ana_20260302.wav", "queue=sales/bob_20260303.wav", "c.wav"):
        tone(folder / name)
        text(folder / name.replace(".wav", ".vtt"))
    table = text(
        folder / "meta.csv", "file,customer,queue\nana_20260302.wav,gold,x\nC,,y\nnone,silver,z\n"
    )
    found = ingest(folder, meta=str(table), meta_regex=r"(?P<agent>\w+)_(?P<date>\d{8})")
    assert {row["recording_id"]: row["meta"] for row in found.rows} == {
        "queue=billing%20desk/ana_20260302": {
            "queue": "x",
            "agent": "ana",
            "date": "20260302",
            "customer": "gold",
        },
        "queue=sales/bob_20260303": {"queue": "sales", "agent": "bob", "date": "20260303"},
        "c": {"queue": "y"},
    }
    assert refused(found) == [("none", "unmatched_meta")]


def test_roles_are_found_by_patterns_of_names(tmp_path):
    who = WhoSpeaks({0: "agent", 1: "customer"}, {"agent": "Ana*|bob ?", "customer": "*"})
    tone(tmp_path / "a.wav", channels=2)
    cues = "".join(
        f"00:00.{n}00 --> 00:00.{n + 1}00\n<v {name}>words</v>\n\n"
        for n, name in enumerate(["ANA Lopez", "Bob X", "Bobby"])
    )
    text(tmp_path / "a.vtt", f"WEBVTT\n\n{cues}")
    rows, _ = ingest(tmp_path, who=who)
    assert [(row["role"], row["channel"]) for row in rows] == [
        ("agent", 0),
        ("agent", 0),
        ("customer", 1),
    ]


def test_the_same_words_on_two_channels_count_once_where_they_are_louder(tmp_path):
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    loud = 0.4 * np.sin(2 * np.pi * 300 * times)
    sound = np.stack([loud, 0.05 * loud], axis=1)
    sound[2 * RATE_HZ :] = sound[2 * RATE_HZ :, ::-1]
    sf.write(tmp_path / "a.wav", sound, RATE_HZ)
    rows = "start,end,channel,text\n"
    for start, end, said_here in ((0, 2, "I was charged twice"), (2, 4, "I am so sorry about it")):
        rows += f"{start},{end},0,{said_here}\n{start + 0.1},{end},1,{said_here.lower()}!\n"
    rows += "3.5,3.9,0,Yes\n3.5,3.9,1,Yes\n"
    text(tmp_path / "a.csv", rows)
    found = ingest(tmp_path)
    assert [(row["text"], row["channel"]) for row in found.rows] == [
        ("I was charged twice", 0),
        ("i am so sorry about it!", 1),
        ("Yes", 0),
        ("Yes", 1),
    ]
    assert [row["reason"] for row in found.quarantined] == ["said_twice"] * 2


def test_channels_that_count_from_one_are_those_of_the_recording(tmp_path):
    tone(tmp_path / "a.wav", channels=2)
    text(tmp_path / "a.csv", "start,end,channel,text\n0,1,1,Hello there\n1,2,2,Good morning\n")
    tone(tmp_path / "b.wav", channels=2)
    text(tmp_path / "b.csv", "start,end,channel,speaker,text\n0,1,7,Kim,Hi\n1,2,7,Agent,Ho\n")
    rows, quarantined = ingest(tmp_path, who=WhoSpeaks({0: "agent"}))
    assert quarantined == []
    assert [(row["channel"], row["role"], row["flags"]) for row in rows] == [
        (0, "agent", []),
        (1, None, []),
        (None, None, ["channel_unknown"]),
        (0, "agent", []),
    ]


def test_what_recognizers_and_tables_say_twice_was_said_twice(tmp_path):
    lines = ["go now please", "please", "please help me", "No.", "No.", "No. I said no."]
    rows = "".join(f"{2 * n},{2 * n + 2},{line}\n" for n, line in enumerate(lines))
    text(tmp_path / "a.csv", f"start,end,text\n{rows}")
    cues = [f"00:0{n}.000 --> 00:0{n + 1}.000\n{line}\n\n" for n, line in enumerate(lines[3:])]
    text(tmp_path / "b.vtt", "WEBVTT\n\n" + "".join(cues))
    for name in "ab":
        tone(tmp_path / f"{name}.wav", seconds=12)
    rows, _ = ingest(tmp_path)
    assert [row["text"] for row in rows] == [*lines, *lines[3:]]


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


def _meta(tmp_path: Path, lines: str) -> tuple[dict[str, object], list[str]]:
    table = text(tmp_path.parent / f"{tmp_path.name}.csv", f"file,team\n{lines}")
    found = ingest(tmp_path, meta=str(table))
    of_rows = {row["recording_id"]: row["meta"].get("team") for row in found.rows}
    return of_rows, [f"{row['reason']}: {row['message']}" for row in found.quarantined]


def test_two_lines_about_one_recording_are_told(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.vtt")
    teams, told = _meta(tmp_path, "a,1\na.wav,2\na,1\n")
    assert teams == {"a": "2"}  # the fuller name
    assert len(told) == 2
    assert all(one.startswith("ambiguous_meta: ") for one in told)
    assert "expected one line of this recording" in told[0]
    assert _meta(tmp_path, "a,1\na,1\n") == ({"a": "1"}, [])


def test_a_file_name_of_two_folders_is_no_recordings(tmp_path):
    for folder in ("x", "y"):
        tone(tmp_path / folder / "a.wav")
        text(tmp_path / folder / "a.vtt")
    teams, told = _meta(tmp_path, "a.wav,1\n")
    assert teams == {"x/a": None, "y/a": None}
    assert "found 2: x/a, y/a; give the path within the folder" in told[0]
    assert _meta(tmp_path, "x/a.wav,1\ny/a,2\n") == ({"x/a": "1", "y/a": "2"}, [])


def test_a_name_means_the_recording_beside_other_files_of_its_name(tmp_path):
    tone(tmp_path / "x" / "a.wav")
    text(tmp_path / "x" / "a.vtt")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.pdf").write_bytes(b"%PDF-1.4\n\xff")
    teams, _ = _meta(tmp_path, "a,1\n")
    assert teams == {"x/a": "1"}


def test_a_line_about_the_transcript_is_about_its_recording(tmp_path):
    tone(tmp_path / "a.wav")
    text(tmp_path / "a.vtt")
    assert _meta(tmp_path, "a.vtt,1\n") == ({"a": "1"}, [])


def test_a_cue_whose_end_was_mended_is_flagged(tmp_path):
    tone(tmp_path / "a.wav")
    text(
        tmp_path / "a.srt",
        "1\n00:00:00,500 --> 00:00:00,100\nhello\n\n2\n00:00:01,000 --> 00:00:02,000\nhi\n",
    )
    assert [row["flags"] for row in ingest(tmp_path).rows] == [["retimed"], []]
