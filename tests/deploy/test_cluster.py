"""Every file of cluster/ against schema, command line and versions; wrong ones are found."""

import re
import shutil
from pathlib import Path

import pytest

import daf_core
from tests.deploy import checks

CLUSTER = checks.TOP / "cluster"
CHECKS = [
    *("commands", "versions", "base_rayjob", "rayjobs", "objects", "ray_up", "slurm"),
    "dockerfile",
]
NEEDS_KUBECTL = pytest.mark.skipif(
    checks.KUBECTL is None, reason="no kubectl here, which renders the overlays in cluster/kuberay"
)
BASE, SCORE = "kuberay/base/rayjob.yaml", "kuberay/score/kustomization.yaml"
NETWORK, MODELS = "kuberay/namespace/network.yaml", "kuberay/models/job.yaml"
KUEUE, PDB = "kuberay/kueue/kustomization.yaml", "kuberay/namespace/disruption.yaml"
CACHE = "kuberay/namespace/models.yaml"
GCP, ONPREM = "ray-up-gcp.yaml", "ray-up-onprem.yaml"
TRAIN_GPU, GPU = "kuberay/train-gpu/kustomization.yaml", "kuberay/gpu/kustomization.yaml"
# check, file, what is there, what is put in its place, what the complaint names
MISTAKES = [
    ("commands", SCORE, "--offline", "--off-line", "--off-line"),
    ("commands", SCORE, "--manifest s3://my-bucket/manifest", "", "--manifest"),
    ("commands", SCORE, "daf score", "daf scores", "scores"),
    ("commands", "kuberay/embed/kustomization.yaml", "--out ", "--output ", "--output"),
    ("commands", "kuberay/train/kustomization.yaml", "--workers 4", "--workers four", "four"),
    ("commands", TRAIN_GPU, "--gpu", "--gpus", "--gpus"),
    ("commands", BASE, "daf --help", "daf --halp", "--halp"),
    ("commands", BASE, "[ray, stop]", "[ray, halt]", "halt"),
    ("commands", "ray-up.yaml", "--metrics-export-port", "--metric-port", "--metric-port"),
    ("commands", "slurm.sh", "--min-nodes", "--nodes-min", "--nodes-min"),
    ("commands", "slurm.sh", "cluster/slurm.sh daf score --manifest", "x daf score --m", "--m"),
    ("commands", "Dockerfile", '"--check"', '"--chekc"', "--chekc"),
    ("commands", "README.md", "daf verify s3", "daf verify --manifests s3", "--manifests"),
    ("versions", BASE, "daf:0.1.0-cpu", "daf:0.2.0-cpu", "daf:0.2.0-cpu"),
    ("versions", GPU, "daf:0.1.0", "daf:latest", "daf:latest"),
    ("versions", GPU, "example.com/daf", "example.com/other/daf", "other/daf"),
    ("versions", "ray-up.yaml", "daf:0.1.0-cpu", "daf:0.0.9-cpu", "daf:0.0.9-cpu"),
    ("versions", "README.md", "daf:0.1.0", "daf:0.1.1", "daf:0.1.1"),
    ("versions", BASE, "rayVersion: 2.60.0", "rayVersion: 2.60.1", "2.60.1"),
    ("versions", "Dockerfile", "RAY_VERSION=2.60.0", "RAY_VERSION=2.59.0", "2.59.0"),
    ("versions", "Dockerfile", "PYTHON_VERSION=3.11", "PYTHON_VERSION=3.14", "3.14"),
    ("versions", "Dockerfile", "TORCH_VERSION=2.13.0", "TORCH_VERSION=2.14.0", "2.14.0"),
    ("base_rayjob", BASE, "backoffLimit: 2", "backOffLimit: 2", "backOffLimit"),
    ("base_rayjob", BASE, "ttlSecondsAfterFinished: 300", "ttlSecondsAfterFinished: 5m", "5m"),
    ("base_rayjob", BASE, "ray.io/v1", "ray.io/v1alpha1", "ray.io/v1"),
    ("base_rayjob", BASE, 'num-cpus: "0"', 'num-cpus: "4"', "CPUs"),
    ("base_rayjob", BASE, 'num-cpus: "0"', 'num-cpus: "0"\n        dashbord: "1"', "--dashbord"),
    ("base_rayjob", BASE, "limits: {cpu: \"8\", memory: 32Gi", "limits: {cpu: \"8\"", "memory"),
    ("base_rayjob", BASE, "activeDeadlineSeconds: 86400", "suspend: false", "activeDeadline"),
    ("base_rayjob", BASE, "preRunningDeadlineSeconds: 3600", "suspend: false", "preRunning"),
    ("base_rayjob", BASE, "submitterPodTemplate", "submitterTemplate", "submitterTemplate"),
    ("base_rayjob", BASE, "runAsNonRoot: true", "runAsNonRoot: false", "submitter: may run as"),
    ("base_rayjob", BASE, "type: RuntimeDefault", "type: Unconfined", "head: no seccompProfile"),
    ("base_rayjob", BASE, "drop: [ALL]", "drop: [NET_RAW]", "cpu: keeps capabilities"),
    ("base_rayjob", BASE, "labels: &labels {app", "labels: &labels {no", "cpu: lacks the label"),
    ("base_rayjob", BASE, ", ephemeral-storage: 20Gi}\n    w", "}\n    w", "ephemeral-storage"),
    ("base_rayjob", BASE, "automountServiceAccountToken: false", "hostNetwork: false", "a token"),
    ("rayjobs", KUEUE, "/metadata/labels", "/metadata/lables", "lables"),
    ("rayjobs", "kuberay/model-cache/kustomization.yaml", "mountPath", "mountpath", "mountpath"),
    ("objects", NETWORK, "podSelector: {}", "podSelektor: {}", "podSelektor"),
    ("objects", NETWORK, "policyTypes: [Ingress, Egress]", "policyTypes: Ingress", "Ingress"),
    ("objects", PDB, "minAvailable", "minAvailabel", "minAvailabel"),
    ("objects", CACHE, "[ReadWriteMany]", "ReadWriteMany", "ReadWriteMany"),
    ("objects", MODELS, "backoffLimit: 2", "backoffLimit: two", "two"),
    ("objects", MODELS, "drop: [ALL]", "drop: []", "keeps capabilities"),
    ("commands", MODELS, "--get", "--fetch", "--fetch"),
    ("rayjobs", BASE, "serviceAccountName", "serviceAccount_Name", "serviceAccount_Name"),
    ("rayjobs", GPU, "operator: Exists", "operatr: Exists", "operatr"),
    ("rayjobs", GPU, "containers/0/image", "container/0/image", "container"),
    ("rayjobs", SCORE, "/spec/entrypoint", "/spec/entryPoint", "entryPoint"),
    ("rayjobs", "kuberay/score-gpu/kustomization.yaml", "components:", "component:", "component"),
    ("ray_up", "ray-up.yaml", "max_workers: 16", "max_worker: 16", "max_worker"),
    ("ray_up", "ray-up.yaml", "head_node_type: head", "head_node_type: haed", "head_node_type"),
    ("ray_up", "ray-up.yaml", "MarketType", "MarktType", "MarktType"),
    ("ray_up", "ray-up.yaml", "g6.2xlarge", "g6.3xlarge", "InstanceType"),
    ("ray_up", GCP, "provider:", "provider_of_machines:", "provider"),
    ("ray_up", GCP, "machineType: g2", "machinetype: g2", "machinetype"),
    ("ray_up", GCP, "boot: true", "boot: false", "boot"),
    ("ray_up", GCP, "RAY_AUTH_MODE=token", "RAY_AUTH_MODE=disabled", "token"),
    ("ray_up", ONPREM, "head_ip: 192.0.2.10", "head: 192.0.2.10", "head_ip"),
    ("ray_up", ONPREM, "--num-cpus=0 ", "", "CPUs"),
    ("commands", ONPREM, "--num-cpus", "--nums-cpus", "--nums-cpus"),
    ("versions", "constraints.txt", "torch==2.13.0", "torch==2.12.0", "one version of torch"),
    ("slurm", "slurm.sh", "--exclusive\n", "--exclusiv\n", "--exclusiv"),
    ("slurm", "slurm.sh", '"$head_address:$port"', "$head_adress:$port", "SC2154"),
    ("dockerfile", "Dockerfile", "WORKDIR /source", "WORKDIRS /source", "Dockerfile"),
    ("dockerfile", "Dockerfile", "COPY jobs jobs", "COPY job jobs", "COPY job"),
    ("dockerfile", "Dockerfile", "[offline,cluster]", "[offline,clusters]", "clusters"),
]  # fmt: skip


