"""What `daf ingest` says of a source: every row and file that is not used in full."""

import json
import socket
import threading
import time
from pathlib import Path

import pytest
import ray
import soundfile

import daf_core
import jobs
from daf_core.errors import NotDone, SettingsError
from daf_core.sources.inspection import Inspected
from daf_core.weights.known import SPEAKER
from daf_core.weights.packages import packaged
from jobs.reading import inspecting
from jobs.reading.inspecting import inspect_chunk
from jobs.settings import IngestSettings
from jobs.verbs import ingest
from tests.core.sources.folders.files import tone

DEMO = Path(jobs.__file__).parent / "demo_corpus"
CUE = "WEBVTT\n\n00:00.500 --> 00:01.800\n{}\n"


def test_the_summary_counts_what_is_not_used_and_what_goes_on_with_less(tmp_path):
    source = tmp_path / "calls"
    source.mkdir()
    sound, rate_hz = soundfile.read(DEMO / "callback-request.flac")
    for start, name in enumerate(("a", "b")):
        soundfile.write(source / f"{name}.wav", sound[start : start + rate_hz], rate_hz)
        (source / f"{name}.vtt").write_text(CUE.format("hello there"))
    (source / "lost.vtt").write_text(CUE.format("no sound"))
    for name in ("one.json", "two.json", "notes.pdf"):
        (source / name).write_text("{}")
    settings = IngestSettings(source=str(source), out=str(tmp_path / "m"), strict=True)
    with pytest.raises(NotDone, match=r"cut_at_end 2 and files .* unknown_format .json 2") as told:
        ingest.run(settings)
    first, second = str(told.value.summary).splitlines()
    assert first.startswith(
        "3 rows in, 3 in the manifest, 0 quarantined, 1 of 3 rows has no audio, flagged "
        "cut_at_end 2, 1 part, "
    )
    assert "3 recordings (3 new)" in first
    assert second == (
        f"3 files not used: 2 .json unknown_format, 1 .pdf unknown_format; named in "
        f"{tmp_path / 'm/quarantine'}"
    )
    lenient = IngestSettings(source=str(source), out=str(tmp_path / "m"))
    assert ingest.run(lenient).startswith("nothing to do: 3 rows in")


def test_one_speaker_on_both_channels_is_counted_once(tmp_path):
    source = tmp_path / "calls"
    source.mkdir()
    sound, rate_hz = soundfile.read(DEMO / "callback-request.flac", always_2d=True)
    soundfile.write(source / "call.wav", sound[:, [0, 0]] * [1.0, 0.6], rate_hz)
    mono = IngestSettings(source=str(source), out=str(tmp_path / "mixed"))
    split = IngestSettings(
        source=str(source), out=str(tmp_path / "split"), channels={"0": "agent", "1": "customer"}
    )
    rows = [int(ingest.run(settings).split()[0]) for settings in (mono, split)]
    assert rows[0] == rows[1] > 0


@pytest.mark.parametrize(
    ("slow", "threads"),
    [((), False), ((0,), False), ((1,), False), (tuple(range(16)), True)],
)
def test_threads_are_for_slow_storage_and_not_for_one_slow_recording(monkeypatch, slow, threads):
    monkeypatch.setattr(inspecting, "WORTH_A_THREAD_S", 0.25)  # a busy machine stays below it
    seen = []

    def inspector(recording: int) -> Inspected:
        seen.append(threading.get_ident())
        time.sleep(0.3 if recording in slow else 0)
        return Inspected([{"number": recording}], [])

    found = list(inspect_chunk(list(range(16)), inspector))
    assert [row["number"] for one in found for row in one.rows] == list(range(16))
    assert len(seen) == 16
    assert (len(set(seen)) > 1) == threads
    assert [one.rows[0]["number"] for one in inspect_chunk([7], inspector)] == [7]


