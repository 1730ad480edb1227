"""Tables to ingest, and the texts and reasons that ingest makes of them."""

from pathlib import Path
from typing import Any

from tests.core.sources.ingest import ingest


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def texts(path: Path, **options: Any) -> list[str]:
    rows, quarantined = ingest(path, **options)
    assert quarantined == []
    return [row["text"] for row in rows]


def reasons(path: Path, **options: Any) -> list[tuple[str, str]]:
    """Place and reason of each quarantined row."""
    return [
        (row["message"].split(": ")[0], row["reason"])
        for row in ingest(path, **options).quarantined
    ]
