"""What can be wrong with the files of cluster/: each check yields complaints about a folder."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import daf_core
from tests.deploy.commands import complaint_about_ray_start, complaints_about_commands
from tests.deploy.kubernetes_checks import FOLDERS, objects, pod, pods_of
from tests.deploy.ray_up_checks import ray_up

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

__all__ = ["objects", "ray_up"]

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
# KubeRay 1.7.0's RayJob as a JSON Schema that refuses unknown fields (from its CRD; Apache-2.0).
RAYJOB = Draft7Validator(
    json.loads(gzip.decompress((Path(__file__).parent / "rayjob-v1.schema.json.gz").read_bytes()))
)
KUBECTL = shutil.which("kubectl")
IMAGE = re.compile(r"([\w.-]+/[\w./-]*daf):([\w.-]+)")
SBATCH = re.compile(r"^#SBATCH --([\w-]+)(?:=(\S+))?$")
# What of sbatch's options the script may use, and whether they take a value (man sbatch).
SBATCH_OPTIONS = {
    "job-name": True, "nodes": True, "ntasks-per-node": True, "exclusive": False, "mem": True,
    "time": True, "requeue": False, "open-mode": True, "output": True, "partition": True,
}  # fmt: skip
# Whose version is told where, and what it must agree with.
VERSIONS = {
    "python": re.compile(r"\bPYTHON_VERSION=(\S+)"),
    "ray": re.compile(r"\b(?:RAY_VERSION=|rayVersion: |ray==)(\d[\w.]*)"),
    "torch": re.compile(r"\b(?:TORCH_VERSION=|torch==)(\d\S*)"),
    "torchaudio": re.compile(r"\b(?:TORCHAUDIO_VERSION=|torchaudio==)(\d\S*)"),
}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def commands(folder: Path) -> Iterator[str]:
    """Every daf and ray command in every file: verb, flags, values."""
    for path in files(folder):
        yield from complaints_about_commands(path)


def versions(folder: Path) -> Iterator[str]:
    """One image, and one version each, in all files; those of the package and pyproject.toml."""
    ranges = _ranges()
    images: set[str] = set()
    told: dict[str, set[str]] = {name: set() for name in VERSIONS}
    for path in files(folder):
        text = path.read_text()
        for name, tag in IMAGE.findall(text):
            images.add(name)
            if tag.removesuffix("-cpu") != daf_core.__version__:
                yield f"{path.name}: image {name}:{tag}, but this is daf {daf_core.__version__}"
        for name, pattern in VERSIONS.items():
            for version in pattern.findall(text):
                told[name].add(version)
                # Of Python the minor version is told: 3.11 stands for its patches.
                if not ranges[name].contains(version):
                    yield f"{path.name}: {name} {version} is outside {ranges[name]}"
    if len(images) != 1:
        yield f"{folder.name}: images of one name expected, got {sorted(images)}"
    for name, different in told.items():
        if len(different) != 1:
            yield f"{folder.name}: one version of {name} expected, got {sorted(different)}"


def _ranges() -> dict[str, SpecifierSet]:
    needed = [Requirement(text) for text in PROJECT["dependencies"]]
    own = {"python": SpecifierSet(PROJECT["requires-python"])}
    return own | {requirement.name: requirement.specifier for requirement in needed}


def base_rayjob(folder: Path) -> Iterator[str]:
    """The RayJob that all are made from, against KubeRay's schema and `ray start`."""
    path = folder / "kuberay/base/rayjob.yaml"
    yield from rayjob(path.name, yaml.safe_load(path.read_text()))


def rayjobs(folder: Path) -> Iterator[str]:
    """The RayJobs as kustomize makes them: schema, `ray start`, and the entry point as a whole."""
    for path in sorted((folder / "kuberay").glob("*/kustomization.yaml")):
        if yaml.safe_load(path.read_text()).get("kind") == "Component":
            continue
        if path.parent.name in FOLDERS:  # of other objects
            continue
        where = f"{path.parent.name}/{path.name}"
        made = _run(KUBECTL, "kustomize", path.parent)
        if made.returncode:
            yield f"{where}: {made.stderr.strip()}"
        else:
            yield from rayjob(where, yaml.safe_load(made.stdout))


def rayjob(where: str, job: dict[str, Any]) -> Iterator[str]:
    """A RayJob: schema, `ray start`, what each of its pods may do."""
    for error in RAYJOB.iter_errors(job):
        yield f"{where}: {error.json_path}: {error.message}"
    if (job.get("apiVersion"), job.get("kind")) != ("ray.io/v1", "RayJob"):
        yield f"{where}: not a RayJob of ray.io/v1"
    cluster = job["spec"]["rayClusterSpec"]
    head, workers = cluster["headGroupSpec"], cluster["workerGroupSpecs"]
    if head["rayStartParams"].get("num-cpus") != "0":
        yield f"{where}: the head offers CPUs for tasks"
    for group in [head, *workers]:
        refusal = complaint_about_ray_start(group["rayStartParams"])
        if refusal:
            yield f"{where}: rayStartParams: {refusal}"
    for deadline in ("preRunningDeadlineSeconds", "activeDeadlineSeconds"):
        if not job["spec"].get(deadline):
            yield f"{where}: no {deadline}"
    for name, template in pods_of(job).items():
        yield from pod(f"{where}: {name}", template)


def slurm(folder: Path) -> Iterator[str]:
    """The Slurm script: shellcheck, and options that sbatch has."""
    path = folder / "slurm.sh"
    yield from _linted("shellcheck", path)
    for line in path.read_text().splitlines():
        match = SBATCH.match(line)
        if line.startswith("#SBATCH") and not (
            match and SBATCH_OPTIONS.get(match[1]) is bool(match[2])
        ):
            yield f"{path.name}: {line}: no such option of sbatch"


def dockerfile(folder: Path) -> Iterator[str]:
    """The Dockerfile: hadolint; what it copies and the extras it installs are there."""
    path = folder / "Dockerfile"
    yield from _linted("hadolint", path)
    text = path.read_text()
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        for source in copied.split():
            if "*" not in source and not (TOP / source).exists():
                yield f"{path.name}: COPY {source}: not in the project"
    for extras in re.findall(r"whl\)\[([\w,]+)\]", text):
        for unknown in set(extras.split(",")) - PROJECT["optional-dependencies"].keys():
            yield f"{path.name}: [{unknown}]: no such extra in pyproject.toml"


def _linted(program: str, path: Path) -> Iterator[str]:
    found = _run(Path(sys.executable).parent / program, path)
    if found.returncode:
        yield f"{path.name}: {found.stdout}{found.stderr}"


def _run(*command: str | Path | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)
