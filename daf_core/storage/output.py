"""Where a job puts its parts, their quarantine and the record of the run."""

from dataclasses import dataclass

from daf_core.storage import files


@dataclass(frozen=True)
class Output:
    """Where a job puts its parts, their quarantine and the record of the run.

    A leading underscore keeps quarantine and record out of the way of Parquet readers that are
    pointed at the whole folder.
    """

    root: str
    kind: str
    parts: str = ""
    quarantine: str = "_quarantine"
    record: str = "_run.json"
    index: str = "_index.parquet"

    @property
    def parts_uri(self) -> str:
        """Folder of the parts."""
        return files.join(self.root, self.parts) if self.parts else self.root

    @property
    def quarantine_uri(self) -> str:
        """Folder of the parts' quarantine."""
        return files.join(self.root, self.quarantine)

    @property
    def record_uri(self) -> str:
        """The record of the run, JSON."""
        return files.join(self.root, self.record)

    @property
    def recordings_uri(self) -> str:
        """Of a manifest: folder of what each part holds of which recording, see `catalogue`."""
        return files.join(self.root, "_recordings")

    @property
    def all_recordings_uri(self) -> str:
        """Of a finished manifest: the same of all parts."""
        return files.join(self.root, "_recordings.parquet")

    @property
    def index_uri(self) -> str:
        """What is known of each part, see `index`."""
        return files.join(self.root, self.index)


def manifest_output(root: str) -> Output:
    """Layout of MANIFEST."""
    return Output(files.absolute(root), "manifest")


def embeddings_output(root: str) -> Output:
    """Layout of EMBEDDINGS."""
    return Output(files.absolute(root), "embeddings")


def scores_output(root: str) -> Output:
    """Layout of SCORES: scores/, quarantine/ and run.json."""
    names = {"parts": "scores", "quarantine": "quarantine"}
    return Output(files.absolute(root), "scores", **names, record="run.json", index="index.parquet")
