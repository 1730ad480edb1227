"""What was asked to be known of recordings and is not, and tables that may tell it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from daf_core.decimals import how_many_of, number_of
from daf_core.errors import SettingsError
from daf_core.sources.folders.metadata import PathMeta, is_likely_recording
from daf_core.sources.folders.metadata_table import TableMeta
from daf_core.sources.labels import Label, read_labels
from daf_core.sources.remarks import Found, examples
from daf_core.sources.table_rows import is_table
from daf_core.sources.transcripts.reading.headings import headings
from daf_core.storage.files import filesystem, join

_MOST_TABLES, _LARGEST = 20, 16 << 20  # tables that are looked into, bytes of each
_NOT_USED = frozenset({"unknown_format", "no_recording"})


def metadata_not_found(
    path_meta: PathMeta, table: TableMeta | None, names: Sequence[str]
) -> Iterator[str]:
    """A pattern that fits no path; lines of the table that fit no recording."""
    files = _recordings(names)
    if path_meta.pattern is not None and files and not any(map(path_meta.fits, files)):
        yield (
            f"`meta_regex`: {how_many_of(0, len(files), 'path', 'fits', 'fit')}, such as "
            f"{examples(files)}; it is searched for in the path within the folder"
        )
    if table is not None and table.unmatched:
        yield (
            f"`meta`: {how_many_of(len(table.unmatched), len(table), 'line', 'fits', 'fit')} no "
            f"recording, such as {examples(table.unmatched)}"
        )


def metadata_missing(
    path_meta: PathMeta, table: TableMeta | None, names: Sequence[str]
) -> Iterator[str]:
    """Recordings of which the pattern, or the table of metadata, says nothing."""
    files = _recordings(names)
    unfit = [name for name in files if not path_meta.fits(name)]
    if path_meta.pattern is not None and 0 < len(unfit) < len(files):
        yield (
            f"`meta_regex`: {how_many_of(len(unfit), len(files), 'path', 'does', 'do')} not fit, "
            f"such as {examples(unfit)}"
        )
    bare = [name for name in files if table is not None and not table.knows(name)]
    if bare:
        yield (
            f"`meta`: {how_many_of(len(bare), len(files), 'recording', 'has', 'have')} no line, "
            f"such as {examples(bare)}"
        )


def likely_tables(uri: str, groups: Mapping[str, Sequence[str]], found: Found) -> Iterator[str]:
    """Tables of the folder `uri` that no reader took, with lines about recordings of the folder."""
    unread = [
        name
        for key, names in groups.items()
        for name in names
        if is_table(name) and len(names) == 1
        if not (outcome := found.outcome(key)).rows and outcome.reasons & _NOT_USED
    ]
    for name in unread[:_MOST_TABLES]:
        place = join(uri, name)
        others = {
            key: own
            for key, own in groups.items()
            if name not in own and any(map(is_likely_recording, own))
        }
        if (table := _opened(place)) is None:
            continue
        table.join(others)
        if table.fitting:
            lines = number_of(len(table), "line")
            names_them = "names" if table.fitting == 1 else "name"
            known = f"{table.fitting:,} of its {lines} {names_them} recordings of the folder"
            yield f"{name} is not used; {known}; {_how(place, table, others)}"


def _how(place: str, table: TableMeta, groups: Collection[str]) -> str:
    """How a table about recordings may be used, by what it holds. `groups`: recording ids."""
    if table.has_words:
        return f"if it holds what is said in them, ingest the table itself, {place}"
    if labels := _labels_of(place, groups):
        apart = any(label.channel is not None for label in labels)
        more = ", and `channels`, as it tells them apart" if apart else ""
        return f"if it labels what is said in them, give `labels` {place}{more}"
    if {"utterance_id", "label"} <= {*table.columns}:
        return "if it labels what is said in them, `daf adapt` takes it, once they are scored"
    if table.repeated and _looks_like_labels(table.columns):
        return (
            f"if it labels what is said in them, `labels` takes it with the columns recording_id, "
            f"with ids such as {examples(sorted(groups)[:1])}, start_s in seconds, and label, a "
            f"number from -3 to 3"
        )
    if table.repeated:
        return (
            f"it has several lines of one recording, which daf does not read; if it tells of the "
            f"recordings, give `meta` a copy of {place} with one line of each"
        )
    return f"if it tells of them, give `meta` {place}"


def _looks_like_labels(columns: Sequence[str]) -> bool:
    """Whether columns are a label and a start, though the table is none that `labels` takes yet."""
    named = {name.strip().lower() for name in columns}
    return "label" in named and "start" in headings(columns)


def _labels_of(uri: str, recordings: Collection[str]) -> list[Label]:
    """The labels of these recordings that a table holds; none where it is no table of labels."""
    try:
        labels, _ = read_labels(uri)
    except (SettingsError, OSError):
        return []
    return [label for one, own in labels.items() if one in recordings for label in own]


def _opened(uri: str) -> TableMeta | None:
    """A table about recordings, None where it is none, or too large to look into."""
    fs, path = filesystem(uri)
    try:
        return None if fs.size(path) > _LARGEST else TableMeta(uri)
    except (SettingsError, OSError):
        return None


def _recordings(names: Sequence[str]) -> Sequence[str]:
    """The files that are named as recordings; all, if none is."""
    return [name for name in names if is_likely_recording(name)] or names
