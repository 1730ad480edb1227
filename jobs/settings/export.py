"""Settings of `daf export`."""

import os
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from daf_core.errors import SettingsError

Form: TypeAlias = Literal["csv", "jsonl", "xlsx", "duckdb", "amazon"]
ENDINGS: dict[str, Form] = {".xlsx": "xlsx", ".duckdb": "duckdb", ".db": "duckdb"}
OF_TABLES = (".csv", ".jsonl", ".json", ".parquet")  # of one table; csv and jsonl write three


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """Write utterances with their words, calls and speakers in a form that other programs take.

    `daf convert` writes scores as subtitles.
    """

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    to: Form | None = None
    """csv, jsonl: a file for each table; xlsx: a workbook with a sheet for each; duckdb: a database
    file; amazon: a JSON file per call, as Amazon Transcribe Call Analytics writes them. Default: by
    the ending of --out; csv without one."""

    out: str
    """Folder for csv, jsonl and amazon, file for xlsx and duckdb."""

    where: str | None = None
    """Only calls for which this SQL condition holds, as in `daf calls`."""

    text: Annotated[bool, Parameter(negative="--no-text")] = True
    """Write the words. --no-text leaves them out."""

    redact: bool = False
    """Replace payment cards, IBANs, phone numbers, mail addresses and other numbers of 5 digits
    and more in the words by marks such as [CARD], as `daf ingest` can."""

    def __post_init__(self) -> None:
        ending = os.path.splitext(self.out)[1].lower()
        if ENDINGS.get(ending, self.form) == self.form and ending not in OF_TABLES:
            return
        own = [name for name, form in ENDINGS.items() if form == self.form]
        expected = f"a file that ends in {own[0]}" if own else "a folder for a file of each table"
        raise SettingsError(
            f"`out` {self.out}: expected the name of {expected} (`to` {self.form}), found one that "
            f"ends in {ending}"
        )

    @property
    def form(self) -> Form:
        """What is written."""
        return self.to or ENDINGS.get(os.path.splitext(self.out)[1].lower(), "csv")
