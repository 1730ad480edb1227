"""URIs and paths that a row may name: of other places and protocols, with secrets, or of none."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reliability.fuzzing.bytes_damage import Rng
from benchmarks.reliability.fuzzing.originals import SECRET

URIS_OF_AN_INPUT = 50
_PROTOCOLS = [
    *(
        "",
        "",
        "",
        "file://",
        "file:",
        "FILE:///",
        "http://",
        "https://",
        "ftp://",
        "data:",
        "s3://",
    ),
    *(
        "s3a://",
        "gs://",
        "gcs://",
        "abfs://",
        "az://",
        "memory://",
        "zip://",
        "simplecache::",
        "tar",
    ),
    *("reference::", "github://", "hf://", "ssh://", "smb://", "root://", "jar:", "\\\\", "//"),
]
_HOSTS = [
    *("169.254.169.254", "localhost:1", "[::1]:1", "bucket", "b", "a..b", "-b-", "B_CK", "*", ""),
    *(f"user:{SECRET}@host", f"{SECRET}@bucket", f"u%40:{SECRET}@b", "container@account", "."),
    *("arn:aws:s3:us-east-1:123456789012:accesspoint/x", "bucket%2f..", "b\u202eket", "b\x00", "é"),
]
_STEPS = [
    *("..", "../..", ".", "", "in", "good.wav", "link.wav", "pipe.wav", "etc", "passwd", "dev"),
    *("zero", "proc", "self", "environ", "~", "~root", "%2e%2e", "a" * 300, "\x00", "\n", "\udc80"),
    *("out", "secret.wav", "#column=audio&row=0", "#raw=ulaw:8000:1", "#raw=pcm16le:1:0", "*.wav"),
    *(
        f"?X-Amz-Signature={SECRET}",
        f"?token={SECRET}",
        f"#sig={SECRET}",
        "::",
        "&",
        "@",
        "::s3://b",
    ),
    *("rows.parquet#column=audio&row=0", "rows.parquet#column=audio&row=99999999999999999999"),
]


def lay_out(rng: Rng, folder: Path, recording: bytes) -> Path:
    """An archive with links, a pipe and a recording beside it; returns the file of URIs."""
    archive = folder / "archive"
    (archive / "in").mkdir()
    (archive / "in/good.wav").write_bytes(recording)
    (folder / "secret.wav").write_bytes(recording)
    (archive / "link.wav").symlink_to("../secret.wav")
    (archive / "out").symlink_to("..")
    os.mkfifo(archive / "pipe.wav")
    source = folder / "uris.json"
    source.write_text(json.dumps(some_uris(rng, archive)))
    return source


def some_uris(rng: Rng, folder: Path) -> list[str]:
    """URIs made of odd pieces; some lie under `folder`."""
    return [_one(rng, folder) for _ in range(URIS_OF_AN_INPUT)]


def _one(rng: Rng, folder: Path) -> str:
    starts = ["", "/", f"{folder}/", f"{folder}/", "./", "../"]
    uri = _any(rng, _PROTOCOLS) + (_any(rng, _HOSTS) if rng.random() < 0.6 else "")
    if rng.random() < 0.5:
        uri = ""
    steps = [_any(rng, _STEPS) for _ in range(int(rng.integers(1, 5)))]
    uri += _any(rng, starts) + "/".join(steps)
    if rng.random() < 0.1:
        uri = f"{uri}{_any(rng, _PROTOCOLS)}{uri}"
    if rng.random() < 0.05:
        uri = uri * 200
    return uri


def _any(rng: Rng, several: Sequence[str]) -> str:
    return several[int(rng.integers(len(several)))]
