"""Settings of `daf score`."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.default_heads import DEFAULT
from daf_core.errors import SettingsError
from jobs.settings.encode import PartsRun
from jobs.settings.ingest import SourceOptions
from jobs.settings.options import ENCODERS, INPUT


@dataclass(frozen=True, kw_only=True)
class ScoreSettings(PartsRun, SourceOptions):
    """Score recordings and transcripts: sentiment and modality weights of every utterance.

    Ingests the source into OUT/manifest, scores it, verifies that every row is accounted for, and
    makes OUT/report.html. Run the command again to continue after an interruption, or when the
    source has changed: only what is new is scored.
    """

    source: Annotated[str | None, Parameter(group=INPUT)] = field(default=None, kw_only=False)
    """What `daf ingest` takes: a folder of recordings and transcripts, a table, a labelled corpus;
    or a folder that it made."""

    manifest: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder made by `daf ingest`, as SOURCE."""

    embeddings: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder made by `daf embed`, instead of SOURCE. Only scores are made of it."""

    head: Annotated[str, Parameter(group=INPUT)] = DEFAULT
    """Folder made by `daf train`, or name of a head of the package (see `daf models`)."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for scores/, quarantine/, report.html and more, local or s3://."""

    transcribe: Annotated[
        list[str] | None, Parameter(group=ENCODERS, consume_multiple=(0, 1), negative="")
    ] = None
    """Recognize words where there are none first, as `daf transcribe` does, into OUT/transcribed.
    A model may follow, as --transcribe small; the default one knows English alone. Needs the
    extra asr."""

    verify: Annotated[bool, Parameter(group=INPUT, negative="--no-verify")] = True
    """Check that every row is accounted for, as `daf verify` does; reads the ids of all rows."""

    report: Annotated[bool, Parameter(group=INPUT, negative="--no-report")] = True
    """Make OUT/report.html; reads all scores."""

    drop_text: Annotated[bool, Parameter(group=INPUT)] = False
    """Keep the words only until the scores are whole: then no table, page or log in OUT holds
    them. When the source has changed, what must be scored again is read again."""

    def __post_init__(self) -> None:
        PartsRun.__post_init__(self)
        SourceOptions.__post_init__(self)
        given = [name for name in ("source", "manifest", "embeddings") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(f"`{name}`" for name in given) or "none"
            raise SettingsError(
                f"expected one of SOURCE, `manifest` and `embeddings`, found {found}"
            )
        if self.embeddings is not None and self.transcribe is not None:
            raise SettingsError("`transcribe`: goes with recordings, found `embeddings`")
