"""What each verb of the command line takes: one frozen dataclass a verb."""

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Make one HTML page about scored recordings; it opens in any browser and loads nothing."""

    scores: Annotated[str, typer.Option(help="Folder that daf score wrote.")]
    out: Annotated[str, typer.Option(help="File to write the page to.")] = "report.html"
    manifest: Annotated[
        str | None,
        typer.Option(help="Manifest to take the words from.", show_default="the one scored"),
    ] = None
    text: Annotated[
        bool,
        typer.Option("--text/--no-text", help="Show words; leave them out to share the page."),
    ] = True
