"""What the path of a recording says of it."""

import re
from urllib.parse import unquote

from daf_core.errors import SettingsError
from daf_core.sources.folders.grouping import RAW_SUFFIXES, suffix
from daf_core.sources.folders.slow_patterns import slow_part
from daf_core.sources.recording_names import names_a_recording

_PART = re.compile(r"([^=/]{1,64})=([^/]*)")
LONGEST_PATH = 1024  # letters; a longer one is not searched, as time grows faster than it
_NO_VALUE = frozenset({"", "__HIVE_DEFAULT_PARTITION__"})  # of a key that a row does not have


class PathMeta:
    """Reads what the path of a file says of it.

    Folders named KEY=VALUE, as Hive names them, and the named groups of `pattern`, a regular
    expression that is searched for in the path within the source.

    Raises:
        SettingsError: `pattern` is no regular expression, has no named group, or may take forever.
    """

    def __init__(self, pattern: str | None) -> None:
        try:
            self.pattern = None if pattern is None else re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as err:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a regular expression: {err}"
            ) from err
        if pattern is not None and (why := slow_part(pattern)) is not None:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a regular expression that no path makes take "
                f"forever, found {why}; write it without, such as (?P<queue>[^/]+)/"
            )
        if self.pattern is not None and not self.pattern.groupindex:
            raise SettingsError(
                f"`meta_regex` {pattern}: expected a named group such as (?P<queue>\\w+), "
                f"found none"
            )

    def fits(self, name: str) -> bool:
        """Whether the pattern is found in the path `name`, and gives a value."""
        match = self._search(name)
        return match is not None and any(match.groupdict().values())

    def _search(self, name: str) -> re.Match[str] | None:
        if self.pattern is None or len(name) > LONGEST_PATH:
            return None
        return self.pattern.search(name)

    def __call__(self, name: str) -> dict[str, str]:
        """What the path `name` says, key → value. Values of the pattern take precedence."""
        found = {}
        for step in name.split("/")[:-1]:
            if (part := _PART.fullmatch(step)) and part[2] not in _NO_VALUE:
                found[part[1]] = unquote(part[2])
        if match := self._search(name):
            found |= {key: value for key, value in match.groupdict().items() if value}
        return found


def is_likely_recording(name: str) -> bool:
    """Whether a file's name says that it is a recording."""
    return names_a_recording(name) or suffix(name) in RAW_SUFFIXES
