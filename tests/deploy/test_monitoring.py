"""cluster/monitoring asks for metrics that there are."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from jobs.parts.metrics import COUNTERS
from tests.deploy.checks import TOP

FOLDER = TOP / "cluster" / "monitoring"
METRIC = re.compile(r"\bray_(daf_\w+)")
PROMTOOL = shutil.which("promtool")


def rules() -> list[dict]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return group["rules"]


def test_alerts_and_panels_ask_for_metrics_that_daf_has() -> None:
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    panels = [[one["expr"] for one in panel["targets"]] for panel in dashboard["panels"]]
    for expressions in [*panels, *([one["expr"]] for one in rules())]:
        asked = METRIC.findall(" ".join(expressions))
        assert asked
        assert {*asked} <= {*COUNTERS}
    everywhere = (FOLDER / "dashboard.json").read_text()
    assert {*METRIC.findall(everywhere)} == {*COUNTERS}
    places = [tuple(panel["gridPos"][name] for name in "xy") for panel in dashboard["panels"]]
    assert len({*places}) == len(places)


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool here, which knows the language of rules")
def test_prometheus_takes_the_alerts() -> None:
    command = [str(PROMTOOL), "check", "rules", str(FOLDER / "alerts.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert f"{len(rules())} rules found" in ended.stdout


def test_the_pods_that_are_scraped_have_the_port() -> None:
    monitor = yaml.safe_load((FOLDER / "podmonitor.yaml").read_text())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    job = (TOP / "cluster" / "kuberay" / "base" / "rayjob.yaml").read_text()
    assert job.count(f"name: {endpoint['port']}, containerPort: ") == 2  # of head and workers
