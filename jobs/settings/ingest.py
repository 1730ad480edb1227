"""Settings of `daf ingest`, and the options of a source, which `daf score` takes too."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import FILE_REASONS, REASONS, SettingsError, check_range
from jobs.settings.cluster import WhereAndHowLong
from jobs.settings.options import INPUT, RESOURCES, SOURCE, Items, Pairs


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """A source, and how it is read."""

    # First, as the command line takes it without a name.
    source: Annotated[str | None, Parameter(group=INPUT)] = field(default=None, kw_only=False)

    rename: Annotated[Pairs, Parameter(group=SOURCE)] = field(default_factory=dict)
    """Names of a table's columns, as THEIRS=OURS."""

    channels: Annotated[Pairs, Parameter(group=SOURCE)] = field(default_factory=dict)
    """Who is on which channel of a folder's recordings, as 0=agent,1=customer. Default: channels
    are mixed."""

    roles: Annotated[Pairs, Parameter(group=SOURCE)] = field(default_factory=dict)
    """Which speakers have which role, as agent=Ana*|Bob*,customer=*: patterns of names with * and
    ?. The first that fits decides."""

    speakers: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Tell voices apart in a folder's recordings where nothing says who speaks: auto estimates how
    many there are, 2 says so. An hour of speech takes 3 minutes of one core. Default: as the
    transcript says."""

    raw: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Format of headerless recordings (.raw .pcm .ulaw .alaw .sln …) in a folder, as ulaw:8000 or
    s16le:16000:2: encoding, Hz, channels."""

    transcripts: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Table with the columns recording and transcript, for a folder in which names do not tell
    which transcript belongs to which recording."""

    meta: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Table of what is known of a folder's recordings, such as queue and date: a column
    recording_id or file, and any others. Its values go into the scores."""

    meta_regex: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Regular expression for the paths of a folder's files. What its named groups match goes into
    the scores; docs/archives.md has an example. Folders named KEY=VALUE need none."""

    labels: Annotated[str | None, Parameter(group=SOURCE)] = None
    """Table of labels for a folder: recording_id, start_s, label; channel and split if needed."""

    allow_root: Annotated[Items, Parameter(group=SOURCE)] = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: the folder or bucket of the source alone. cluster/SECURITY.md says why."""

    part_minutes: Annotated[float | None, Parameter(group=SOURCE)] = None
    """Minutes of audio per part, the unit of work. Default: 5, growing to 20 in large archives."""

    check_contents: Annotated[bool, Parameter(group=SOURCE)] = False
    """Detect changed files by their SHA-256 instead of size and time. Reads all audio."""

    prune: Annotated[bool, Parameter(group=SOURCE)] = False
    """Take recordings that are gone from the source (deleted, renamed) out of the manifest, and so
    out of all that is made of it. Default: they stay, and are named."""

    redact: Annotated[bool, Parameter(group=SOURCE)] = False
    """Replace payment cards, IBANs, phone and social security numbers, mail addresses and other
    long numbers in the words by marks such as [CARD], before anything is stored; also digits that
    are said in English. docs/privacy.md says what is found."""

    hash_ids: Annotated[str | None, Parameter(group=SOURCE)] = field(default=None, repr=False)
    """Store keyed hashes (HMAC-SHA-256) in place of recording ids, utterance ids and speakers. The
    salt: 16 characters or more, or @FILE that holds it; the same salt gives the same ids."""

    def __post_init__(self) -> None:
        check_range("part_minutes", self.part_minutes, least=0.1, most=240)
        if self.speakers is not None and not re.fullmatch(r"auto|[1-9]|1\d|20", self.speakers):
            raise SettingsError(
                f"`speakers` {self.speakers}: expected auto or a number from 1 to 20"
            )
        for theirs, ours in self.rename.items():
            if list(self.rename.values()).count(ours) > 1:
                raise SettingsError(f"`rename` {theirs}={ours}: {ours} is given twice")
        roles = [role.casefold() for role in self.channels.values()]
        if not all(map(str.isdecimal, self.channels)) or len({*roles}) < len(roles):
            shown = ",".join(f"{number}={role}" for number, role in self.channels.items())
            raise SettingsError(
                f"`channels` {shown}: expected channel numbers from 0, each with a role of its "
                f"own, as 0=agent,1=customer"
            )


@dataclass(frozen=True, kw_only=True)
class IngestSettings(WhereAndHowLong, SourceOptions):
    """Turn recordings and transcripts into a manifest: one row per utterance, cut into parts.

    Rows that cannot be used and files that are not used go to OUT/quarantine, each with its reason.
    Run the command again to continue after an interruption, or when the source has changed: new
    recordings are added, changed ones replaced, and rows of recordings that are gone stay,
    unless --prune takes them out.
    """

    source: Annotated[str, Parameter(group=INPUT)] = field(kw_only=False)
    """A folder of recordings and transcripts in any common format; a table (.csv, .tsv, .txt,
    .jsonl, .json, .parquet) with the columns text, audio_path or audio_uri; or a labelled corpus:
    MMSA's pickle, MMSA-FET, MELD, IEMOCAP, MSP-Podcast, CREMA-D, RAVDESS, nEMO, a folder of .csd
    files."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the manifest, local or s3://."""

    strict: Annotated[bool, Parameter(group=INPUT)] = False
    """Exit with status 1 if a row is quarantined, goes on with less than it came with, a file is
    not used, or a setting matches nothing."""

    max_error_rate: Annotated[float, Parameter(group=RESOURCES)] = 1.0
    """Exit status 3 when more than this share (0 to 1) of the rows is quarantined, or all are."""

    retry: Annotated[Items, Parameter(group=RESOURCES)] = field(default_factory=list)
    """Read recordings again that were quarantined for these reasons, such as missing_audio, or
    flagged with them, though their files have not changed."""

    fresh: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Delete an earlier manifest in --out and start over."""

    def __post_init__(self) -> None:
        SourceOptions.__post_init__(self)
        WhereAndHowLong.__post_init__(self)
        check_range("max_error_rate", self.max_error_rate, least=0, most=1)
        known = REASONS.keys() | FILE_REASONS.keys()
        if unknown := [reason for reason in self.retry if reason not in known]:
            raise SettingsError(f"`retry` {unknown[0]}: expected one of {', '.join(sorted(known))}")
