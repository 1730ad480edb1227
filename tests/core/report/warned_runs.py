"""Reports of runs without anything to warn of, but for what a test changes."""

from pathlib import Path
from typing import Any

import numpy as np

from daf_core.report.page import Report, gather
from tests.core.report.score_files import publish, score

ROWS = 200
IDENTITY = {
    "head": {"sha256": "0" * 64, "languages": ["en"], "encoders": {"text": {}, "audio": {}}}
}


def sound_row(number: int, **changes: Any) -> dict[str, Any]:
    """A row of a run without anything to warn of; of 200 such rows nothing follows anything."""
    rng = np.random.default_rng(number)
    sentiment, seconds = float(rng.uniform(-2, 2)), float(rng.uniform(1, 9))
    row = score(
        f"u{number}",
        f"calls/{number % 10}",
        sentiment=sentiment,
        start_s=float(number),
        end_s=number + seconds,
        channel=None,
        interval_low=sentiment - 0.7,
        interval_high=sentiment + 0.7,
        audio_weight=(weight := float(rng.uniform(0.2, 0.6))),
        text_weight=1 - weight,
        text_sentiment=sentiment,
        audio_sentiment=sentiment,
        text_familiarity=0.5,
        audio_familiarity=0.4,
        language="en",
        level_db=float(rng.normal(-25, 5)),
    )
    return row | changes


VOICE = {"text_weight": 0.0, "audio_weight": 1.0, "text_sentiment": None, "text_familiarity": None}
VOICE |= {"language": None}


def voice_row(number: int, **changes: Any) -> dict[str, Any]:
    """As `sound_row`, without words."""
    return sound_row(number, **{**VOICE, "flags": ["no_text"], **changes})


def report_of(folder: Path, rows: list[dict[str, Any]], **run: Any) -> Report:
    """The report of a run with these rows, in three parts."""
    cut = len(rows) // 3
    parts = [rows[:cut], rows[cut : 2 * cut], rows[2 * cut :]]
    return gather(publish(folder, parts, identity=IDENTITY, **run))


def titles(report: Report) -> list[str]:
    return [one.title for one in report.known.warnings]
