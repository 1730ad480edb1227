"""What can be wrong with the configurations of `ray up`."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import click
import yaml
from botocore.validate import ParamValidator
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from ray.autoscaler._private.util import prepare_config, validate_config

# Google's description of a machine (compute v1, revision 20261106, by way of the package
# google-api-python-client; Apache-2.0) as a JSON Schema that refuses unknown fields.
GCP_MACHINE = Draft7Validator(
    json.loads(
        gzip.decompress((Path(__file__).parent / "gcp-instance-v1.schema.json.gz").read_bytes())
    )
)


def ray_up(folder: Path) -> Iterator[str]:
    """The launcher's configurations, against Ray's own checks and those of the clouds."""
    for path in sorted(folder.glob("ray-up*.yaml")):
        yield from configuration(path.name, yaml.safe_load(path.read_text()))


def configuration(name: str, config: dict[str, Any]) -> Iterator[str]:
    """One configuration."""
    try:
        validate_config(prepare_config(config))
    except (ValidationError, ValueError, RuntimeError, KeyError, click.ClickException) as err:
        yield f"{name}: {str(err).splitlines()[0]}"
        return
    started = " ".join(config["head_start_ray_commands"])
    head = config.get("available_node_types", {}).get("head", {}).get("resources", {})
    if head.get("CPU") != 0 and "--num-cpus=0" not in started:
        yield f"{name}: the head offers CPUs for tasks"
    if "--env RAY_AUTH_MODE=token" not in config["docker"]["run_options"]:
        yield f"{name}: asks for no token"
    check = {"aws": _aws, "gcp": _gcp}.get(config["provider"]["type"])
    for kind, node in config.get("available_node_types", {}).items():
        if check is not None:
            yield from check(f"{name}: {kind}", node["node_config"])


def _aws(where: str, node: dict[str, Any]) -> Iterator[str]:
    """Of the API of EC2."""
    api = botocore.session.get_session().get_service_model("ec2")
    shape = api.operation_model("RunInstances").input_shape
    report = ParamValidator().validate({**node, "MinCount": 1, "MaxCount": 1}, shape)
    if report.has_errors():
        yield f"{where}: {report.generate_report()}"
    if node.get("InstanceType") not in api.shape_for("InstanceType").enum:
        yield f"{where}: no such InstanceType"


def _gcp(where: str, node: dict[str, Any]) -> Iterator[str]:
    found = GCP_MACHINE.iter_errors(node)
    yield from (f"{where}: {error.json_path}: {error.message}" for error in found)
    if not any(disk.get("boot") for disk in node.get("disks", [])):
        yield f"{where}: no disk to boot from"
