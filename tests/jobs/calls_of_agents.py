"""Scores of 30 calls of two agents in two parts, and what `daf calls` lists of them."""

import json
from pathlib import Path

import pytest

from jobs.settings import CallsSettings
from jobs.verbs import calls
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import quarantine_of, scores_of

AGENTS = ("ana", "ben")


def rows_of(recordings: range) -> list[dict[str, object]]:
    """Two utterances a call, the second 1 higher; calls of Ana are lower than those of Ben."""
    return [
        {"utterance_id": f"c{number:02}-{turn}", "recording_id": f"c{number:02}", "channel": turn}
        | {"start_s": 10.0 * turn, "end_s": 10.0 * turn + 8, "words": 20}
        | {"sentiment": number / 20 + turn - 2 * (number % 2)}
        | {"meta": [("agent", AGENTS[1 - number % 2]), ("Odd name'\"", "=1+1")]}
        for number in recordings
        for turn in (0, 1)
    ]


def scores_of_agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of 30 calls, and a call of which nothing could be scored."""
    folder = tmp_path_factory.mktemp("scores") / "s"
    tables = [scores_of(rows_of(range(start, start + 15))) for start in (0, 15)]
    scores_folder(folder, tables, {1: quarantine_of([("\x1b[31mred", "no_speech")])})
    return folder


def listed(scores: Path, **options: object) -> list[dict[str, object]]:
    text = calls.run(CallsSettings(str(scores), to="jsonl", **options))  # type: ignore[arg-type]
    return [json.loads(line) for line in text.splitlines()]
