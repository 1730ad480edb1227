"""What is known of a recording beside its sound and words: from its path, and from a table."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.cells import is_empty
from daf_core.sources.folders.grouping import RAW_SUFFIXES, fold, stem, suffix
from daf_core.sources.manifest_rows import quarantine_row
from daf_core.sources.recording_names import names_a_recording
from daf_core.sources.table_rows import is_table, open_rows
from daf_core.sources.table_types import shown_columns
from daf_core.storage.files import exists

KEYS = ("recording_id", "audio_uri", "audio_path", "file", "file_name", "filename", "path")
_SHOWN = 3
_PART = re.compile(r"([^=/]{1,64})=([^/]*)")


class PathMeta:
    """Reads what the path of a file says of it.

    Folders named KEY=VALUE, as Hive names them, and the named groups of `pattern`, a regular
    expression that is searched for in the path within the source.

    Raises:
        SettingsError: `pattern` is no regular expression, or has no named group.
    """

    def __init__(self, pattern: str | None) -> None:
        try:
            self._pattern = None if pattern is None else re.compile(pattern)
        except re.error as err:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a regular expression: {err}"
            ) from err
        if self._pattern is not None and not self._pattern.groupindex:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a named group such as (?P<queue>\\w+), "
                f"found none"
            )

    def fits(self, name: str) -> bool:
        """Whether the pattern is found in the path `name`, and gives a value."""
        match = None if self._pattern is None else self._pattern.search(name)
        return match is not None and any(match.groupdict().values())

    def __call__(self, name: str) -> dict[str, str]:
        """What the path `name` says, key → value. Values of the pattern take precedence."""
        found = {}
        for step in name.split("/")[:-1]:
            if part := _PART.fullmatch(step):
                found[part[1]] = unquote(part[2])
        if self._pattern is not None and (match := self._pattern.search(name)):
            found |= {key: value for key, value in match.groupdict().items() if value}
        return found


class _Line(NamedTuple):
    """A line of the table: what it calls the recording, folded; its place; its other values."""

    key: str
    place: str
    values: dict[str, str]


class TableMeta:
    """The rows of a table about recordings, found by recording id or by file name.

    The first of `KEYS` that the table has names the recording: its id, its path within the source
    or any last part of it, with or without the suffix. `quarantined`: quarantine rows of lines that
    cannot be read, fit no recording or several, or differ from another line of the recording.

    Raises:
        SettingsError: there is no such table, or it has none of these columns.
    """

    def __init__(self, uri: str) -> None:
        if not is_table(uri) or not exists(uri):
            found = "no table" if exists(uri) else "nothing there"
            raise SettingsError(f"`meta` {uri}: expected a table, found {found}")
        self.quarantined: list[Row] = []
        self.unmatched: list[str] = []  # keys of lines that fit no recording
        self._lines: list[_Line] = []
        self._of_file: dict[str, dict[str, str]] = {}
        with open_rows(uri) as table:
            key = next((name for name in KEYS if name in table.columns), None)
            if key is None:
                raise SettingsError(
                    f"`meta` {uri}: expected a column {', '.join(KEYS)}, found "
                    f"{shown_columns(table.columns)}"
                )
            for place, cells in table.rows:
                if isinstance(cells, BadInput):
                    self.quarantined.append(quarantine_row(cells, {"file": uri}))
                elif not is_empty(cells.get(key)):
                    values = {
                        name: value if isinstance(value, str) else str(value)
                        for name, value in cells.items()
                        if name != key and not is_empty(value)
                    }
                    name = fold(str(cells[key]).strip().removeprefix("./"))
                    self._lines.append(_Line(name, place, values))

    def __len__(self) -> int:
        """Lines of the table that name a recording."""
        return len(self._lines)

    def __call__(self, name: str) -> dict[str, str]:
        """The values of the line about the file `name`, empty if there is none."""
        return self._of_file.get(name, {})

    def join(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Find the files that each line is about; call this once. `groups`: key → names of files.

        A line whose key fits files of several groups is about none of them: a path tells which is
        meant. Of several lines about one file the one with the longest key counts, then the first.
        """
        home = {name: key for key, names in groups.items() for name in names}
        fitting = _fitting(home, {line.key for line in self._lines})
        chosen: dict[str, _Line] = {}
        for line in sorted(self._lines, key=lambda line: -len(line.key)):
            names = fitting.get(line.key, [])
            several = sorted({home[name] for name in names})
            if not names:
                self.unmatched.append(line.key)
                problem = "expected a file of this recording in the folder, found none"
                self._quarantine("unmatched_meta", line, problem)
            elif len(several) > 1:
                problem = (
                    f"expected one recording of this name, found {len(several)}: "
                    f"{', '.join(several[:_SHOWN])}; give the path within the folder"
                )
                self._quarantine("ambiguous_meta", line, problem)
            else:
                before = [chosen.setdefault(name, line) for name in names]
                if other := next((one for one in before if one.values != line.values), None):
                    problem = f"expected one line of this recording, found another at {other.place}"
                    self._quarantine("ambiguous_meta", line, problem)
        self._of_file = {name: line.values for name, line in chosen.items()}

    def _quarantine(self, reason: str, line: _Line, problem: str) -> None:
        error = BadInput(reason, f"{line.place}: {problem}")
        self.quarantined.append(quarantine_row(error, {"recording_id": line.key}))


def _fitting(home: Mapping[str, str], wanted: set[str]) -> dict[str, list[str]]:
    """Key → the files that it fits: those of the whole path, else those whose path ends so. Of
    several groups only those with a file named as a recording are kept, if there are any.
    """
    whole: dict[str, list[str]] = {}
    ending: dict[str, list[str]] = {}
    for name in home:
        folded = fold(name)
        for key in wanted & {folded, stem(folded)}:
            whole.setdefault(key, []).append(name)
        for key in wanted.intersection(_keys_of(name)):
            ending.setdefault(key, []).append(name)
    fitting = ending | whole
    for key, names in fitting.items():
        recordings = {home[name] for name in names if is_likely_recording(name)}
        if recordings and len({home[name] for name in names}) > 1:
            fitting[key] = [name for name in names if home[name] in recordings]
    return fitting


def is_likely_recording(name: str) -> bool:
    """Whether a file's name says that it is a recording."""
    return names_a_recording(name) or suffix(name) in RAW_SUFFIXES


def _keys_of(name: str) -> Iterable[str]:
    """What a table may call a file: its path, or any last part of it, with and without suffix."""
    steps = fold(name).split("/")
    for start in range(len(steps)):
        last = posixpath.join(*steps[start:])
        yield last
        yield stem(last)


Meta = Mapping[str, Mapping[str, str]]  # file → key → value
