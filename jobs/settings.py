"""The settings of each verb; `jobs.cli` makes the command line of them."""

from dataclasses import dataclass, field
from typing import Annotated

import typer


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """Turn recordings and transcripts into a manifest: one row an utterance, in parts.

    Bad rows go to MANIFEST/_quarantine, each with its reason; nothing is dropped in silence.
    """

    source: Annotated[
        str,
        typer.Argument(
            help="A table (.csv, .jsonl, .parquet) with the columns text, audio_path or audio_uri, "
            "or a folder of recordings with transcripts (.vtt, .srt) of the same names."
        ),
    ]
    out: Annotated[str, typer.Option(help="Folder of the manifest to write.")]
    part_minutes: Annotated[
        float, typer.Option(help="Minutes of audio in a part, the unit of work.", min=0.1)
    ] = 20.0
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
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Replace a manifest that was made otherwise.")
    ] = False
