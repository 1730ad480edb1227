"""A job's output folder: its table, its quarantine, the run record and the index.

ROOT/KIND/part-00000.parquet …        the table, and nothing else: the folder to point a reader at
ROOT/quarantine/part-00000.parquet …  the quarantine of each part
ROOT/run.json                         the run record
ROOT/attempts/                        what each attempt at the run came to
ROOT/index/                           what spares the next command a reading of all parts

The table has a folder of its own because DuckDB, Polars and fastparquet read, or stumble over,
whatever else lies in or under a folder, whatever its name. The root holds no Parquet file, so that
a reader that is pointed at ROOT/*.parquet finds nothing instead of something else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from daf_core.schemas import META
from daf_core.storage import files, parquet

RECORD = "run.json"
OLDER_RECORD = "_run.json"  # where parts lay in the root
# Names of what lies in the root of an output, of any kind.
NAMES = frozenset(
    {
        *(
            RECORD,
            "attempts",
            "calls",
            "compacted",
            "embeddings",
            "index",
            "manifest",
            "quarantine",
        ),
        *("report.html", "scores", "speakers", "transcribed", "words"),
    }
)


@dataclass(frozen=True)
class Output:
    """The folder of a run whose tables are of one `kind` (manifest, embeddings, scores …).

    Parts are named part-00000.parquet, part-00001.parquet …; a part of the manifest has the same
    name in every output made from it. The quarantine of a part has its name too, in another folder.

    index: name of the part index; tables that are made of a finished output, and lie beside it,
    have an index of their own, and share its run record.
    """

    root: str
    kind: str
    index: str = "parts"

    @property
    def parts_uri(self) -> str:
        """Folder of the parts: the table, which any Parquet reader reads whole."""
        return files.join(self.root, self.kind)

    @property
    def quarantine_uri(self) -> str:
        """Folder of the parts' quarantine."""
        return files.join(self.root, "quarantine")

    @property
    def record_uri(self) -> str:
        """The run record, JSON (`run_record`)."""
        return files.join(self.root, RECORD)

    @property
    def attempts_uri(self) -> str:
        """Folder of the attempts at the run (`attempts`)."""
        return files.join(self.root, "attempts")

    @property
    def index_uri(self) -> str:
        """The part index, Parquet (`part_index`)."""
        return files.join(self.root, "index", f"{self.index}.parquet")

    @property
    def recordings_uri(self) -> str:
        """In a manifest: folder of the catalogue entries of each part (`manifest.catalogue`)."""
        return files.join(self.root, "index", "recordings")

    @property
    def all_recordings_uri(self) -> str:
        """In a finished manifest: the catalogue entries of all parts in one file."""
        return files.join(self.root, "index", "recordings.parquet")

    @property
    def words_uri(self) -> str:
        """In a manifest by `daf transcribe`: folder of the words of each part."""
        return files.join(self.root, "words")

    def part_uri(self, name: str) -> str:
        """Path or URI of the part with this name."""
        return files.join(self.parts_uri, name)

    def part_names(self) -> list[str]:
        """Names of the parts that are there, sorted. Takes one listing."""
        return parquet.list_parts(self.parts_uri)

    def has(self, name: str) -> bool:
        """Whether the part is there."""
        return files.exists(self.part_uri(name))

    def quarantine_names(self) -> list[str]:
        """Names of the parts whose quarantine is there, sorted. Takes one listing."""
        return parquet.list_parts(self.quarantine_uri)

    def has_quarantine(self, name: str) -> bool:
        """Whether the quarantine of a part is there."""
        return files.exists(files.join(self.quarantine_uri, name))

    def read(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a part, all columns or some.

        Raises:
            SettingsError: the part is missing, or is not a table of this kind and version.
            NotDone: the storage fails.
        """
        return parquet.read(self.part_uri(name), self.kind, columns)[0]

    def read_all(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows of every part, one table per part, in the order of their names.

        Raises:
            SettingsError: as `read`.
            NotDone: as `read`.
        """
        return (self.read(name, columns) for name in self.part_names())

    def footer(self, name: str) -> dict[str, str]:
        """The footer entries of a part, without reading its rows.

        Raises:
            SettingsError: as `read`.
            NotDone: as `read`.
        """
        return parquet.read_footer(self.part_uri(name), self.kind)[1]

    def read_quarantine(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The quarantine of a part, all columns or some; `meta` is null in those of an older daf.

        Raises:
            SettingsError: as `read`.
            NotDone: as `read`.
        """
        found = parquet.read(files.join(self.quarantine_uri, name), "quarantine", columns)[0]
        if META.name in found.column_names or META.name not in (columns or [META.name]):
            return found
        return found.append_column(META, pa.nulls(len(found), META.type))

    def encoded(
        self, name: str, rows: pa.Table, quarantine: pa.Table, footer: dict[str, str]
    ) -> list[tuple[str, bytes]]:
        """The two files of a part as (URI, bytes), in the order in which they are published.

        The footer of the part holds the entries of `footer` and the schema metadata of `rows`.
        """
        own = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
        return [
            (
                files.join(self.quarantine_uri, name),
                parquet.parquet_bytes(quarantine, "quarantine", footer),
            ),
            (self.part_uri(name), parquet.parquet_bytes(rows, self.kind, {**own, **footer})),
        ]

    def delete(self, name: str) -> None:
        """Delete a part, its quarantine and words. The next run makes a part that is missing."""
        for folder in (self.parts_uri, self.quarantine_uri, self.words_uri):
            files.delete(files.join(folder, name))


def manifest_output(root: str) -> Output:
    """The manifest in `root`."""
    return Output(files.absolute(root), "manifest")


def embeddings_output(root: str) -> Output:
    """The embeddings in `root`."""
    return Output(files.absolute(root), "embeddings")


def scores_output(root: str) -> Output:
    """The scores in `root`."""
    return Output(files.absolute(root), "scores")


def calls_output(root: str) -> Output:
    """The table of calls beside the scores in `root`."""
    return Output(files.absolute(root), "calls", index="calls")


def speakers_output(root: str) -> Output:
    """The table of speakers beside the scores in `root`."""
    return Output(files.absolute(root), "speakers", index="speakers")


def predictions_output(root: str) -> Output:
    """The predictions of a robustness grid in `root`."""
    return Output(files.absolute(root), "predictions")


def trials_output(root: str) -> Output:
    """The trials of a comparison of heads in `root`."""
    return Output(files.absolute(root), "trials")


def compacted_output(root: str) -> Output:
    """The scores in few large parts in `root`."""
    return Output(files.absolute(root), "compacted")
