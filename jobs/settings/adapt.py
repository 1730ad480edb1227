"""Settings of `daf label` and `daf adapt`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from cyclopts import Parameter

from daf_core.errors import SettingsError, check_seed, check_whole
from jobs.settings.encode import EncodeResources
from jobs.settings.options import INPUT, RESOURCES, TRAINING, Items


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """Choose the utterances whose labels would help most, as a table to fill in for `daf adapt`.

    They are spread over recordings and sentiments, and half of them are uncertain ones. The table
    does not show what the head says, as that would sway who labels.
    """

    scores: Annotated[str, Parameter(group=INPUT)] = field(kw_only=False)
    """Folder made by `daf score`."""

    out: Annotated[str, Parameter(group=INPUT)]
    """CSV file to write. Fill in its column label: -3 strongly negative, 0 neutral, 3 strongly
    positive."""

    rows: Annotated[int, Parameter(group=INPUT)] = 100
    """Number of utterances: 50 calibrate, a few hundred also train."""

    manifest: Annotated[str | None, Parameter(group=INPUT)] = None
    """Manifest to take the words from. Default: the one that was scored."""

    text: Annotated[bool, Parameter(group=INPUT, negative="--no-text")] = True
    """Write the words. --no-text leaves them out."""

    show_scores: Annotated[bool, Parameter(group=INPUT)] = False
    """Add the sentiment that the head gave. Labels then lean towards it."""

    seed: Annotated[int, Parameter(group=INPUT)] = 0
    """Another seed chooses other utterances."""

    fresh: Annotated[bool, Parameter(group=INPUT)] = False
    """Replace a table that holds labels already."""

    def __post_init__(self) -> None:
        check_whole("rows", self.rows, least=1, most=10_000)
        check_seed(self.seed)


@dataclass(frozen=True, kw_only=True)
class AdaptSettings(EncodeResources):
    """Fit a head to your own recordings with few labels, and say what was gained.

    Intervals are calibrated anew; offsets and fine-tuning are kept where held-out recordings show
    that they help. The result is a head like any other.
    """

    head: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder of the head, or the name of one of the package. Default: the head of --scores."""

    labels: Annotated[str, Parameter(group=INPUT)]
    """Table with the columns utterance_id and label, such as `daf label` makes."""

    scores: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder made by `daf score`: the labelled rows of its manifest are embedded."""

    embeddings: Annotated[str | None, Parameter(group=INPUT)] = None
    """Folder made by `daf embed`, instead of --scores."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the new head, local or s3://."""

    allow_root: Annotated[Items, Parameter(group=INPUT)] = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: where the manifest says. cluster/SECURITY.md says why."""

    method: Annotated[
        Literal["auto", "calibrate", "offset", "fine-tune"], Parameter(group=TRAINING)
    ] = "auto"
    """What may change beside the intervals: nothing, offsets, the head's layers, or what held-out
    recordings favour."""

    seed: Annotated[int, Parameter(group=TRAINING)] = 0
    """Seed of folds and fine-tuning."""

    force: Annotated[bool, Parameter(group=TRAINING)] = False
    """Write the head even if it is worse on held-out recordings."""

    fresh: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Replace another head in --out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_seed(self.seed)
        if (self.scores is None) == (self.embeddings is None):
            found = "neither" if self.scores is None else "both"
            raise SettingsError(f"expected either `scores` or `embeddings`, found {found}")
