"""All that a folder says: every cell and footer of its tables, every byte of its other files."""

import zipfile
from pathlib import Path

import pyarrow.parquet as pq


def stored_text(folder: Path) -> str:
    """Names and contents of all files under a folder, as one text."""
    return "\n".join(_said(path, folder) for path in sorted(folder.rglob("*")) if path.is_file())


def _said(path: Path, folder: Path) -> str:
    name, data = str(path.relative_to(folder)), path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        footer = {
            key.decode(): value.decode() for key, value in pq.read_metadata(path).metadata.items()
        }
        return f"{name} {footer} {table.to_pylist()} {data.decode(errors='replace')}"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return name + "".join(
                archive.read(one).decode(errors="replace") for one in archive.namelist()
            )
    return f"{name} {data.decode(errors='replace')}"
