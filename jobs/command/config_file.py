"""Options from a file: `--config FILE`, TOML or YAML, with the names of the options.

A file holds the options of one verb, or a table for each verb. What the command line gives wins.
"""

import csv
import importlib
import io
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from daf_core.errors import SettingsError
from jobs.command.near_options import nearest

OPTION = "--config"
LARGEST_BYTES = 1 << 20

Values = dict[str, Any]


def taken_out(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments without `--config FILE` or `--config=FILE`, and FILE; None: not given.

    Raises:
        SettingsError: it is given twice, or without a file.
    """
    rest: list[str] = []
    found: list[str] = []
    waiting = iter(arguments)
    for one in waiting:
        name, equals, value = one.partition("=")
        if name != OPTION:
            rest.append(one)
            continue
        found.append(value if equals else next(waiting, ""))
    if len(found) > 1 or "" in found:
        raise SettingsError(f"{OPTION}: expected one file, such as {OPTION} daf.toml")
    return rest, found[0] if found else None


def read(path: str, verb: str, verbs: Iterable[str], options: Iterable[str]) -> Values:
    """The values of a file for `verb`, by the option's name without dashes before it.

    options: of the verb, as "max-error-rate".

    Raises:
        SettingsError: the file cannot be read, or holds a name or a value that the verb has not.
    """
    found = _parsed(Path(path))
    known = {*options}
    # A verb's name may be an option of another verb too, as `verify` is one of score.
    tables = {
        name: value
        for name, value in found.items()
        if name in {*verbs} and (isinstance(value, dict) or name not in known)
    }
    own: Any = {name: value for name, value in found.items() if name not in tables}
    for name, value in tables.items():
        if not isinstance(value, dict):
            raise SettingsError(f"{path}: {name}: expected a table of options")
    own = own | tables.get(verb, {})
    values: Values = {}
    for given, value in own.items():
        name = str(given).replace("_", "-")
        if name not in known:
            near = nearest(name, known)
            meant = f"did you mean {near}?" if near else f"daf {verb} --help lists them"
            raise SettingsError(f"{path}: {given}: daf {verb} has no such option; {meant}")
        if name in values:
            raise SettingsError(f"{path}: {given}: given twice")
        values[name] = _as_given(path, name, value)
    return values


def named(given: Sequence[str], whole: Sequence[str], message: str) -> str:
    """The message, with the file's name before it where it is about an option that the file gives.

    given: the arguments of the command line; whole: those, with the options of the file.
    """
    about = re.search(r"--[a-z][a-z0-9-]*", message)
    file = taken_out(given)[1]
    if file is None or about is None:
        return message
    of_line, of_both = ({one.partition("=")[0] for one in some} for some in (given, whole))
    return f"{file}: {message}" if about[0] in of_both - of_line else message


def _parsed(path: Path) -> Values:
    try:
        if path.stat().st_size > LARGEST_BYTES or not path.is_file():
            raise SettingsError(f"{path}: expected a file of at most 1 MiB")
        text = path.read_text(encoding="utf-8")
        found = _toml(text) if path.suffix.lower() == ".toml" else _yaml(text, path)
    except (OSError, ValueError, RecursionError) as err:
        if isinstance(err, SettingsError):
            raise
        raise SettingsError(f"{path}: expected TOML or YAML: {err}") from err
    if not isinstance(found, dict):
        raise SettingsError(f"{path}: expected names with values, found {type(found).__name__}")
    return found


def _toml(text: str) -> Any:
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    return importlib.import_module(name).loads(text)


def _yaml(text: str, path: Path) -> Any:
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise SettingsError(f"{path}: expected a name that ends in .toml, .yaml or .yml")
    config_yaml = importlib.import_module("jobs.command.config_yaml")  # loads PyYAML
    try:
        return config_yaml.parse(text) or {}
    except config_yaml.GivenTwice as err:
        raise SettingsError(f"{path}: {err}; keep one") from err


def _as_given(path: str, name: str, value: Any) -> Any:
    """A value as the command line would give it: lists and NAME=VALUE with commas."""
    if isinstance(value, dict):
        value = [f"{key}={one}" for key, one in value.items() if _is_plain(one)]
    if isinstance(value, list) and all(map(_is_plain, value)):
        sink = io.StringIO()
        csv.writer(sink, lineterminator="").writerow(value)
        return sink.getvalue()
    if _is_plain(value):
        return value
    raise SettingsError(f"{path}: {name}: expected text, a number, yes or no, or a list of these")


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)
