"""`daf transcribe` on Ray: the bytes of a run that was killed, and of a run on this machine."""

import os
import signal
from importlib import resources
from pathlib import Path

import pytest

pytest.importorskip("faster_whisper", reason="needs the extra asr")

from jobs.settings import IngestSettings, TranscribeSettings
from jobs.verbs import ingest, transcribe
from tests.e2e.conftest import part_bytes, start, wait_until

RECOGNIZED_WITHIN_S = 240  # a call of 50 s on a busy core
CALLS = ("delivery-late.ogg", "hotel-room.wav", "callback-request.flac")


def test_killed_on_ray_and_run_again_it_has_the_bytes_of_a_local_run(tmp_path: Path) -> None:
    folder = resources.files("jobs") / "demo_corpus"
    table = tmp_path / "calls.csv"
    table.write_text("\n".join(["audio_path", *(str(folder / name) for name in CALLS)]))
    manifest, local, out = (str(tmp_path / name) for name in ("manifest", "local", "out"))
    roots = [str(folder)]
    ingest.run(IngestSettings(source=str(table), out=manifest, part_minutes=0.1, allow_root=roots))
    given = {"manifest": manifest, "offline": True}
    transcribe.run(TranscribeSettings(manifest=manifest, offline=True, out=local, local=True))

    job = start("transcribe", **given, out=out, actors=1)
    made = tmp_path / "out" / "manifest"
    wait_until(lambda: any(made.glob("part-*")), job, RECOGNIZED_WITHIN_S)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    done = len([*made.glob("part-*")])
    assert done < len(CALLS)

    line = transcribe.run(TranscribeSettings(manifest=manifest, offline=True, out=out))
    assert f"{done} parts were done before" in line
    assert part_bytes(out) == part_bytes(local)
