"""Settings that match nothing and names that miss each other are said, whenever ingest is run."""

import os
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daf_core.errors import NotDone, SettingsError, TooManyBad
from daf_core.sources.folders.near_names import likely_pairs
from jobs.settings import IngestSettings
from jobs.verbs import ingest as verb
from jobs.verbs.ingest import run
from tests.core.sources.folders.files import VTT, text, tone


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """A busy machine takes long to load the voice activity detection, at which Ray would start."""
    monkeypatch.setattr(verb, "RAY_START_S", 3600.0)


def settings(tmp_path: Path, **given: object) -> IngestSettings:
    return IngestSettings(str(tmp_path / "in"), out=str(tmp_path / "out"), **given)  # type: ignore[arg-type]


def calls(tmp_path: Path, *names: str, channels: int = 1) -> None:
    for number, name in enumerate(names):
        tone(tmp_path / "in" / f"{name}.wav", 2.5 + number / 10, channels)  # no copies
        text(tmp_path / "in" / f"{name}.vtt", VTT)


def table(tmp_path: Path, content: str) -> str:
    return str(text(tmp_path / "table.csv", content))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"roles": {"boss": "Zed*|Ag*", "x": "kim"}}, "--roles: no speaker fits boss=Zed*; "),
        (
            {"channels": {"0": "agent"}},
            "--channels: no utterance is on channel 0 (agent); the recordings have one channel, or",
        ),
        (
            {"meta_regex": r"(?P<queue>q\d+)"},
            "--meta-regex: 0 of 2 paths fit, such as a.wav",
        ),
        ({"raw": "ulaw:8000"}, "--raw: no file is named .al"),
    ],
)
def test_a_setting_that_matches_nothing_is_said(given, told, tmp_path):
    calls(tmp_path, "a", "b")
    assert told in run(settings(tmp_path, **given))
    again = run(settings(tmp_path, **given))
    assert again.startswith("nothing to do")
    assert told in again
    with pytest.raises(NotDone, match="1 setting with what matches nothing") as stopped:
        run(settings(tmp_path, strict=True, **given))
    assert told in stopped.value.summary


def test_channels_that_carry_the_same_are_said(tmp_path):
    (tmp_path / "in").mkdir()
    words, rate_hz = soundfile.read(resources.files("jobs") / "demo_corpus" / "hotel-room.wav")
    one = words.reshape(len(words), -1)[: 6 * rate_hz, :1]
    soundfile.write(tmp_path / "in" / "call.wav", one.repeat(2, axis=1), rate_hz)
    line = run(settings(tmp_path, channels={"0": "agent", "1": "customer"}))
    assert "--channels: no utterance is on channel 0 (agent) or 1 (customer); " in line
    assert "channels that carry the same sound were taken as one (same_channels)" in line


