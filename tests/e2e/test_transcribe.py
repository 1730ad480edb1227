"""`daf transcribe` on Ray: the bytes of a run that was killed, and of a run on this machine."""

import os
import signal
from importlib import resources
from pathlib import Path

import pytest
import soundfile

pytest.importorskip("faster_whisper", reason="needs the extra asr")

from jobs.settings import IngestSettings, TranscribeSettings
from jobs.verbs import ingest, transcribe
from tests.e2e.conftest import part_bytes, start, wait_until

RECOGNIZED_WITHIN_S = 240  # the first call, on a busy core
BEGINNING_S = 15
CALLS = ("delivery-late.ogg", "hotel-room.wav", "callback-request.flac")


def test_killed_on_ray_and_gone_on_with_here_it_equals_a_local_run(
    tmp_path: Path,
) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    for name in CALLS:  # beginnings, as recognition takes a core a tenth of their time
        samples, rate = soundfile.read(str(resources.files("jobs") / "demo_corpus" / name))
        soundfile.write(calls / f"{name}.wav", samples[: BEGINNING_S * rate], rate)
    manifest, local, out = (str(tmp_path / name) for name in ("manifest", "local", "out"))
    ingest.run(IngestSettings(source=str(calls), out=manifest, part_minutes=0.1))
    given = {"manifest": manifest, "offline": True}
    transcribe.run(TranscribeSettings(manifest=manifest, offline=True, out=local, local=True))

    job = start("transcribe", **given, out=out, actors=1)
    made = tmp_path / "out" / "manifest"
    wait_until(lambda: any(made.glob("part-*")), job, RECOGNIZED_WITHIN_S)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    done = len([*made.glob("part-*")])
    assert done < len(CALLS)

    line = transcribe.run(TranscribeSettings(manifest=manifest, offline=True, out=out, local=True))
    assert f"{done} part" in line
    assert part_bytes(out) == part_bytes(local)
