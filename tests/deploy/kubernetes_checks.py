"""What can be wrong with objects of Kubernetes in cluster/kuberay: schema, security, labels."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

HERE = Path(__file__).parent
# Objects of Kubernetes 1.36 as JSON Schemas that refuse unknown fields, from its OpenAPI
# description by way of the package kubernetes-validate (both Apache-2.0).
SCHEMAS = json.loads(gzip.decompress((HERE / "kubernetes-v1.36.schema.json.gz").read_bytes()))
LABELS = {"app.kubernetes.io/name": "daf"}
FOLDERS = ("namespace", "models")


def validator(kind: str) -> Draft7Validator:
    """The schema of a kind of objects."""
    reference = f"#/definitions/{SCHEMAS['kinds'][kind]}"
    return Draft7Validator({"$ref": reference, "definitions": SCHEMAS["definitions"]})


def objects(folder: Path) -> Iterator[str]:
    """The objects that are no RayJob, against the schemas of Kubernetes."""
    for path in _files(folder):
        for one in yaml.safe_load_all(path.read_text()):
            where = f"{path.name}: {one.get('kind')}"
            if one.get("kind") not in SCHEMAS["kinds"]:
                yield f"{where}: no kind that is expected here"
                continue
            found = validator(one["kind"]).iter_errors(one)
            yield from (f"{where}: {error.json_path}: {error.message}" for error in found)
            if one["kind"] == "Job":
                yield from pod(where, one["spec"]["template"])


def _files(folder: Path) -> list[Path]:
    found = [path for name in FOLDERS for path in (folder / "kuberay" / name).glob("*.yaml")]
    return sorted(path for path in found if path.name != "kustomization.yaml")


def pods_of(job: dict[str, Any]) -> dict[str, Any]:
    """The pod templates of a RayJob by what they are."""
    cluster = job["spec"]["rayClusterSpec"]
    groups = {group["groupName"]: group for group in cluster["workerGroupSpecs"]}
    templates = {name: group["template"] for name, group in groups.items()}
    submitter = {"submitter": job["spec"].get("submitterPodTemplate", {"spec": {"containers": []}})}
    return submitter | {"head": cluster["headGroupSpec"]["template"]} | templates


def pod(where: str, template: dict[str, Any]) -> Iterator[str]:
    """A pod against the restricted Pod Security Standard, bounds, and the label of our policies."""
    spec = template["spec"]
    whole = spec.get("securityContext", {})
    if whole.get("runAsNonRoot") is not True or not whole.get("runAsUser"):
        yield f"{where}: may run as root"
    if whole.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{where}: no seccompProfile RuntimeDefault"
    if spec.get("automountServiceAccountToken") is not False:
        yield f"{where}: holds a token of Kubernetes"
    if not LABELS.items() <= template.get("metadata", {}).get("labels", {}).items():
        yield f"{where}: lacks the label {LABELS}"
    for one in [*spec.get("initContainers", []), *spec["containers"]]:
        own = one.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{where}: may gain privileges"
        if own.get("capabilities", {}).get("drop") != ["ALL"]:
            yield f"{where}: keeps capabilities"
        for name in ("memory", "ephemeral-storage"):
            bounds = [one["resources"][kind].get(name) for kind in ("requests", "limits")]
            if None in bounds or bounds[0] != bounds[1]:
                yield f"{where}: {name} requested and {name} limit differ or lack"
