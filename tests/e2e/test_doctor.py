"""daf doctor looks at every node of a Ray, and at an object store."""

import pytest

from tests.e2e.conftest import ONE_CPU


@pytest.fixture
def old_node(nodes, tmp_path):
    """A node whose processes find a package that is too old."""
    old = tmp_path / "pyarrow-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: pyarrow\nVersion: 1.0\n")
    node = nodes.add_node(**ONE_CPU, env_vars={"PYTHONPATH": str(tmp_path)})
    nodes.wait_for_nodes()
    yield
    nodes.remove_node(node)


@pytest.mark.usefixtures("old_node")
def test_each_node_is_looked_at_from_within(daf, bucket):
    ended = daf("doctor", source=bucket, out=f"{bucket}/doctor", offline=True)
    assert ended.status == 1
    assert ", 1 fault, " in ended.complaint
    found = [line.split(maxsplit=1) for line in ended.lines]
    (fault,) = (said for state, said in found if state == "fault")
    assert fault.startswith("node")
    assert "packages: expected pyarrow>=20, found 1.0; pip install" in fault
    said = [said for _, said in found]
    assert sum("2 nodes: 3 CPU, 0 GPU" in one for one in said) == 1
    assert sum(one.startswith("node") for one in said) == 2
    assert sum("s3://archive/doctor: written, listed, read and deleted" in one for one in said) == 1


def test_a_bucket_that_is_not_there_and_a_gpu_that_no_node_has(daf, bucket):
    ended = daf("doctor", out="s3://nowhere/out", gpu=True, offline=True)
    assert ended.status == 1
    faults = [line for line in ended.lines if line.startswith("fault")]
    assert len(faults) == 2
    assert "its store has no bucket 'nowhere'; create it" in faults[0]
    assert faults[1].endswith("expected a GPU on a node of the Ray, found none")
