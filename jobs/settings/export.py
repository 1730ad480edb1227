"""Settings of `daf export`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

Form: TypeAlias = Literal["csv", "jsonl", "xlsx", "duckdb", "amazon"]


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """Write utterances with their words, calls and speakers in a form that other programs take.

    `daf convert` writes scores as subtitles.
    """

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    to: Form
    """csv, jsonl: a file for each table; xlsx: a workbook with a sheet for each; duckdb: a database
    file; amazon: a JSON file per call, as Amazon Transcribe Call Analytics writes them."""

    out: str
    """Folder for csv, jsonl and amazon, file for xlsx and duckdb."""

    where: str | None = None
    """Only calls for which this SQL condition holds, as in `daf calls`."""

    text: Annotated[bool, Parameter(negative="--no-text")] = True
    """Write the words. --no-text leaves them out."""

    redact: bool = False
    """Replace payment cards, IBANs, phone numbers, mail addresses and other numbers of 5 digits
    and more in the words by marks such as [CARD], as `daf ingest` can."""