def test_channels_that_hardly_any_row_is_on_are_said(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [f"<v {'Kim' if row else 'Agent'}>word" for row in range(60)]
    cues = [f"00:{n:02}.000 --> 00:{n:02}.900\n{line}\n" for n, line in enumerate(lines[:59])]
    soundfile.write(
        folder / "call.wav", np.random.default_rng(0).normal(0, 0.1, (480_000, 2)), 8000
    )
    (folder / "call.vtt").write_text("WEBVTT\n\n" + "\n".join(cues))
    given = {
        "roles": {"agent": "Agent", "customer": "Kim"},
        "channels": {"0": "agent", "1": "customer"},
    }
    line = run(settings(tmp_path, **given))
    assert (
        "--channels: channel 0 (agent) holds speech in 1 of 1 recording with several channels, "
        "1 of 59 utterances; it was hardly recorded, or is not the channel of that role"
    ) in line


def test_channels_counted_from_1_are_told_how_to_count(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, (24_000, 2))
    soundfile.write(folder / "call.wav", noise, 8000)
    with pytest.raises(TooManyBad) as refused:
        run(settings(tmp_path, channels={"1": "agent", "2": "customer"}))
    assert (
        "--channels: no utterance is on channel 1 (agent) or 2 (customer); channels are counted "
        "from 0: give --channels 0=agent,1=customer for the first ones"
    ) in refused.value.summary


def test_channels_counted_from_1_are_told_where_a_transcript_names_the_roles_too(tmp_path):
    calls(tmp_path, "a", channels=2)
    line = run(settings(tmp_path, channels={"1": "agent", "2": "kim"}))
    assert "bad_channel" in line
    assert "are counted from 0: give --channels 0=agent,1=kim for the first ones" in line


def test_settings_that_match_say_nothing(tmp_path):
    calls(tmp_path, "q1/a", "q2/b", channels=2)
    line = run(
        settings(
            tmp_path,
            strict=True,
            roles={"agent": "Agent", "customer": "Kim"},
            channels={"0": "agent", "1": "customer"},
            meta_regex=r"(?P<queue>q\d+)",
            meta=table(tmp_path, "file,team\na,1\nb,2\n"),
        )
    )
    assert "\n" not in line


def test_lines_of_metadata_that_fit_nothing_and_recordings_without_a_line(tmp_path):
    calls(tmp_path, "a", "b")
    meta = table(tmp_path, "file,team\na.wav,1\nzz.wav,2\nyy,3\n")
    line = run(settings(tmp_path, meta=meta))
    assert "--meta: 2 of 3 lines fit no recording, such as yy, zz.wav" in line
    assert "--meta: 1 of 2 recordings has no line, such as b.wav" in line
    assert "unmatched_meta 2" in line


def test_lines_of_the_table_of_transcripts_that_name_nothing(tmp_path):
    for name in ("a", "b"):
        tone(tmp_path / "in" / f"{name}.wav")
    text(tmp_path / "in" / "one.vtt")
    pairs = table(tmp_path, "recording,transcript\na.wav,one.vtt\nb.wav,two.vtt\n")
    line = run(settings(tmp_path, transcripts=pairs))
    assert "--transcripts: 1 of 2 lines names no files, such as table.csv:3" in line
    assert "unmatched_transcript 1" in line
    nothing = table(tmp_path, "recording,transcript\nx.wav,one.vtt\n")
    with pytest.raises(SettingsError, match=r"table.csv:2: expected the path of one file"):
        run(IngestSettings(str(tmp_path / "in"), out=str(tmp_path / "o2"), transcripts=nothing))


def test_near_names_are_told_as_the_table_that_joins_them(tmp_path):
    for name in ("call_001", "call_002", "Recieved"):
        tone(tmp_path / "in" / f"{name}.wav")
    for name in ("1-call", "notes for call 2", "received"):
        text(tmp_path / "in" / f"{name}.vtt")
    text(tmp_path / "in" / "README.txt", "what this is\n")
    line = run(settings(tmp_path))
    assert "3 recordings have no transcript and 3 transcripts have no recording" in line
    lines = line.splitlines()
    first = lines.index("recording,transcript")
    assert sorted(lines[first + 1 : first + 4]) == [
        "Recieved.wav,received.vtt",
        "call_001.wav,1-call.vtt",
        "call_002.wav,notes for call 2.vtt",
    ]
    pairs = table(tmp_path, "\n".join(lines[first : first + 4]))
    joined = run(IngestSettings(str(tmp_path / "in"), out=str(tmp_path / "o2"), transcripts=pairs))
    assert "have no text" not in joined
    assert "have no audio" not in joined


def test_of_names_as_like_by_letters_the_numbers_tell_which_belong_together():
    recordings = [f"call-0{number}.wav" for number in (1, 2, 3)]
    transcripts = [f"call_0{number}_v2x.vtt" for number in (1, 2, 3)]
    found = likely_pairs(recordings, transcripts)
    assert sorted(found) == list(zip(recordings, transcripts, strict=True))


def test_nothing_is_said_of_recordings_beside_a_readme(tmp_path):
    tone(tmp_path / "in" / "a.wav")
    text(tmp_path / "in" / "README.txt", "what this is\n")
    with pytest.raises(NotDone, match="all there are: no_speech 1") as ended:
        run(settings(tmp_path))
    assert "transcripts no recording" not in ended.value.summary


def test_the_output_of_another_run_is_one_unit(tmp_path):
    calls(tmp_path, "a")
    run(IngestSettings(str(tmp_path / "in"), out=str(tmp_path / "in" / "old")))
    line = run(settings(tmp_path))
    assert "1 file not used: 1 daf_output;" in line
    assert "2 rows in, 2 in the manifest" in line


def test_an_output_in_the_root_of_a_source_is_no_part_of_it(tmp_path):
    calls(tmp_path, "a")
    run(IngestSettings(str(tmp_path / "in"), out=str(tmp_path / "old")))
    shutil.copytree(tmp_path / "old", tmp_path / "in", dirs_exist_ok=True)
    calls(tmp_path, "manifest/b")  # a folder of the user's that has such a name
    line = run(settings(tmp_path))
    assert "4 rows in, 4 in the manifest" in line
    assert "daf_output; named in" in line
    assert "unknown_format" not in line
    with pytest.raises(SettingsError, match="found an output of daf alone"):
        run(IngestSettings(str(tmp_path / "old"), out=str(tmp_path / "new")))


@pytest.mark.parametrize("out", ["in", "."])
def test_an_output_that_would_hold_its_source_is_refused_before_anything_is_written(tmp_path, out):
    calls(tmp_path, "a")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SettingsError, match="does not lie in the folder that is written to"):
        run(IngestSettings(str(tmp_path / "in"), out=str(tmp_path / out)))
    assert sorted(tmp_path.rglob("*")) == before


