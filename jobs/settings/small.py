"""Settings of the small verbs: verify, report, compact, forget, demo, models."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import SettingsError, check_whole
from jobs.settings.options import Items


@dataclass(frozen=True, kw_only=True)
class VerifySettings:
    """Check that every manifest row is either scored or quarantined, once; exit status 1 if not."""

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    manifest: str | None = None
    """Folder made by `daf ingest`. Default: the manifest that was scored."""


@dataclass(frozen=True, kw_only=True)
class CompactSettings:
    """Copy finished scores into few large files, for readers that open every file.

    The scores do not change, and other commands of daf go on using them. Run this command again
    after an interruption or when the scores have changed: only what has changed is copied again.
    """

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    out: str
    """Folder for the copy, local or s3://."""

    mb: int = 128
    """Join parts until a file holds at least so many megabytes of scores (1 to 1024)."""

    fresh: bool = False
    """Delete an earlier copy in --out and start over."""

    def __post_init__(self) -> None:
        check_whole("mb", self.mb, least=1, most=1024)


@dataclass(frozen=True, kw_only=True)
class ForgetSettings:
    """Remove recordings from what daf made: manifest, embeddings, scores, calls, labels.

    They do not come back with the next run over the same source. Run the command again after an
    interruption; let no other command work on the folder meanwhile.
    """

    folder: str = field(kw_only=False)
    """Folder made by `daf score`, `daf ingest`, `daf transcribe` or `daf embed`."""

    recording: Items = field(default_factory=list)
    """Ids of recordings, as the tables have them."""

    recordings: str | None = None
    """Table with a column recording_id, of many recordings."""

    hash_ids: str | None = field(default=None, repr=False)
    """The salt of the run, or @FILE: ids are given as the source has them."""

    undo: bool = False
    """Take the recordings in again with the next run over the source."""

    def __post_init__(self) -> None:
        if not self.recording and self.recordings is None:
            raise SettingsError("expected `recording` or `recordings`, found none")


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Make one HTML page about scored recordings. It opens in any browser and loads nothing."""

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    out: str | None = None
    """File for the page. Default: report.html in the folder of the scores."""

    manifest: str | None = None
    """Manifest to take the words from. Default: the one that was scored."""

    text: Annotated[bool, Parameter(negative="--no-text")] = True
    """Show the words. --no-text leaves them out, so that the page can be shared."""

    audio: Annotated[bool, Parameter(negative="--no-audio")] = True
    """Put clips of the ten moments to hear first into the page. --no-audio leaves them out."""

    allow_root: Items = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: where the manifest says. cluster/SECURITY.md says why."""


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
