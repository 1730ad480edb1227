"""The policies of cluster/iam: AWS would take them, daf's own requests need no more, and less is
refused. An S3 server that asks for rights says so.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
import yaml
from moto.iam.policy_validation import (
    IAMPolicyDocumentValidator,
    IAMTrustPolicyDocumentValidator,
)
from moto.server import ThreadedMotoServer

from tests.deploy.checks import TOP

FOLDER = TOP / "cluster" / "iam"
POLICIES = sorted(FOLDER.glob("aws-*.json"))
ROLES = sorted(FOLDER.glob("gcp-*.yaml"))
GCP_PERMISSION = re.compile(r"storage\.objects\.(get|list|create|delete)")
PROGRAM = """
import sys
from jobs.doctor.places import check_output, check_source
try:
    print(dict(source=check_source, output=check_output)[sys.argv[1]](sys.argv[2])[0])
except Exception as err:
    print(type(err).__name__, err)
"""


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_aws_takes_the_policies(path: Path) -> None:
    is_trust = path.stem.startswith("aws-trust-")
    validator = IAMTrustPolicyDocumentValidator if is_trust else IAMPolicyDocumentValidator
    validator(path.read_text()).validate()
    for statement in json.loads(path.read_text())["Statement"]:
        actions = statement["Action"]
        assert not [one for one in [actions] if "*" in str(one)]  # each right is named
        if statement.get("Resource") == "*":
            assert all(one.startswith("ec2:Describe") for one in actions)


@pytest.mark.parametrize("path", ROLES, ids=lambda path: path.stem)
def test_roles_of_google_name_rights_to_objects_alone(path: Path) -> None:
    role = yaml.safe_load(path.read_text())
    assert {*role} == {"title", "description", "stage", "includedPermissions"}
    assert all(GCP_PERMISSION.fullmatch(one) for one in role["includedPermissions"])
    writes = {"storage.objects.create", "storage.objects.delete"} & {*role["includedPermissions"]}
    assert len(writes) == (2 if "write" in path.stem else 0)


@pytest.fixture(scope="module")
def rights() -> Iterator[dict[str, str]]:
    """The environment of a user with the policies for source and output, on a server that asks."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    root = {"endpoint_url": url, "region_name": "eu-central-1"}
    root |= {"aws_access_key_id": "root", "aws_secret_access_key": "root"}
    s3, iam = boto3.client("s3", **root), boto3.client("iam", **root)
    where = {"LocationConstraint": "eu-central-1"}
    for bucket in ("my-bucket", "other-bucket"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        for key in ("calls/a.wav", "others/a.wav"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"sound")
    iam.create_user(UserName="daf")
    for name in ("aws-read-source", "aws-write-output"):
        document = (FOLDER / f"{name}.json").read_text()
        iam.put_user_policy(UserName="daf", PolicyName=name, PolicyDocument=document)
    key = iam.create_access_key(UserName="daf")["AccessKey"]
    requests.post(f"{url}/moto-api/reset-auth", data=b"0", timeout=60)
    yield {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    requests.post(f"{url}/moto-api/reset-auth", data=b"inf", timeout=60)
    server.stop()


@pytest.mark.parametrize(
    ("what", "uri", "allowed"),
    [
        ("source", "s3://my-bucket/calls", True),
        ("source", "s3://my-bucket/others", False),
        ("source", "s3://other-bucket/calls", False),
        ("output", "s3://my-bucket/scores", True),
        ("output", "s3://my-bucket/calls", False),
        ("output", "s3://other-bucket/scores", False),
    ],
)
def test_the_policies_are_enough_and_no_more(
    rights: dict[str, str], what: str, uri: str, allowed: bool
) -> None:
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, what, uri],
        env=environment | rights,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout.strip() == "ok") is allowed, ended.stdout
    if not allowed:
        assert re.search("denied|Forbidden|refuse", ended.stdout, re.IGNORECASE), ended.stdout