@pytest.mark.parametrize("speakers", ["0", "21", "two", "-1", ""])
def test_a_number_of_speakers_that_makes_no_sense_is_refused(speakers: str) -> None:
    with pytest.raises(SettingsError, match="expected auto"):
        IngestSettings(source="calls", out="m", speakers=speakers)


def test_what_is_known_of_recordings_may_come_later_and_change_and_is_never_dropped(tmp_path):
    source, out = tmp_path / "calls", tmp_path / "m"
    source.mkdir()
    for name in ("a", "b"):
        (source / f"{name}.vtt").write_text(CUE.format(f"hello {name}"))
    table = tmp_path / "calls.csv"
    table.write_text("recording_id,queue\na,billing\n")

    def run(**known: str) -> str:
        return ingest.run(IngestSettings(source=str(source), out=str(out), **known))

    def rows() -> dict[str, tuple[str, dict[str, str]]]:
        return {
            row["recording_id"]: (row["utterance_id"], dict(row["meta"]))
            for row in daf_core.read_manifest(str(out)).to_pylist()
        }

    run()
    bare, identity = rows(), json.loads((out / "run.json").read_text())["fingerprint"]
    assert "2 recordings (1 changed, 1 kept)" in run(meta=str(table))
    assert rows() == {"a": (bare["a"][0], {"queue": "billing"}), "b": bare["b"]}
    assert run(meta=str(table)).startswith("nothing to do")
    with pytest.raises(SettingsError, match=r"expected `meta`, as .*calls.csv says .* found none"):
        run()
    assert "(2 changed)" in run(meta=str(table), meta_regex="(?P<letter>[ab])[.]vtt")
    assert rows()["b"][1] == {"letter": "b"}
    table.write_text("recording_id,queue\nb,sales\n")
    run(meta=str(table), meta_regex="(?P<letter>[ab])[.]vtt")
    assert {name: meta.get("queue") for name, (_, meta) in rows().items()} == {
        "a": None,
        "b": "sales",
    }
    assert json.loads((out / "run.json").read_text())["fingerprint"] == identity
    ingest.run(IngestSettings(source=str(source), out=str(out), fresh=True))
    assert rows() == bare


@pytest.mark.skipif(not packaged(SPEAKER), reason="Resemblyzer is not installed")
def test_estimated_speakers_belong_to_the_identity_of_a_manifest_and_to_folders(
    tmp_path: Path,
) -> None:
    source = tmp_path / "calls"
    source.mkdir()
    sound, rate_hz = soundfile.read(DEMO / "callback-request.flac")
    soundfile.write(source / "a.wav", sound[: 8 * rate_hz], rate_hz)
    out = str(tmp_path / "m")
    first = ingest.run(IngestSettings(source=str(source), out=out, speakers="auto"))
    assert "flagged" not in first  # an estimate is no loss
    assert "speakers" not in first
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "b.vtt").write_text(CUE.format("hello"))
    alone = IngestSettings(source=str(tmp_path / "words"), out=f"{out}2", speakers="auto")
    assert "--speakers: no speaker was estimated" in ingest.run(alone)
    again = ingest.run(IngestSettings(source=str(source), out=out, speakers="auto"))
    assert again.startswith("nothing to do")
    with pytest.raises(SettingsError, match="speakers"):
        ingest.run(IngestSettings(source=str(source), out=out, speakers="2"))
    (tmp_path / "table.csv").write_text("text\nhello\n")
    table = str(tmp_path / "table.csv")
    with pytest.raises(SettingsError, match="`speakers` apply to a folder"):
        ingest.run(IngestSettings(source=table, out=str(tmp_path / "t"), speakers="auto"))


def test_a_ray_that_does_not_start_is_done_without_but_one_that_was_named_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def too_slow(**_: object) -> None:
        raise RuntimeError("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", too_slow)
    monkeypatch.setattr(ingest, "ray_pays", lambda *_: True)
    monkeypatch.setattr(ingest, "RECORDINGS_PER_TASK", 1)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    line = ingest.run(IngestSettings(source="jobs/demo_corpus", out=str(tmp_path / "1")))
    assert line.startswith("97 rows in, 97 in the manifest")
    assert "goes on in this process" in caplog.text
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(NotDone, match=r"127\.0\.0\.1:1"):
        ingest.run(IngestSettings(source="jobs/demo_corpus", out=str(tmp_path / "2")))


