"""What a table says of recordings, such as their queue: its lines, and the files they are about."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from daf_core.errors import BadInput, SettingsError
from daf_core.query.days import notes_on
from daf_core.schemas import Row
from daf_core.sources.cells import is_empty
from daf_core.sources.folders.grouping import fold, stem
from daf_core.sources.folders.metadata import is_likely_recording
from daf_core.sources.manifest_rows import LONGEST_META, as_text, quarantine_row
from daf_core.sources.table_apart import open_given
from daf_core.sources.table_columns import decimal_point, holds_bytes
from daf_core.sources.table_types import Cells, shown_columns
from daf_core.sources.transcripts.reading.headings import headings
from daf_core.storage.apart import Reads, here

_SHOWN = 3
_WHOLE = re.compile(r"(\d+)\.0+")  # a number that a table keeps as a fraction


class _Line(NamedTuple):
    """A line of the table: its place and its cells, without empty ones."""

    place: str
    cells: dict[str, str]


class _Fit(NamedTuple):
    """The files that a name fits, and how much of their paths it says."""

    names: list[str]
    length: int


class TableMeta:
    """The lines of a table about recordings, found by recording id or by file name.

    A column such as recording_id, file or path names the recording: its id, its path within the
    source or any last part of it, with or without the suffix, or a longer path that ends in its
    path. Of several such columns the one counts that fits most files. `quarantined`: quarantine
    rows of lines that cannot be read, name no recording or several, or differ from another line of
    the recording.

    Raises:
        SettingsError: there is no such table, it has none of these columns, or no other one.
    """

    def __init__(self, uri: str, reads: Reads = here) -> None:
        self._uri = uri
        self.quarantined: list[Row] = []
        self.unmatched: list[str] = []  # what lines that fit no recording call it
        self.fitting = 0  # lines about a recording of the source
        self.repeated = False  # whether lines about one recording differ
        self._lines: list[_Line] = []
        self._of_file: dict[str, dict[str, str]] = {}
        with open_given("meta", uri, reads) as table:
            self.notes = table.notes  # what was guessed of the table, one line each
            self.columns = table.columns
            self._keys = key_columns(table.columns)
            self.has_words = "text" in headings(table.columns)
            if not self._keys:
                raise SettingsError(
                    f"`meta` {uri}: expected a column that names the recording, such as "
                    f"recording_id, file or path, found {_named(table.columns)} in the first line "
                    f"that holds something; put the names of columns there, and rename the one "
                    f"that names the recording"
                )
            if len(table.columns) < 2:
                raise SettingsError(
                    f"`meta` {uri}: expected another column beside "
                    f"{shown_columns(self._keys)}, found none"
                )
            left_out = {name for name, kind in table.types.items() if holds_bytes(kind)}
            for place, cells in table.rows:
                try:
                    if table.decimal_comma and not isinstance(cells, BadInput):
                        cells = {name: _number(name, cell) for name, cell in cells.items()}
                    self._lines.append(_line(place, cells, left_out))
                except BadInput as err:
                    self.quarantined.append(quarantine_row(err, {"file": uri}))
        self.notes += tuple(notes_on(self.columns, [line.cells for line in self._lines]))

    def __len__(self) -> int:
        """Lines of the table that can be read."""
        return len(self._lines)

    def __call__(self, name: str) -> dict[str, str]:
        """The values of the line about the file `name`, empty if there is none."""
        return self._of_file.get(name, {})

    def knows(self, name: str) -> bool:
        """Whether a line is about the file `name`."""
        return name in self._of_file

    def join(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Find the files that each line is about; call this once. `groups`: key → names of files.

        A line whose name fits files of several groups is about none of them: a path tells which is
        meant. Of several lines about one file the one that says most of its path counts, then the
        first.
        """
        home = {name: key for key, names in groups.items() for name in names}
        fits = _fits(home, [line.cells.get(key, "") for key in self._keys for line in self._lines])
        fitting = {
            key: sum(bool(fits[line.cells.get(key, "")].names) for line in self._lines)
            for key in self._keys
        }
        key = max(self._keys, key=lambda one: fitting[one])  # the first of the best
        self.fitting = fitting[key]
        chosen: dict[str, _Line] = {}
        for line in sorted(self._lines, key=lambda line: -fits[line.cells.get(key, "")].length):
            self._choose(line, key, fits[line.cells.get(key, "")].names, home, chosen)
        self._of_file = {
            name: {column: value for column, value in line.cells.items() if column != key}
            for name, line in chosen.items()
        }

    def _choose(
        self,
        line: _Line,
        key: str,
        names: list[str],
        home: Mapping[str, str],
        chosen: dict[str, _Line],
    ) -> None:
        """Take a line for the files of these names that have none yet, or say why not."""
        several = sorted({home[name] for name in names})
        if not names:
            called = line.cells.get(key, "")
            self.unmatched.append(fold(called) or f"{line.place} (empty)")
            found = "none" if called else f"nothing in column {shown_columns([key])}"
            problem = f"expected a file of this recording in the folder, found {found}"
            self._quarantine("unmatched_meta", line, key, problem)
        elif len(several) > 1:
            problem = (
                f"expected one recording of this name, found {len(several)}: "
                f"{', '.join(several[:_SHOWN])}; give the path within the folder"
            )
            self._quarantine("ambiguous_meta", line, key, problem)
        else:
            before = [chosen.setdefault(name, line) for name in names]
            if other := next((one for one in before if _differ(one, line, key)), None):
                problem = f"expected one line of this recording, found another at {other.place}"
                self.repeated = True
                self._quarantine("ambiguous_meta", line, key, problem)

    def _quarantine(self, reason: str, line: _Line, key: str, problem: str) -> None:
        error = BadInput(reason, f"{line.place}: {problem}")
        known = {"recording_id": fold(line.cells.get(key, "")), "file": self._uri}
        self.quarantined.append(quarantine_row(error, known))