def needing(check: str, *values: str):
    return pytest.param(check, *values, marks=[NEEDS_KUBECTL] if check == "rayjobs" else [])


@pytest.mark.parametrize("check", [needing(check) for check in CHECKS])
def test_cluster_files_are_right(check):
    assert list(getattr(checks, check)(CLUSTER)) == []


@pytest.mark.parametrize(
    ("check", "file", "right", "wrong", "named"), [needing(*mistake) for mistake in MISTAKES]
)
def test_mistakes_in_cluster_files_are_found(check, file, right, wrong, named, tmp_path):
    copy = Path(shutil.copytree(CLUSTER, tmp_path / "cluster"))
    text = (copy / file).read_text()
    assert right in text
    (copy / file).write_text(text.replace(right, wrong, 1))
    assert named in "\n".join(getattr(checks, check)(copy))


def test_package_and_project_have_one_version():
    assert checks.PROJECT["version"] == daf_core.__version__


def test_the_command_of_slurm_joins_the_ray_that_was_started_for_it():
    """`ray symmetric-run` does not tell its command where Ray is, and daf joins none it is not."""
    script = (CLUSTER / "slurm.sh").read_text()
    started = re.search(r"symmetric-run \\\n\s+--address (\S+)", script)
    joined = re.search(r"-- env \"RAY_ADDRESS=(\S+)\"", script)
    assert started
    assert joined
    assert started[1].strip('"') == joined[1]
