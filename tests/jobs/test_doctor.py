"""daf doctor names each of the faults that are planted here, and finds none where there is none."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from daf_core.default_heads import head_folder
from daf_core.errors import NotDone
from jobs.settings import DoctorSettings
from jobs.verbs import doctor

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def looked(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, str]]:
    """Run daf doctor; gives "state: what was said" of each check."""

    def run(**options: object) -> dict[str, str]:
        summary = ""
        try:
            summary = doctor.run(DoctorSettings(offline=True, **options))
        except NotDone as err:
            summary = str(err)
        lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
        found = {line[:14].strip(): f"{state}: {line[15:]}" for state, line in lines}
        faults = sum(said.startswith("fault: ") for said in found.values())
        assert f"{len(found)} checks, {faults} fault" in summary
        return found

    return run


def fault(found: dict[str, str]) -> str:
    """The one check that found a fault, with what it said."""
    (only,) = ((name, said) for name, said in found.items() if said.startswith("fault: "))
    return f"{only[0]} {only[1]}"


def test_nothing_is_wrong_here(looked, tmp_path):
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.wav").write_bytes(b"x")
    found = looked(source=str(tmp_path / "calls"), out=str(tmp_path / "out"))
    assert {said.partition(":")[0] for said in found.values()} <= {"ok", "warning"}
    assert "one read" in found["source"]
    assert "written, listed, read and deleted" in found["output"]
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written(looked, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert fault(looked(out=str(tmp_path / "file" / "out"))).startswith("output fault: ")


def test_an_output_that_is_read_only_or_full(looked, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "ro", "daf-test", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        assert "Read-only file system; solve that" in fault(looked(out=str(folder)))
        subprocess.run(["mount", "-o", "remount,rw,size=100k", str(folder)], check=True)
        assert "only 0.00 GiB are free" in looked(out=str(folder))["output"]
        (folder / "of-others").write_bytes(bytes(100 * 1024))
        assert "No space left on device" in fault(looked(out=str(folder)))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_store_without_credentials_or_that_does_not_answer(looked, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "its store needs credentials" in fault(looked(out="s3://archive/out"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    assert "its store does not answer" in fault(looked(out="s3://archive/out"))


def test_a_source_that_is_not_there_or_empty(looked, tmp_path):
    assert "no such file or folder" in fault(looked(source=str(tmp_path / "none")))
    assert looked(source=str(tmp_path))["source"].startswith("warning: ")


def test_a_head_that_is_not_there_or_damaged(looked, tmp_path):
    with_weights = looked(head=str(tmp_path))
    assert "found no head.json" in with_weights["head"]
    shutil.copytree(head_folder("fast"), tmp_path / "head")
    weights = tmp_path / "head" / "head.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert looked(head=str(tmp_path / "head"))["head"].startswith("fault: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": "0" * 64}, "expected weights with SHA-256 0000"),
        ({"revision": "0" * 40, "sha256": "0" * 64}, "not on this machine, and `offline` is set"),
    ],
)
def test_weights_that_are_not_there_or_others(looked, tmp_path, change, said):
    folder = tmp_path / "head"
    shutil.copytree(head_folder("fast"), folder)
    record = json.loads((folder / "head.json").read_text())
    record["encoders"]["text"] |= change
    (folder / "head.json").write_text(json.dumps(record))
    found = fault(looked(head=str(folder)))
    assert found.startswith("weights fault: ")
    assert said in found


def test_a_package_that_is_too_old(looked, tmp_path, monkeypatch):
    old = tmp_path / "pyarrow-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: pyarrow\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert fault(looked()).startswith("packages fault: expected pyarrow>=20, found 1.0; ")


def test_a_decoder_that_does_not_load(tmp_path):
    (tmp_path / "av.py").write_text("raise ImportError('libavcodec.so.61: cannot open')")
    program = "from jobs.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "doctor", "--offline"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = (line for line in ended.stdout.splitlines() if line.startswith("fault"))
    assert "decoders" in line
    assert "libavcodec.so.61: cannot open" in line
    assert ended.stderr.startswith("daf: ")
    assert "1 fault" in ended.stderr


def test_a_temporary_folder_that_cannot_be_written(looked, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert fault(looked()).startswith("temporary fault: ")


def test_few_open_files(looked):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    try:
        assert looked()["open files"].startswith("warning: at most 512")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(looked):
    assert fault(looked(gpu=True)) == (
        "gpu fault: expected a GPU that torch can use on this machine, found none"
    )


def test_a_ray_that_does_not_answer(looked, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    assert fault(looked()).startswith("cluster fault: ")
