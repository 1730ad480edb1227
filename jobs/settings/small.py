"""Settings of the small verbs: verify, report, demo, models."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@dataclass(frozen=True, kw_only=True)
class VerifySettings:
    """Check that every manifest row is either scored or quarantined, once; exit status 1 if not."""

    manifest: str
    """Folder made by `daf ingest`."""

    scores: str
    """Folder made by `daf score`."""


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Make one HTML page about scored recordings. It opens in any browser and loads nothing."""

    scores: str
    """Folder made by `daf score`."""

    out: str = "report.html"
    """File for the page."""

    manifest: str | None = None
    """Manifest to take the words from. Default: the one that was scored."""

    text: Annotated[bool, Parameter(negative="--no-text")] = True
    """Show the words. --no-text leaves them out, so that the page can be shared."""

    audio: Annotated[bool, Parameter(negative="--no-audio")] = True
    """Hold clips of the ten moments to hear first. --no-audio leaves them out."""


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """Score bundled calls of synthesized speech and make a report; then show how a head is
    trained. On this machine's CPU.
    """

    out: str = "daf-demo"
    """Folder for everything that the demo makes."""


@dataclass(frozen=True, kw_only=True)
class ModelsSettings:
    """List the heads of the package, and the known encoders and where their weights are; download
    or check them."""

    get: str | None = None
    """Download weights into the hub cache first: a Hugging Face id, or ID@REVISION."""

    check: bool = False
    """Read the weights on this machine and compare their SHA-256."""
