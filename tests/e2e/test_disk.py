"""A disk that is full or may not be written: one line, and once that is mended the run goes on."""

import subprocess

import pytest

from tests.e2e.conftest import part_bytes


@pytest.fixture
def disk(tmp_path):
    """A file system of its own; gives its folder and how to change its options."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "daf-test", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")

    mount("size=200k")
    yield folder, lambda options: mount(f"remount,{options}")
    subprocess.run(["umount", str(folder)], check=True)


def test_read_only_then_full_then_mended(daf, disk, manifest, undisturbed, make_head):
    folder, remount = disk
    job = {"manifest": manifest, "head": make_head(), "local": True}
    remount("ro")
    ended = daf("score", **job, out=folder / "scores")
    assert ended.status == 1
    assert ended.complaint == (
        f"daf: {folder}/scores/run.json: cannot be written: Read-only file system; solve that or "
        f"choose another folder, and run the command again\n"
    )

    remount("rw")
    (folder / "of-others").write_bytes(bytes(160 * 1024))
    ended = daf("score", **job, out=folder / "scores")
    assert ended.status == 1
    assert "cannot be written: No space left on device; solve that" in ended.complaint
    assert ended.complaint.count("daf: ") == 1
    assert daf("verify", manifest=manifest, scores=folder / "scores").status == 1

    remount("size=10M")
    ended = daf("score", **job, out=folder / "scores")
    assert ended.status == 0
    assert "done before" in ended.summary
    assert part_bytes(folder / "scores") == part_bytes(undisturbed)
