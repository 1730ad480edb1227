"""The tables of corpora under --data. benchmarks/data/README.md describes the layout."""

import csv
import sys
from pathlib import Path
from typing import TypeAlias

Row: TypeAlias = dict[str, str]  # one row of a CSV table, by column


def corpus_table(data: Path, corpus: str) -> Path:
    """The table DIR/CORPUS/manifest.csv; ends the program where it is missing."""
    found = data / corpus / "manifest.csv"
    if not found.is_file():
        sys.exit(
            f"{found}: expected the table of {corpus}, found no file; benchmarks/data/README.md "
            f"says where the corpora come from and how to lay them out"
        )
    return found


def read_rows(table: Path) -> list[Row]:
    """All rows of a CSV table."""
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(table: Path, rows: list[Row]) -> Path:
    """Write `rows`, at least one, as a CSV table; returns its path."""
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return table