def test_an_attempt_is_logged_and_where_nothing_is_new_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.parts.running_attempt.PROGRESS_GAP_S", -1.0)
    folder = tmp_path / "jane-roe"
    folder.mkdir()
    for name in ("jane", "roe"):
        (folder / f"{name}.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nsecret words\n")
    (folder / "none.vtt").write_text("WEBVTT\n")
    asked = IngestSettings(source=str(folder), out=str(tmp_path / "m"), max_error_rate=1.0)
    ingest.run(asked)
    (log,) = (tmp_path / "m" / "attempts").glob("*.jsonl")
    begin, *progress, end = map(json.loads, log.read_text().splitlines())
    assert (begin["event"], begin["verb"], begin["host"]) == (
        *("begin", "ingested"),
        socket.gethostname(),
    )
    assert [(one["event"], one["recordings"], one["rows"]) for one in progress] == [
        ("progress", 1, 1),
        ("progress", 2, 1),
        ("progress", 3, 2),
    ]
    assert (end["event"], end["how"], end["rows"], end["quarantined"]) == ("end", "done", 2, 1)
    record = json.loads(log.with_suffix(".json").read_text())
    assert (record["how"], record["recordings"]) == ("done", 3)
    told = log.read_text() + log.with_suffix(".json").read_text()
    assert not any(word in told for word in ("jane", "roe", "secret"))
    ingest.run(asked)
    assert len([*(tmp_path / "m" / "attempts").iterdir()]) == 2


def test_the_summary_says_which_encodings_of_transcripts_were_guessed(tmp_path):
    source = tmp_path / "calls"
    source.mkdir()
    cue = "WEBVTT\n\n00:00.300 --> 00:03.000\n{}\n"
    for name, said, encoding in [
        ("a", "I’ll sue you.", "cp1252"),
        ("b", "Für Weiß.", "cp1252"),
        ("c", "Для вас это слишком дорого, спасибо.", "cp1251"),
        ("d", "Für Weiß.", "utf-8"),
        ("e", "Für Weiß.", "utf-16"),
        ("f", "For you.", "ascii"),
    ]:
        (source / f"{name}.vtt").write_bytes(cue.format(said).encode(encoding))
    line = "2 as cp1252 (a.vtt), 1 as cp1251 (c.vtt)"
    for _ in range(2):  # also where there is nothing to do
        assert line in ingest.run(IngestSettings(str(source), out=str(tmp_path / "m")))
    hidden = IngestSettings(str(source), out=str(tmp_path / "h"), hash_ids="0123456789abcdef")
    assert "2 as cp1252, 1 as cp1251;" in ingest.run(hidden)


def test_recordings_whose_text_cannot_be_read_are_told(tmp_path):
    source = tmp_path / "calls"
    source.mkdir()
    for name in ("a", "b", "c", "d", "e"):
        tone(source / f"{name}.wav")
    (source / "a.xlsx").write_bytes(b"PK\x03\x04\0\xff xl/workbook.xml")
    (source / "b.csv").write_text("id;words\n1;hello\n")
    (source / "c.csv").write_text("sep=;\nBeginn;Ende;Text\n0,1;0,6;hallo\n")
    (source / "d.jpg").write_bytes(b"\xff\xd8\xff\0\0")  # no text
    (source / "e.csv").write_text("id;words\n1;hello\n")
    (source / "e.vtt").write_text("WEBVTT\n\n00:00.100 --> 00:00.600\nhello\n")
    said = ingest.run(IngestSettings(str(source), out=str(tmp_path / "m")))
    assert "2 recordings have no words, as the text of the same name is no transcript" in said
    assert "such as a.xlsx, b.csv;" in said