def key_columns(columns: Sequence[str]) -> list[str]:
    """The columns that may name a recording, by their names, in order."""
    return [name for name in columns if "recording" in headings([name])]


def _named(columns: Sequence[str]) -> str:
    """Names of columns for a message; long ones and such with blanks are counted."""
    shown = [name for name in columns if shown_columns([name]) == name]
    hidden = len(columns) - len(shown)
    said = [shown_columns(shown)] if shown else []
    said += [f"{hidden} that are empty, long or have spaces"] if hidden else []
    return " and ".join(said)


def _number(name: str, cell: object) -> object:
    """A cell with a decimal point; what names the recording stays as it is."""
    return cell if key_columns([name]) else decimal_point(cell)


def _line(place: str, cells: Cells | BadInput, left_out: Collection[str]) -> _Line:
    """A line with its cells as text; `left_out`: columns of bytes.

    Raises:
        BadInput: it cannot be read, or holds more than a row of a table may.
    """
    if isinstance(cells, BadInput):
        raise cells
    texts = {
        name: as_text(value)
        for name, value in cells.items()
        if name not in left_out and not is_empty(value)
    }
    if (size := sum(len(name) + len(value) for name, value in texts.items())) > LONGEST_META:
        raise BadInput(
            "bad_row", f"{place}: expected at most {LONGEST_META} characters, found {size}"
        )
    return _Line(place, texts)


def _differ(one: _Line, other: _Line, key: str) -> bool:
    """Whether two lines say different things, whatever they call the recording."""
    return {**one.cells, key: ""} != {**other.cells, key: ""}


def _fits(home: Mapping[str, str], called: Sequence[str]) -> dict[str, _Fit]:
    """What a table calls a recording → the files that this fits.

    They are those of the whole path, else those whose path ends so, else those in whose whole path
    it ends, as paths of another machine do.
    """
    paths = {one: _paths(one) for one in dict.fromkeys(called)}
    tails = {one: [tail for path in paths[one] for tail in _tails(path)[1:]] for one in paths}
    wanted = {key for several in (paths, tails) for keys in several.values() for key in keys}
    whole: dict[str, list[str]] = {}
    ending: dict[str, list[str]] = {}
    for name in home:
        path = fold(name)
        for key in wanted & {path, stem(path)}:
            whole.setdefault(key, []).append(name)
        for tail in _tails(path):
            for key in wanted & {tail, stem(tail)}:
                ending.setdefault(key, []).append(name)
    found: dict[str, _Fit] = {}
    for one in paths:
        tries = ((whole, paths[one]), (ending, paths[one]), (whole, tails[one]))
        fits = ((files[key], key) for files, keys in tries for key in keys if key in files)
        names, key = next(fits, ([], ""))
        found[one] = _Fit(_of_recordings(names, home), len(key))
    return found


def _of_recordings(names: list[str], home: Mapping[str, str]) -> list[str]:
    """Of files of several groups, those of groups with a recording, if there are any."""
    groups = {home[name] for name in names if is_likely_recording(name)}
    if not groups or len({home[name] for name in names}) < 2:
        return names
    return [name for name in names if home[name] in groups]


def _paths(called: str) -> list[str]:
    """What a name may be within the folder: a path, folded, with or without a fraction of 0."""
    path = fold(called.strip().replace("\\", "/").removeprefix("./"))
    number = _WHOLE.fullmatch(path)
    return [one for one in (path, number and number[1]) if one]


def _tails(path: str) -> list[str]:
    """A path and all last parts of it, the longest first."""
    steps = path.split("/")
    return ["/".join(steps[start:]) for start in range(len(steps)) if steps[-1]]
