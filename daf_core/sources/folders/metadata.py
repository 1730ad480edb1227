"""What is known of a recording beside its sound and words: from its path, and from a table."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.folders.grouping import fold, stem
from daf_core.sources.manifest_rows import is_empty, quarantine_row
from daf_core.sources.table_rows import is_table, open_rows
from daf_core.sources.table_types import shown_columns
from daf_core.storage.files import exists

KEYS = ("recording_id", "audio_uri", "audio_path", "file", "file_name", "filename", "path")
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

    def __call__(self, name: str) -> dict[str, str]:
        """What the path `name` says, key → value. Values of the pattern take precedence."""
        found = {}
        for step in name.split("/")[:-1]:
            if part := _PART.fullmatch(step):
                found[part[1]] = unquote(part[2])
        if self._pattern is not None and (match := self._pattern.search(name)):
            found |= {key: value for key, value in match.groupdict().items() if value}
        return found


class TableMeta:
    """The rows of a table about recordings, found by recording id or by file name.

    The first of `KEYS` that the table has names the recording: its id, its path within the source
    or any last part of it, with or without the suffix. `unread`: quarantine rows of its lines that
    cannot be read.

    Raises:
        SettingsError: there is no such table, or it has none of these columns.
    """

    def __init__(self, uri: str) -> None:
        if not is_table(uri) or not exists(uri):
            found = "no table" if exists(uri) else "nothing there"
            raise SettingsError(f"`meta` {uri}: expected a table, found {found}")
        self.unread: list[Row] = []
        self._rows: dict[str, tuple[str, dict[str, str]]] = {}  # folded key → place, values
        self._used: set[str] = set()
        with open_rows(uri) as table:
            key = next((name for name in KEYS if name in table.columns), None)
            if key is None:
                raise SettingsError(
                    f"`meta` {uri}: expected a column {', '.join(KEYS)}, found "
                    f"{shown_columns(table.columns)}"
                )
            for place, cells in table.rows:
                if isinstance(cells, BadInput):
                    self.unread.append(quarantine_row(cells, {"file": uri}))
                elif not is_empty(cells.get(key)):
                    values = {
                        name: value if isinstance(value, str) else str(value)
                        for name, value in cells.items()
                        if name != key and not is_empty(value)
                    }
                    self._rows[fold(str(cells[key]).strip())] = (place, values)

    def __call__(self, name: str) -> dict[str, str]:
        """The values of the row about the file `name`, empty if there is none."""
        for key in _keys_of(name):
            if key in self._rows:
                self._used.add(key)
                return self._rows[key][1]
        return {}

    def unmatched(self) -> Iterable[Row]:
        """Quarantine rows of the lines about recordings that are not there."""
        for key, (place, _) in self._rows.items():
            if key not in self._used:
                message = f"{place}: expected a file of this recording in the folder, found none"
                yield quarantine_row(BadInput("unmatched_meta", message), {"recording_id": key})


def _keys_of(name: str) -> Iterable[str]:
    """What a table may call a file: its path, or any last part of it, with and without suffix."""
    steps = fold(name).split("/")
    for start in range(len(steps)):
        last = posixpath.join(*steps[start:])
        yield last
        yield stem(last)


Meta = Mapping[str, Mapping[str, str]]  # file → key → value
