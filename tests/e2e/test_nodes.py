"""A node is lost in the middle of a job: it ends well, and its files are those of any other run."""

import time

import pytest

from tests.e2e.conftest import ONE_CPU, part_bytes, start


@pytest.fixture
def lose_a_node(nodes):
    """Add a node, for one encode actor; gives the function that loses it."""
    node = nodes.add_node(**ONE_CPU)
    nodes.wait_for_nodes()
    lost = []

    def lose():
        lost.append(nodes.remove_node(node, allow_graceful=False))

    yield lose
    if not lost:
        lose()


def test_a_node_is_lost(daf, lose_a_node, manifest, undisturbed, make_head, tmp_path):
    out = tmp_path / "scores"
    running = start("score", manifest=manifest, head=make_head(), out=out, actors=3)
    while len(list(out.glob("scores/part-*"))) < 3:
        assert running.poll() is None, "the job ended before a node could be lost"
        time.sleep(0.005)
    lose_a_node()
    assert running.wait() == 0
    assert part_bytes(out) == part_bytes(undisturbed)
    assert daf("verify", manifest=manifest, scores=out).status == 0
