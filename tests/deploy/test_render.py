"""`daf render` writes the files of cluster/ for their settings, and right ones for others."""

import shlex
import sys
from pathlib import Path

import pytest
import yaml

from jobs import cli
from jobs.render.template import text_of
from tests.deploy import checks
from tests.deploy.commands import complaints_about_commands
from tests.deploy.ray_up_checks import configuration

CLUSTER = checks.TOP / "cluster"
COPIES = {
    "rayjob.yaml": "kuberay/base/rayjob.yaml",
    "slurm.sh": "slurm.sh",
    "ray-up-aws.yaml": "ray-up.yaml",
    "ray-up-gcp.yaml": "ray-up-gcp.yaml",
    "ray-up-onprem.yaml": "ray-up-onprem.yaml",
}
SHARED = "--queue daf --model-cache --gpu-workers 2"
SCORE = "score --manifest s3://b/m --head s3://b/h --out s3://b/s"


@pytest.fixture
def render(tmp_path: Path, monkeypatch, capsys):
    """Run `daf render TO OPTIONS -- COMMAND`; gives the file."""

    def run(to: str, options: str, command: str) -> Path:
        out = tmp_path / ("job.sh" if to == "slurm" else "job.yaml")
        line = ["daf", "render", to, "--out", str(out), *shlex.split(options), "--"]
        monkeypatch.setattr(sys, "argv", [*line, *shlex.split(command)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        if ended.value.code:
            raise ValueError(said.err)
        steps = ("starts a cluster for", "ray job submit") if to == "ray-up" else ("runs", "start ")
        assert said.out.startswith(f"{out}: {steps[0]} daf ")
        assert steps[1] in said.out
        assert list(complaints_about_commands(out)) == []
        return out

    return run


@pytest.mark.parametrize("name", COPIES)
def test_what_is_installed_is_what_is_checked_in(name: str) -> None:
    assert text_of(name) == (CLUSTER / COPIES[name]).read_text()


@pytest.mark.skipif(checks.KUBECTL is None, reason="no kubectl here, which renders the overlays")
@pytest.mark.parametrize(
    ("overlay", "options"),
    [
        *((name, "") for name in ("score", "embed", "train")),
        *((f"{name}-gpu", "--gpu-workers 2") for name in ("score", "embed", "train")),
        ("score-shared", SHARED),
    ],
)
def test_a_rendered_rayjob_is_the_one_that_is_checked_in(render, overlay, options) -> None:
    made = checks._run(checks.KUBECTL, "kustomize", CLUSTER / "kuberay" / overlay)
    expected = yaml.safe_load(made.stdout)
    command = expected["spec"]["entrypoint"].removeprefix("daf ")
    assert yaml.safe_load(render("rayjob", options, command).read_text()) == expected


def test_a_rayjob_of_other_sizes_is_right(render) -> None:
    options = "--name mine --image r.io/daf:0.1.0 --workers 9 --cpus 16 --hours 2"
    job = yaml.safe_load(render("rayjob", f"{options} {SHARED}", SCORE).read_text())
    assert list(checks.rayjob("job.yaml", job)) == []
    assert job["metadata"] == {
        "name": "mine",
        "labels": {"app.kubernetes.io/name": "daf", "kueue.x-k8s.io/queue-name": "daf"},
    }
    assert job["spec"]["activeDeadlineSeconds"] == 7200
    cpu, gpu = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert (cpu["replicas"], gpu["replicas"]) == (9, 2)
    resources = cpu["template"]["spec"]["containers"][0]["resources"]
    assert resources["requests"]["cpu"] == "16"
    assert resources["limits"]["memory"] == "64Gi"
    images = {one["template"]["spec"]["containers"][0]["image"] for one in (cpu, gpu)}
    assert images == {"r.io/daf:0.1.0-cpu", "r.io/daf:0.1.0"}


def test_a_slurm_script_is_the_one_that_is_checked_in_with_its_command(render) -> None:
    script = render("slurm", "", SCORE)
    lines = script.read_text().splitlines()
    own = (CLUSTER / "slurm.sh").read_text().splitlines()
    assert "set -- daf " + SCORE in lines
    assert "#SBATCH --job-name=daf-score" in lines
    without = [one for one in lines if not one.startswith(("#", "set -- "))]
    assert without == [one for one in own if not one.startswith("#")]
    assert {*own} - {*lines} >= {"#SBATCH --job-name=daf"}
    assert list(checks._linted("shellcheck", script)) == []


def test_a_slurm_script_of_other_sizes_is_right(render) -> None:
    options = "--workers 7 --gpus-per-node 4 --queue gpu --hours 1.5"
    script = render("slurm", options, f"{SCORE} --allow-root '/nas/a b'")
    text = script.read_text()
    for line in ("nodes=7", "gpus-per-node=4", "partition=gpu", "time=01:30:00"):
        assert text.count(f"#SBATCH --{line}\n") == 1
    assert text.count("--nodes=") == text.count("--time=") == 1
    assert "'/nas/a b'" in text
    assert list(checks._linted("shellcheck", script)) == []


@pytest.mark.parametrize(
    ("cloud", "file"),
    [("aws", "ray-up.yaml"), ("gcp", "ray-up-gcp.yaml"), ("onprem", "ray-up-onprem.yaml")],
)
def test_a_rendered_cluster_is_the_one_that_is_checked_in(render, cloud, file) -> None:
    out = render("ray-up", f"--cloud {cloud}", SCORE)
    config = yaml.safe_load(out.read_text())
    assert config == yaml.safe_load((CLUSTER / file).read_text())
    assert list(configuration(out.name, config)) == []
    assert f"-- daf {SCORE}\n" in out.read_text()


def test_a_cluster_of_other_sizes_is_right(render) -> None:
    options = "--cluster night --workers 20 --gpu-workers 3 --cloud gcp"
    config = yaml.safe_load(render("ray-up", options, SCORE).read_text())
    assert list(configuration("job.yaml", config)) == []
    assert (config["cluster_name"], config["max_workers"]) == ("night", 23)
    assert config["available_node_types"]["gpu"]["min_workers"] == 3


def test_options_of_a_file_are_written_out(render, tmp_path: Path) -> None:
    file = tmp_path / "daf.toml"
    file.write_text('head = "fast"\nmax_error_rate = 0.1\nverify = false\n')
    job = yaml.safe_load(
        render(
            "rayjob", "", f"score --config {file} --manifest s3://b/m --out s3://b/s"
        ).read_text()
    )
    assert job["spec"]["entrypoint"] == (
        "daf score --manifest s3://b/m --out s3://b/s --head=fast --max-error-rate=0.1 --no-verify"
    )


RELATIVE = "expected s3://… or an absolute path of a folder that all nodes share, found a relative"


@pytest.mark.parametrize(
    ("to", "options", "command", "says"),
    [
        ("rayjob", "", "score calls --out scores", f"--source calls: {RELATIVE}"),
        ("rayjob", "", "score s3://b/c --out scores", f"--out scores: {RELATIVE}"),
        ("rayjob", "", "score s3://b/c --out s3://b/s --head h1", f"--head h1: {RELATIVE}"),
        ("rayjob", "", "score s3://b/c --out s3://b/s --hash-ids @salt", "--hash-ids salt: exp"),
        ("rayjob", "", "train --embeddings /s/e --also e2 --out /s/h", f"--also e2: {RELATIVE}"),
        ("rayjob", "", "stress --manifest /s/m --heads fast,./h --out /s/o", "--heads ./h: exp"),
        ("rayjob", "", "embed --manifest /s/m --text-encoder ./e --out /s/e", "./e: expected s3"),
        ("rayjob", "", f"{SCORE} --local", "--local: expected a command that uses the cluster's"),
        ("slurm", "", "train --embeddings /s/e --out /s/h --local", "leave --local out"),
        ("ray-up", "", f"{SCORE} --address local", "--address local: expected a command that joi"),
        ("rayjob", "", "score --manifests s3://b/m --out s3://b/s", "--manifests"),
        ("rayjob", "", "verify s3://b/s", "--command: expected one that works on a cluster"),
        ("rayjob", "", "score s3://u:hunter2hunter2@b/x --out s3://b/s", "credentials"),
        ("rayjob", "", f"{SCORE[:5]} s3://b/c --out s3://b/s --hash-ids {'x' * 20}", "@FILE"),
        ("slurm", "--cpus 4", SCORE, "--cpus: goes with rayjob"),
        ("rayjob", "--cloud gcp", SCORE, "--cloud: goes with ray-up"),
        ("ray-up", "--cloud onprem --workers 4", SCORE, "worker_ips"),
        ("rayjob", "--workers 0", SCORE, "--workers 0: expected 1 to 100000"),
    ],
)
def test_what_would_not_run_is_refused(render, to, options, command, says) -> None:
    with pytest.raises(ValueError, match="daf: ") as refused:
        render(to, options, command)
    assert says in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("to", "says"), [("slurm", "sbatch is called"), ("ray-up", "head")])
def test_relative_paths_that_nodes_may_share_are_told(render, caplog, to, says) -> None:
    render(to, "", "score calls --out /shared/s --head fast --local=false")
    (line,) = (one.getMessage() for one in caplog.records)
    assert line.startswith("render: daf score: `source` calls is a relative path, which lies ")
    assert says in line
    caplog.clear()
    render(to, "", "train --embeddings /s/e --head late --out s3://b/h --ray")
    render("rayjob", "", "embed --manifest /s/m --text-encoder some/model --out /s/e")
    assert caplog.records == []


def test_local_of_a_file_is_refused(render, tmp_path: Path) -> None:
    file = tmp_path / "daf.toml"
    file.write_text("local = true\n")
    with pytest.raises(ValueError, match=r"--local: expected a command that uses .* of --config"):
        render("slurm", "", f"{SCORE} --config {file}")
    render("slurm", "", f"{SCORE} --ray --config {file}")
