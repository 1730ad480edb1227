"""What `daf ingest` can be told."""

from dataclasses import dataclass, field
from typing import Annotated

import typer


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """Turn recordings and transcripts into a manifest: one row an utterance, in parts.

    Bad rows go to MANIFEST/_quarantine, each with its reason; nothing is dropped in silence. Run it
    again after an interruption to go on, or when there is more: new recordings are added, changed
    ones (size, time or ETag, rows, labels) replaced; rows of recordings that are gone stay.
    """

    source: Annotated[
        str,
        typer.Argument(
            help="A table (.csv, .jsonl, .parquet) with the columns text, audio_path or audio_uri, "
            "a folder of recordings with transcripts (.vtt, .srt) of the same names, or a labelled "
            "corpus as it came: MMSA's pickle, MMSA-FET's label.csv and Raw/, MELD, IEMOCAP, or a "
            "folder of .csd files."
        ),
    ]
    out: Annotated[str, typer.Option(help="Folder of the manifest to write.")]
    part_minutes: Annotated[
        float | None,
        typer.Option(
            help="Minutes of audio in a part, the unit of work. Default: 5, and 20 in archives of "
            "more than some hours.",
            min=0.1,
        ),
    ] = None
    rename: Annotated[
        list[str],
        typer.Option(help="THEIRS=OURS: a table's column and the name it has here. Repeatable."),
    ] = field(default_factory=list)
    channels: Annotated[
        str | None,
        typer.Option(
            help="Who speaks on which channel, as 0=agent,1=customer (folders). "
            "Without it channels are mixed."
        ),
    ] = None
    labels: Annotated[
        str | None,
        typer.Option(
            help="Table of labels for a folder: recording_id, start_s, label, and channel, split."
        ),
    ] = None
    check_contents: Annotated[
        bool,
        typer.Option(
            "--check-contents",
            help="Files have changed where their SHA-256 has, not size and time. Reads all audio.",
        ),
    ] = False
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Replace a manifest that was made otherwise.")
    ] = False
