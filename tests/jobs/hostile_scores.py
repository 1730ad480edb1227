"""Scores of calls that are named by hostile strings, and what must not be left of these."""

import csv
import re
from pathlib import Path

import pytest

from tests import hostile
from tests.browser.browsed import hostile_calls, publish

EACH = pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)
TERMINAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
FORMULA = re.compile(r"\s*[=+\-@\uff1d]|[\t\r]")  # that is no number


def hostile_scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finished scores of a call for each string, in a folder that holds nothing else."""
    folder = tmp_path_factory.mktemp("hostile") / "scores"
    publish(folder, [hostile_calls()])
    return folder


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
