"""Finished scores to browse, of calls that are written down, with real recordings; and a server."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.schemas import MANIFEST, SCORES
from daf_core.storage import run_record
from daf_core.storage.output import manifest_output
from daf_core.storage.parquet import part_name, write
from tests import hostile
from tests.conftest import write_recording
from tests.core.calls.made_folder import IDENTITY, scores_folder
from tests.core.calls.made_scores import scores_of

ROOT = Path(__file__).parents[2]
WHO = [
    {"speaker": "Ana", "role": "agent", "channel": 0},
    {"speaker": "Ben", "role": "customer", "channel": 1},
]
DAF = "from jobs.cli import main\nmain()"


def call(name: str, sentiments: list[float], texts: list[str], **more: Any) -> list[dict[str, Any]]:
    """Utterances of a call of Ana and Ben, five seconds each, one after the other."""
    return [
        WHO[turn % 2]
        | {"utterance_id": f"{name}-{turn}", "recording_id": name, "text": text, "words": 5}
        | {"start_s": 5.0 * turn, "end_s": 5.0 * turn + 4.5, "sentiment": sentiment}
        | {"interval_low": max(-3, sentiment - 0.5), "interval_high": min(3, sentiment + 0.5)}
        | {"language": "en"}
        | {"text_sentiment": sentiment, "audio_sentiment": sentiment, "polarity": "neutral"}
        | {"text_weight": 0.6, "audio_weight": 0.4, "flags": []}
        | more
        for turn, (sentiment, text) in enumerate(zip(sentiments, texts, strict=True))
    ]


def hostile_calls() -> list[dict[str, Any]]:
    """Utterances of a call for each hostile string, with which all is named that a source names."""
    return [
        row
        | {"utterance_id": f"{text}{row['utterance_id'][-1]}", "meta": [("k", text), (text, text)]}
        for text in hostile.STRINGS.values()
        for row in call(text, [-1, 1], [text, f"so {text} so"], speaker=text, role=text)
    ]


def publish(folder: Path, parts: list[list[dict[str, Any]]]) -> None:
    """Finished scores in a folder, with the manifest that they are of: each list is a part."""
    scores_folder(folder, [scores_of([_of(SCORES, row) for row in part]) for part in parts])
    manifest = manifest_output(str(folder / "manifest"))
    run_record.begin(manifest, IDENTITY, fresh=False)
    for number, part in enumerate(parts):
        rows = [dict.fromkeys(MANIFEST.names) | {"flags": []} | _of(MANIFEST, row) for row in part]
        table = pa.Table.from_pylist(rows, MANIFEST)
        write(manifest.part_uri(part_name(number)), table, "manifest")
    run_record.finish(manifest, IDENTITY, {"roots": [str(folder.parent)]})
    facts = {"parts": len(parts), "flags": {}, "manifest": manifest.root}
    from daf_core.storage.output import scores_output

    run_record.finish(scores_output(str(folder)), IDENTITY, facts)


def _of(schema: pa.Schema, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in schema.names}


def sound(path: Path, kind: str, seconds: int = 30) -> str:
    """A recording of two channels, a tone in each, of a kind of tests/conftest.py."""
    from tests.conftest import PYAV_KINDS, SOUNDFILE_KINDS

    rate_hz = (SOUNDFILE_KINDS | PYAV_KINDS)[kind][2]
    time_s = np.arange(seconds * rate_hz) / rate_hz
    tones = [0.3 * np.sin(2 * np.pi * pitch * time_s) for pitch in (220, 330)]
    return str(write_recording(path, kind, np.stack(tones, axis=1).astype(np.float32)))


@dataclass(frozen=True)
class Server:
    """A running `daf browse`: its link, and what it serves."""

    link: str
    scores: Path

    @property
    def origin(self) -> str:
        return self.link.split("/?")[0]

    @property
    def token(self) -> str:
        return self.link.split("token=")[1]

    @property
    def cookie(self) -> str:
        return f"daf_browse_{self.origin.rpartition(':')[2]}={self.token}"


@contextmanager
def serving(scores: Path, *options: str) -> Iterator[Server]:
    """Run `daf browse` on a folder until the body ends, as a person does: with Ctrl-C."""
    program = [sys.executable, "-c", DAF, "browse", str(scores), *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            link = process.stdout.readline().strip()
            assert "token=" in link
            yield Server(link, scores)
        finally:
            process.send_signal(2)
            assert process.wait(60) == 0


def ask(
    server: Server, path: str, method: str = "GET", body: str | None = None, **headers: str | None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; headers: names with _ for -, None leaves one out."""
    host = server.origin.removeprefix("http://")
    own = {"Host": host, "Cookie": server.cookie, "Origin": server.origin}
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    data = (body or "").encode()
    for name, value in {**own, "Content-Length": str(len(data))}.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(data)
    answer = connection.getresponse()
    found = answer.status, dict(answer.headers), answer.read()
    connection.close()
    return found
