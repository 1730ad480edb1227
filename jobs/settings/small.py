"""What the small verbs can be told: verify, report, demo, models."""

from dataclasses import dataclass
from typing import Annotated

import typer

from jobs.settings.options import Manifest


@dataclass(frozen=True, kw_only=True)
class VerifySettings:
    """Check that every manifest row is in scores xor quarantine, once; exit status 1 if not."""

    manifest: Manifest
    scores: Annotated[str, typer.Option(help="Folder that `daf score` made.")]


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


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """Run everything on a small bundled corpus of synthesized speech, on this machine's CPU."""

    out: Annotated[str, typer.Option(help="Folder for all that the demo makes.")] = "daf-demo"


@dataclass(frozen=True, kw_only=True)
class ModelsSettings:
    """List the encoders daf was made with and where their weights are; get more, check them."""

    get: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Hugging Face id, or id@revision, to bring into the hub cache first."
        ),
    ] = None
    check: Annotated[
        bool, typer.Option("--check", help="Read the weights that are here and compare their sums.")
    ] = False
