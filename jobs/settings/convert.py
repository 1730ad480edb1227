"""Settings of `daf convert`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from cyclopts import Parameter

from jobs.settings.options import INPUT


@dataclass(frozen=True, kw_only=True)
class ConvertSettings:
    """Write transcripts, or scores with their words, as WebVTT, SubRip, JSON Lines or CSV.

    Scores go with their cues: columns of .jsonl and .csv, and in .vtt a NOTE before the cue, which
    no player shows. SubRip has no comments: a .srt has the words without scores.
    """

    source: Annotated[str, Parameter(group=INPUT)] = field(kw_only=False)
    """A transcript of any format that is read, a folder of them, or a folder made by
    `daf score`."""

    to: Annotated[Literal["vtt", "srt", "jsonl", "csv"], Parameter(group=INPUT)]
    """Format to write."""

    out: Annotated[str, Parameter(group=INPUT)]
    """File for one recording, if it ends in .vtt, .srt, .jsonl or .csv as --to says; else a folder
    for a file per recording, and not_used.csv, which names what was not written."""

    manifest: Annotated[str | None, Parameter(group=INPUT)] = None
    """Manifest to take the words of scores from. Default: the one that was scored."""

    redact: Annotated[bool, Parameter(group=INPUT)] = False
    """Replace payment cards, IBANs, phone numbers, mail addresses and other numbers of 5 digits
    and more in the words by marks such as [CARD], as `daf ingest` can."""
