"""The degraded pairs: real sentences on real voices, one side damaged (see ../shared/tools)."""

import csv
import subprocess
import sys
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"


def degraded_pairs(work: Path, seed: int, test_rows: int | None = None) -> Path:
    """manifest.csv of the degraded pairs with this seed, made under `work` if it is not there."""
    tool = SHARED / "tools" / "make_degraded_pairs.py"
    if not tool.exists():
        sys.exit(f"skipped: {tool} is not here, and the pairs are made from research data")
    size = [] if test_rows is None else ["--test", str(test_rows)]
    folder = work / "-".join(["pairs", str(seed), *size[1:]])
    if not (folder / "complete").exists():
        command = [sys.executable, tool, "--data", SHARED / "data", "--out", folder]
        subprocess.run([*command, "--seed", str(seed), *size], check=True)
        (folder / "complete").touch()
    return folder / "manifest.csv"


def write_rows(place: Path, rows: list[dict[str, str]]) -> Path:
    """Rows, at least one, as a table at `place`."""
    with place.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return place
