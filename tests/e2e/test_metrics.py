"""What Prometheus would read of a run: the metrics of every node, over HTTP."""

import time
import urllib.request
from collections import Counter

import pytest
import ray

from daf_core.schemas import MANIFEST
from jobs.parts.metrics import COUNTERS
from tests.e2e.corpus import labelled_rows, write_hum, write_table

pytest.importorskip("opentelemetry.exporter.prometheus", reason="needs ray[default]")
parser = pytest.importorskip("prometheus_client.parser", reason="needs ray[default]")
WITHIN_S = 30
PREFIX = "ray_"
OWN_TAGS = "reason", "stage", "verb"


def scraped() -> Counter:
    """Name and own tags of a metric → its value, over all processes."""
    found: Counter = Counter()
    for node in ray.nodes():
        if node["Alive"]:
            uri = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
            with urllib.request.urlopen(uri, timeout=10) as answer:
                text = answer.read().decode()
            for family in parser.text_string_to_metric_families(text):
                for sample in family.samples:
                    if sample.name.startswith(f"{PREFIX}daf_"):
                        own = (sample.labels[tag] for tag in OWN_TAGS if tag in sample.labels)
                        found[(sample.name.removeprefix(PREFIX), *own)] += sample.value
    return found


def test_what_a_run_did_arrives(daf, encoders, make_head, tmp_path):
    write_hum(tmp_path / "gone.wav", 150)
    gone = {"recording_id": "gone", "audio_path": "gone.wav", "start_s": 0, "end_s": 2}
    rows = [*labelled_rows(tmp_path, 6), gone]
    table = write_table(tmp_path / "calls.csv", rows)
    manifest, head = tmp_path / "manifest", make_head()
    assert daf("ingest", table, out=manifest, part_minutes=0.1).status == 0
    (tmp_path / "gone.wav").unlink()
    before = scraped()
    ended = daf("score", manifest=manifest, head=head, out=tmp_path / "scores", ray=True)
    assert ended.status == 0, ended.complaint
    assert "18 scored, 1 quarantined" in ended.summary
    expected = {("daf_rows_total", "scored"): 18}
    expected |= {("daf_quarantined_rows_total", "missing_audio", "scored"): 1}
    until = time.monotonic() + WITHIN_S
    while any((seen := scraped())[key] - before[key] != value for key, value in expected.items()):
        assert time.monotonic() < until, (seen, before)
        time.sleep(0.5)
    assert seen["daf_audio_seconds_total", "scored"] > before["daf_audio_seconds_total", "scored"]
    for stage in ("read", "encode", "publish"):
        key = "daf_stage_seconds_total", stage
        while (seen := scraped())[key] <= before[key]:
            assert time.monotonic() < until, seen
            time.sleep(0.5)
    assert {name for name, *_ in seen} == {*COUNTERS} - {"daf_gpu_seconds_total"}
    words = {row["text"] for row in rows if row.get("text")} | {*MANIFEST.names}
    assert not words & {tag for key in seen for tag in key}  # no words of anybody
