"""The corpora that the scripts about heads share, ingested and embedded once a --work folder."""

from pathlib import Path
from typing import Any

from benchmarks.corpora import corpus_table
from daf_core.storage import run_record
from daf_core.storage.output import embeddings_output
from jobs.settings import EmbedSettings, IngestSettings
from jobs.verbs import embed, ingest

TEST_ROWS = 3000  # of the degraded pairs
TIMES = {"start": "start_s", "end": "end_s"}
RENAME = {
    "mosei": {"video_id": "recording_id", **TIMES},
    "mosi": {"video_id": "recording_id", **TIMES},
    "meld": {},
    "ravdess": {},
}


def embed_table(
    table: Path, work: Path, name: str, rename: dict[str, str] | None = None, **options: Any
) -> str:
    """Ingest and embed a table; returns the folder of the embeddings.

    Nothing is done where the embeddings called `name` are finished. rename: columns of the table,
    theirs → ours; options: further fields of EmbedSettings.
    """
    manifest, embeddings = folders(work, name)
    if run_record.read_if_complete(embeddings_output(embeddings)) is None:
        anywhere = ["/"]  # tables of ours name clips of several folders
        asked = IngestSettings(
            source=str(table), out=manifest, rename=rename or {}, allow_root=anywhere
        )
        print(ingest.run(asked))
        how = EmbedSettings(manifest=manifest, out=embeddings, allow_root=anywhere, **options)
        print(embed.run(how), flush=True)
    return embeddings


def embed_mosei(data: Path, work: Path, frames: int = 0) -> str:
    """Embed the sentences of CMU-MOSEI with the default encoders."""
    table = corpus_table(data, "mosei")
    return embed_table(table, work, with_frames("mosei", frames), RENAME["mosei"], frames=frames)


def folders(work: Path, name: str) -> tuple[str, str]:
    """The folders of the manifest and the embeddings of a corpus."""
    return str(work / f"{name}-manifest"), str(work / f"{name}-embeddings")


def pairs_name(seed: int) -> str:
    """The name of the degraded pairs with this seed."""
    return f"pairs-{seed}-{TEST_ROWS}"


def with_frames(name: str, frames: int) -> str:
    """The name of a corpus whose embeddings hold so many frames; 0: none."""
    return f"{name}-frames-{frames}" if frames else name
