"""What a Parquet file declares is checked before memory is taken for it."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.recordings.decoding.parquet_cell import cell_uri
from daf_core.recordings.decoding.parquet_pages import check_pages
from daf_core.sources.table_rows import open_rows
from tests.core.hostile.parquet_bombs import declares_2_gb, long_footer, unfolds

# Reads a table with 300 MB of address space beyond the start: what asks for more fails at once.
READ = """
import resource, sys
from pathlib import Path
import pyarrow.parquet
from daf_core.errors import SettingsError
from daf_core.sources.table_rows import open_rows
with open_rows(sys.argv[1]) as table:
    list(table.rows)
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (300 << 20),) * 2)
for path in sys.argv[2:]:
    try:
        with open_rows(path) as table:
            list(table.rows)
    except SettingsError as err:
        print(err)
"""
CODECS = ("none", "snappy", "zstd", "gzip", "brotli", "lz4")


def test_pages_that_declare_more_than_they_hold_are_refused_before_memory_is_taken(
    tmp_path: Path,
) -> None:
    good = tmp_path / "good.parquet"
    pq.write_table(pa.table({"text": ["fine"]}), good)
    paths = [tmp_path / f"{number}.parquet" for number in range(2 * len(CODECS) + 1)]
    for number, path in enumerate(paths[1:]):
        declares_2_gb(path, CODECS[number // 2], dictionary=bool(number % 2))
    unfolds(paths[0])
    run = [sys.executable, "-c", READ, str(good), *map(str, paths)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    for path, line in zip(paths, said, strict=True):
        assert line.startswith(f"{path}: cannot be read after"), line
        assert "expected a page of at most" in line


def test_a_name_in_the_footer_that_is_no_utf8_is_a_damaged_table(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["fine"]}), path)
    pieces = path.read_bytes().split(b"text")
    assert len(pieces) > 2  # in the schema, and where the column is
    for place in range(1, len(pieces)):
        damaged = b"text".join(pieces[:place]) + b"t\xffxt" + b"text".join(pieces[place:])
        path.write_bytes(damaged)
        with pytest.raises(SettingsError, match=r"t\.parquet: "), open_rows(str(path)) as table:
            list(table.rows)


@pytest.mark.parametrize("kind", [9, 10, 11, 12], ids=["lists", "sets", "maps", "structs"])
def test_headers_that_nest_for_ever_are_refused(kind: int) -> None:
    header = bytes([0x10 | kind]) * 100_000
    chunk = SimpleNamespace(
        data_page_offset=0, dictionary_page_offset=None, total_compressed_size=len(header)
    )
    with pytest.raises(ValueError, match="expected the header of a page"):
        check_pages(io.BytesIO(header), chunk)


def test_a_long_footer_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    long_footer(path)
    with pytest.raises(ValueError, match="expected a footer of at most"), open_rows(str(path)):
        pass


def test_a_stored_recording_whose_page_unfolds_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    cells = pa.array([b"\0" * (200 << 20)], pa.binary())
    pq.write_table(pa.table({"audio": cells}), path, compression="zstd")
    with pytest.raises(BadInput, match="expected a page of at most"):
        open_recording(cell_uri(str(path), "audio", 0))


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pages_of_any_kind_are_read_as_ever(tmp_path: Path, version: str, encoding: str) -> None:
    path = tmp_path / "t.parquet"
    texts = [None if number % 5 else f"words {number}" for number in range(20_000)]
    lists = [[number] * (number % 3) for number in range(20_000)]
    flags = [bool(number % 2) for number in range(20_000)]
    pq.write_table(
        pa.table({"text": texts, "lists": lists, "flags": flags}),
        path,
        data_page_version=version,
        data_page_size=4096,
        row_group_size=7_000,
        write_page_checksum=True,
        column_encoding={"text": encoding},
        use_dictionary=["lists.list.element"],
    )
    with open_rows(str(path)) as table:
        found = [cells for _, cells in table.rows]
    assert [row["text"] for row in found if isinstance(row, dict)] == texts
