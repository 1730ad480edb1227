"""`make lock` holds to the versions of the Dockerfile, and the Dockerfile takes what it writes."""

import re

from tests.deploy.checks import TOP

DOCKERFILE = (TOP / "cluster/Dockerfile").read_text()
MAKEFILE = (TOP / "Makefile").read_text()


def test_the_locks_are_those_that_the_dockerfile_takes() -> None:
    indexes = re.findall(r"https://download\.pytorch\.org/whl/(\w+)", DOCKERFILE)
    (kinds,) = re.findall(r"for kind in ([\w ]+); do", MAKEFILE)
    assert {*indexes} == {*kinds.split()}
    assert 'lock="/locks/requirements-$(basename "${TORCH_INDEX}").lock"' in DOCKERFILE
    assert "--output-file cluster/requirements-$$kind.lock" in MAKEFILE
    assert "--generate-hashes" in MAKEFILE
    assert "--require-hashes" in DOCKERFILE


def test_the_lock_holds_to_the_versions_of_the_dockerfile() -> None:
    constraints = (TOP / "cluster/constraints.txt").read_text()
    pinned = dict(re.findall(r"^(\w+)==(\S+)$", constraints, re.MULTILINE))
    told = re.findall(r"^ARG (RAY|TORCH|TORCHAUDIO)_VERSION=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert pinned == {name.lower(): version for name, version in told}


def test_every_stage_takes_the_digest_of_its_base() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(base.endswith("${PYTHON_DIGEST:+@$PYTHON_DIGEST}") for base in bases)