def test_recordings_that_were_quarantined_are_read_again_if_asked(tmp_path, caplog):
    calls(tmp_path, "a")
    broken = tmp_path / "in" / "b.wav"
    tone(broken)
    whole = broken.read_bytes()
    text(tmp_path / "in" / "b.vtt", VTT)
    status = broken.stat()
    broken.write_bytes(bytes(len(whole)))
    os.utime(broken, ns=(status.st_atime_ns, status.st_mtime_ns))
    (tmp_path / "in" / "b.vtt").unlink()
    assert "unreadable_audio 1" in run(settings(tmp_path))
    broken.write_bytes(whole)
    os.utime(broken, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run(settings(tmp_path)).startswith("nothing to do")
    with caplog.at_level("INFO"):
        assert run(settings(tmp_path, retry=["missing_audio"])).startswith("nothing to do")
    assert "retry: no recording is quarantined or flagged for missing_audio" in caplog.text
    line = run(settings(tmp_path, retry=["unreadable_audio"]))
    assert "unreadable_audio" not in line
    assert "1 changed" in line
    assert run(settings(tmp_path)).startswith("nothing to do")
    with pytest.raises(SettingsError, match="`retry` broken: expected one of"):
        settings(tmp_path, retry=["broken"])


def test_rows_that_went_on_without_their_audio_are_read_again_if_asked(tmp_path):
    calls(tmp_path, "a", "b")
    audio = tmp_path / "in" / "b.wav"
    whole, times = audio.read_bytes(), audio.stat()
    audio.write_bytes(bytes(len(whole)))
    os.utime(audio, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "2 of 4 rows have no audio (unreadable_audio 2)" in run(settings(tmp_path))
    audio.write_bytes(whole)
    os.utime(audio, ns=(times.st_atime_ns, times.st_mtime_ns))
    line = run(settings(tmp_path, retry=["unreadable_audio"]))
    assert "4 rows in, 4 in the manifest" in line
    assert "have no audio" not in line


def test_of_names_that_are_as_like_the_one_in_the_nearer_folder_is_likelier():
    transcripts = ["l/call.vtt", "m/call.vtt", "n/call.vtt"]
    assert likely_pairs(["m/2024/call.wav"], transcripts) == [("m/2024/call.wav", "m/call.vtt")]
