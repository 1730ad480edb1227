"""Settings of `daf browse`."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import check_whole
from jobs.settings.options import Items

LARGEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class BrowseSettings:
    """Look into finished scores in a browser: list and search calls, hear and label utterances.

    Prints a link and serves it, on this machine alone, until Ctrl-C. Labels are kept in
    SCORES/labels.csv, which `daf adapt` takes.
    """

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    port: int = 0
    """Port to serve at. 0: one that is free."""

    manifest: str | None = None
    """Manifest to take words and recordings from. Default: the one that was scored."""

    text: Annotated[bool, Parameter(negative="--no-text")] = True
    """Show and search the words. --no-text leaves them out, also of the labels."""

    allow_root: Items = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: where the manifest says. cluster/SECURITY.md says why."""

    def __post_init__(self) -> None:
        check_whole("port", self.port, least=0, most=LARGEST_PORT)
