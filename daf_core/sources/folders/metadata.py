"""What the path of a recording says of it."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

import regex

from daf_core.errors import SettingsError
from daf_core.sources.folders.grouping import RAW_SUFFIXES, suffix
from daf_core.sources.recording_names import names_a_recording

_PART = re.compile(r"([^=/]{1,64})=([^/]*)")
LONGEST_PATH = 1024  # letters; a longer one is not searched, as time grows faster than it
SECONDS = 0.5  # of a processor, for the search in one path, which takes some microseconds
_NO_VALUE = frozenset({"", "__HIVE_DEFAULT_PARTITION__"})  # of a key that a row does not have


class PathMeta:
    """Reads what the path of a file says of it.

    Folders named KEY=VALUE, as Hive names them, and the named groups of `pattern`, a regular
    expression as Python's `re` has them, that is searched for in the path within the source. The
    package `regex` searches, as it can be stopped: there are patterns for which a name of some
    hundred letters takes years.

    Raises:
        SettingsError: `pattern` is no regular expression or has no named group; a search in a path
            takes longer than SECONDS.
    """

    def __init__(self, pattern: str | None) -> None:
        try:
            self.pattern = None if pattern is None else re.compile(pattern)
            self._stoppable = None if pattern is None else regex.compile(pattern)
        except (re.error, regex.error, RecursionError, OverflowError) as err:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a regular expression: {err}"
            ) from err
        if self.pattern is not None and not self.pattern.groupindex:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a named group such as (?P<queue>\\w+), "
                f"found none"
            )

    def check(self, names: Iterable[str]) -> None:
        """Check before any work that each of these paths can be searched in time."""
        for name in names:
            self._search(name)

    def fits(self, name: str) -> bool:
        """Whether the pattern is found in the path `name`, and gives a value."""
        return any(self._search(name).values())

    def _search(self, name: str) -> dict[str, str | None]:
        """The named groups of the pattern; none where it is not found."""
        if self._stoppable is None or len(name) > LONGEST_PATH:
            return {}
        try:
            match = self._stoppable.search(name, timeout=SECONDS)
        except TimeoutError as err:
            raise SettingsError(
                f"`meta_regex` {self._stoppable.pattern}: expected a regular expression that is "
                f"searched for in any path within {SECONDS} s, found that {name!r:.80} takes "
                f"longer; say which letters a part has, such as (?P<queue>[^_/]+)_ for "
                f"(?P<queue>.*)_"
            ) from err
        return {} if match is None else match.groupdict()

    def __call__(self, name: str) -> dict[str, str]:
        """What the path `name` says, key → value. Values of the pattern take precedence."""
        found = {}
        for step in name.split("/")[:-1]:
            if (part := _PART.fullmatch(step)) and part[2] not in _NO_VALUE:
                found[part[1]] = unquote(part[2])
        return found | {key: value for key, value in self._search(name).items() if value}


def is_likely_recording(name: str) -> bool:
    """Whether a file's name says that it is a recording."""
    return names_a_recording(name) or suffix(name) in RAW_SUFFIXES
