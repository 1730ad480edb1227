"""Options of a verb: as arguments where a file gives them, and where each value comes from."""

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cyclopts import App

from daf_core.errors import SettingsError
from jobs.command.config_file import Values


@dataclass(frozen=True)
class Option:
    """An option of a verb: its name and what turns it off, without dashes before them; the
    environment variable that it is read from, or empty; whether it is a switch, without a value.
    """

    name: str
    negative: str | None
    variable: str
    is_switch: bool

    def is_in(self, arguments: Sequence[str]) -> bool:
        """Whether the command line gives it."""
        given = {one.partition("=")[0] for one in arguments}
        if self.name == "source" and arguments and not arguments[0].startswith("-"):
            return True  # it needs no name
        return bool(given & {f"--{self.name}", f"--{self.negative}"})


def options_of(app: App, verb: str) -> dict[str, Option]:
    """The options of a verb by name."""
    arguments = app[verb].assemble_argument_collection(default_parameter=app.default_parameter)
    options = {}
    for one in arguments:
        off = next((name.removeprefix("--") for name in one.negatives), None)
        is_switch = one.hint in (bool, bool | None)
        for name in set(one.names) - set(one.negatives) - {"*"}:  # "*": settings within others
            bare = name.removeprefix("--")
            options[bare] = Option(bare, off, " ".join(one.parameter.env_var or ()), is_switch)
    return options


def every_name(options: dict[str, Option]) -> set[str]:
    """What the command line of a verb with these options takes, without dashes before it."""
    found = ({name, one.negative or name} for name, one in options.items())
    return {"help", "version"}.union(*found)


def as_arguments(
    values: Values, options: dict[str, Option], given: Sequence[str], file: str | None
) -> list[str]:
    """The values of a file as arguments, but for options that are `given`, which win.

    Raises:
        SettingsError: yes or no for an option that is no switch.
    """
    arguments = []
    for name, value in values.items():
        option = options[name]
        if option.is_in(given):
            continue
        if isinstance(value, bool) and not option.is_switch:
            found = "true" if value else "false"
            raise SettingsError(f"{file}: {name}: expected a value, found {found}")
        if value is False:
            arguments += [] if option.negative is None else [f"--{option.negative}"]
        else:
            arguments.append(f"--{name}" if value is True else f"--{name}={value}")
    return arguments


def lines(
    asked: Any, options: dict[str, Option], given: Sequence[str], values: Values, file: str | None
) -> list[str]:
    """A line for each option: its value in the settings `asked`, and where it comes from."""
    shown = []
    for name, option in sorted(options.items()):
        if option.is_in(given):
            origin = "command line"
        elif name in values:
            origin = str(file)
        else:
            origin = option.variable if os.environ.get(option.variable) else "default"
        shown.append(f"{name} = {_value(asked, name.replace('-', '_'))}  ({origin})")
    return shown


def _value(asked: Any, name: str) -> str:
    for field in dataclasses.fields(asked):
        value = getattr(asked, field.name)
        if field.name == name:
            hidden = value is not None and not field.repr
            return "[hidden]" if hidden else json.dumps(value, default=str)
        if dataclasses.is_dataclass(value) and hasattr(value, name):
            return json.dumps(getattr(value, name), default=str)
    return "null"
