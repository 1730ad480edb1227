"""Where data may come from: each kind of place that a row, a link or a manifest may name."""

import csv
import os
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.asr.rows import transcribe
from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.report.clips import Sound, clip
from daf_core.schemas import MANIFEST
from daf_core.stages.decode import decode_part
from daf_core.storage.files import filesystem
from daf_core.storage.origins import NOWHERE, Origins, checked_roots, of_manifest
from daf_core.storage.run_record import RunRecord
from daf_core.storage.uris import problem, shown, without_secrets
from tests.core.hostile.watching import watched
from tests.core.sources.ingest import ingest

SECRET = "hunter2secret"
FORBIDDEN, OUTSIDE, MISSING = "forbidden_uri", "outside_roots", "missing_audio"


def tone(path: Path, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * 16_000)) / 16_000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 300 * times), 16_000)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a recording, beside one that must not be read."""
    folder = tmp_path / "source"
    tone(folder / "in/good.wav")
    for name in ("in/good", "inner"):
        (folder / f"{name}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.900\nfine words\n")
    tone(tmp_path / "outside/secret.wav")
    (folder / "out").symlink_to("../outside")
    (folder / "link.wav").symlink_to("../outside/secret.wav")
    (folder / "inner.wav").symlink_to("in/good.wav")
    (folder / "zero.wav").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as sock:
        os.chdir(folder)  # names of sockets are short
        sock.bind("socket.wav")
    return folder


@pytest.fixture(autouse=True)
def _stay() -> Iterator[None]:
    before = os.getcwd()
    yield
    os.chdir(before)


# What a row names → the reason for which it is quarantined. {top} is the folder above the source.
PLACES = {
    "http": ("http://127.0.0.1:9/a.wav", FORBIDDEN),
    "https": ("https://example.com/a.wav", FORBIDDEN),
    "metadata address": ("http://169.254.169.254/latest/meta-data/iam/", FORBIDDEN),
    "upper case": ("HTTP://127.0.0.1:9/a.wav", FORBIDDEN),
    "ftp": ("ftp://127.0.0.1/a.wav", FORBIDDEN),
    "sftp": ("sftp://127.0.0.1/a.wav", FORBIDDEN),
    "data": ("data:audio/wav;base64,UklGRg==", FORBIDDEN),
    "data, with slashes": ("data://audio/wav;base64,UklGRg==", FORBIDDEN),
    "caching": ("simplecache::file://{top}/outside/secret.wav", FORBIDDEN),
    "caching, without slashes": ("filecache::{top}/outside/secret.wav", FORBIDDEN),
    "archive in a chain": ("zip://a.wav::file://{top}/a.zip", FORBIDDEN),
    "chain behind a bucket": ("s3://bucket/a.wav::http://127.0.0.1:9/a", FORBIDDEN),
    "reference": ("reference://a.wav", FORBIDDEN),
    "github": ("github://owner:repo@main/a.wav", FORBIDDEN),
    "host of a file": ("file://evil.example/share/a.wav", FORBIDDEN),
    "file without slashes": ("file:{top}/outside/secret.wav", FORBIDDEN),
    "local": ("local://{top}/outside/secret.wav", FORBIDDEN),
    "no protocol known": ("nonsense://a.wav", FORBIDDEN),
    "no bucket": ("s3:///a.wav", FORBIDDEN),
    "a bucket none can have": ("s3://no bucket!/a.wav", FORBIDDEN),
    "an address for a bucket": ("s3://[::1]:80/a.wav", FORBIDDEN),
    "a key and a secret": (f"s3://AKIA:{SECRET}@bucket/a.wav", FORBIDDEN),
    "a secret with a slash": (f"s3://AKIA:x/{SECRET}@bucket/a.wav", FORBIDDEN),
    "a password": (f"https://me:{SECRET}@example.com/a.wav", FORBIDDEN),
    "a signature": (f"https://x.blob.core.windows.net/c/a.wav?sv=1&sig={SECRET}", FORBIDDEN),
    "a signed S3 URL": (f"s3://bucket/a.wav?X-Amz-Signature={SECRET}", FORBIDDEN),
    "endless": ("s3://bucket/" + "a" * 100_000, FORBIDDEN),
    "zero byte": ("in/good.wav\0.txt", FORBIDDEN),
    "another bucket": ("s3://another/a.wav", OUTSIDE),
    "another store": ("gs://bucket/a.wav", OUTSIDE),
    "another account": ("abfs://c@evil.dfs.core.windows.net/a.wav", OUTSIDE),
    "memory": ("memory://a.wav", OUTSIDE),
    "elsewhere": ("{top}/outside/secret.wav", OUTSIDE),
    "elsewhere, as a URI": ("file://{top}/outside/secret.wav", OUTSIDE),
    "up": ("../outside/secret.wav", OUTSIDE),
    "up, through a folder": ("in/../../outside/secret.wav", OUTSIDE),
    "a name that begins alike": ("{top}/source-2/secret.wav", OUTSIDE),
    "home": ("file:///root/.ssh/id_rsa", OUTSIDE),
    "a link to a file": ("link.wav", OUTSIDE),
    "through a linked folder": ("out/secret.wav", OUTSIDE),
    "a link to a device": ("zero.wav", OUTSIDE),
    "a cell of another table": ("{top}/outside/t.parquet#column=audio&row=0", OUTSIDE),
    "raw bytes of another file": ("{top}/outside/secret.wav#raw=ulaw:8000:1", OUTSIDE),
    "a device": ("/dev/zero", OUTSIDE),
    "a file of the kernel": ("/proc/self/environ", OUTSIDE),
    "a pipe": ("pipe.wav", "unreadable_audio"),
    "a socket": ("socket.wav", "unreadable_audio"),
    "a format that is none": ("in/good.wav#raw=nonsense:1", "unreadable_audio"),
    "a name that is too long": ("x" * 5000, MISSING),
    "a tilde": ("~/secret.wav", MISSING),
}


@pytest.mark.parametrize("column", ["audio_path", "audio_uri"])
@pytest.mark.parametrize("kind", PLACES)
def test_a_row_that_names_another_place_is_one_quarantined_row(
    source: Path, kind: str, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(source.parent / "outside"))
    place, reason = PLACES[kind]
    place = place.replace("{top}", str(source.parent))
    if column == "audio_uri" and reason in (OUTSIDE, MISSING, "unreadable_audio"):
        place = place if "://" in place or place[0] in "/~" else f"{source}/{place}"
        reason = OUTSIDE if kind == "a tilde" else reason
    rows = [("bad", place, ""), ("good", f"{source}/in/good.wav", "fine words")]
    with open(source / "calls.csv", "w", newline="") as file:
        csv.writer(file).writerows([("utterance_id", column, "text"), *rows])
    with watched() as seen:
        found = ingest(source / "calls.csv")
    assert [row["utterance_id"] for row in found.rows] == ["good"]
    (bad,) = found.quarantined
    assert bad["reason"] == reason
    assert not seen.asked
    assert not seen.outside()
    told = repr(bad)
    assert SECRET not in told
    assert len(told) < 5 * 8192
    if reason == OUTSIDE:
        assert "`allow_root`" in bad["message"]


def test_rows_with_words_are_refused_too_and_the_summary_says_what_admits_them(
    source: Path,
) -> None:
    """Words without their sound would hide that a whole table was refused."""
    from daf_core.sources.open_source import open_source

    for name in ("a", "b"):
        tone(source.parent / f"nas/2024/{name}.wav")
    rows = [f"{source.parent}/nas/2024/{name}.wav,words" for name in ("a", "b")]
    (source / "calls.csv").write_text("\n".join(["audio_path,text", *rows]))
    opened = open_source(f"{source}/calls.csv")
    opened.gather()
    assert [row["reason"] for row in opened.quarantined] == [OUTSIDE] * 2
    (hint,) = opened.remarks(None).hints  # type: ignore[arg-type]
    assert hint.startswith("2 rows name a file outside of the source and are quarantined")
    assert f"`allow_root` {source.parent}/nas/2024 admits them" in hint
    found = ingest(source / "calls.csv", allow_roots=[f"{source.parent}/nas"])
    assert len(found.rows) == 2
    assert not found.quarantined


def test_links_of_a_folder_that_lead_out_are_named(source: Path) -> None:
    with watched() as seen:
        found = ingest(source)
    assert {row["recording_id"] for row in found.rows} == {"in/good", "inner"}
    reasons = {row["file"].rpartition("/")[2]: row["reason"] for row in found.quarantined}
    assert reasons == {
        "out": "linked_outside",
        "link.wav": "linked_outside",
        "zero.wav": "linked_outside",
        "pipe.wav": "not_a_file",
        "socket.wav": "not_a_file",
    }
    assert not seen.outside()


def test_a_record_of_a_run_that_is_a_pipe_is_no_output_of_daf(source: Path) -> None:
    os.mkfifo(source / "in/run.json")
    assert {row["recording_id"] for row in ingest(source).rows} >= {"in/good"}


def manifest(*uris: str) -> pa.Table:
    rows = [
        {
            **dict.fromkeys(MANIFEST.names),
            "utterance_id": str(number),
            "recording_id": "r",
            "audio_uri": uri,
            "text": "words" if number % 2 else None,
            "meta": [],
            "flags": [],
        }
        for number, uri in enumerate(uris)
    ]
    return pa.Table.from_pylist(rows, schema=MANIFEST)


def test_every_reader_of_a_manifest_asks_again(source: Path) -> None:
    places = [PLACES[kind][0] for kind in PLACES if PLACES[kind][1] in (FORBIDDEN, OUTSIDE)]
    uris = [one.replace("{top}", str(source.parent)) for one in places]
    uris = [one if "://" in one or one[0] == "/" else f"{source}/{one}" for one in uris]
    uris = [one for one in uris if "::" not in one.partition("/")[0] and "file:" not in one[9:]]
    origins = Origins((str(source),))
    with watched() as seen:
        decoded = decode_part(manifest(*uris), origins=origins).to_pylist()
        heard = transcribe(manifest(*uris), lambda waves, language: [], origins=origins)
        clips = [clip(Sound(uri, None, None, None, origins)) for uri in uris]
    refused = {row["reason"] for row in decoded}
    assert refused <= {FORBIDDEN, OUTSIDE, MISSING}
    assert all(row["samples"] is None for row in decoded)
    assert len(heard.rows) == len(uris)
    assert clips == [None] * len(uris)
    assert not seen.asked
    assert not seen.outside()


def test_a_file_that_becomes_a_link_after_ingest_is_refused_when_it_is_decoded(
    source: Path,
) -> None:
    good = source / "in/good.wav"
    rows = manifest(str(good), str(good))
    assert decode_part(rows, origins=Origins((str(source),)))["samples"].null_count == 0
    good.unlink()
    good.symlink_to(source.parent / "outside/secret.wav")
    decoded = decode_part(rows, origins=Origins((str(source),)))
    assert decoded["reason"].to_pylist() == [OUTSIDE] * 2


def record(**facts: object) -> RunRecord:
    return RunRecord(
        daf="", kind="manifest", version=3, complete=True, fingerprint="", identity={}, facts=facts
    )


@pytest.mark.parametrize(
    "roots",
    [
        *(["/"], ["/etc"], ["/proc/self"], ["/dev"], ["/home/me/.ssh"], ["http://h/"], "/tmp", [7]),
        *(
            None,
            ["memory://x"],
            ["/tmp/../etc"],
            [f"s3://key:{SECRET}@bucket"],
            {"a": 1},
            ["s3://"],
        ),
    ],
)
def test_a_manifest_does_not_grant_itself_what_only_a_user_may(roots: object) -> None:
    assert of_manifest(record(roots=roots)) == NOWHERE
    assert of_manifest(record(roots=roots), ["/data"]).roots == ("/data",)


def test_a_manifest_of_an_older_daf_is_held_to_its_source(source: Path) -> None:
    older = RunRecord(
        daf="", kind="manifest", version=3, complete=True, fingerprint="",
        identity={"source": str(source)},
    )  # fmt: skip
    assert of_manifest(older).roots == (str(source),)
    assert of_manifest(None) == NOWHERE


@pytest.mark.parametrize("root", ["http://h", "s3://k:p@b", "{here}/nothing", "{here}/in/good.wav"])
def test_a_root_is_a_folder_or_a_bucket(source: Path, root: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        checked_roots([root.replace("{here}", str(source))])


@pytest.mark.parametrize(
    ("root", "uri", "held"),
    [
        ("s3://b", "s3://b/x/../a.wav", True),
        ("s3://b", "s3a://b/a.wav", True),
        ("s3://b/calls", "s3://b/calls/a.wav", True),
        ("s3://b/calls", "s3://b/calls/../a.wav", False),
        ("s3://b/calls", "s3://b/calls-2/a.wav", False),
        ("gs://b", "gcs://b/a.wav", True),
        ("abfs://c@one.dfs.core.windows.net", "abfss://c@one.dfs.core.windows.net/a", True),
        ("abfs://c@one.dfs.core.windows.net", "abfss://c@two.dfs.core.windows.net/a", False),
    ],
)
def test_roots_of_object_stores(root: str, uri: str, held: bool) -> None:
    with nullcontext() if held else pytest.raises(BadInput, match="`allow_root`"):
        Origins((root,)).check(uri)


@pytest.mark.parametrize("uri", [place for place, reason in PLACES.values() if SECRET in place])
def test_credentials_are_told_and_never_repeated(uri: str) -> None:
    assert "credentials" in (problem(uri) or "")
    assert SECRET not in shown(uri)
    assert SECRET not in without_secrets(f"cannot read {uri}, twice {uri}")
    with pytest.raises(SettingsError) as refused:
        filesystem(uri)
    assert SECRET not in str(refused.value)
    with pytest.raises(BadInput) as row:
        open_recording(uri)
    assert SECRET not in str(row.value)


def test_names_that_look_like_it_are_still_names(tmp_path: Path) -> None:
    for name in ("12::30.wav", "a:b@c.wav", "call?sig=1.wav", "a::b://c.wav", "it's #1.wav"):
        assert open_recording(str(tone(tmp_path / name))).duration_s == 1.0


def test_a_path_in_a_parquet_cell_is_not_looked_at_elsewhere(source: Path) -> None:
    data = (source / "in/good.wav").read_bytes()
    paths = [f"{source.parent}/outside/secret.wav", "http://127.0.0.1:9/a.wav", "../x", "\0"]
    cells = [{"bytes": data, "path": path} for path in paths]
    pq.write_table(pa.table({"audio": cells}), source / "t.parquet")
    with watched() as seen:
        found = ingest(source / "t.parquet", rename={"audio": "audio_path"})
    assert len(found.rows) == len(paths)
    assert all(row["audio_uri"].startswith(f"{source}/t.parquet#") for row in found.rows)
    assert not seen.asked
    assert not seen.outside()
