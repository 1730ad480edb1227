"""`daf config show`: the value of every option of a verb, and where it comes from."""

import dataclasses
import json
import os
from collections.abc import Sequence
from typing import Any

from attrs import define
from cyclopts import App
from cyclopts.config._common import ConfigBase  # the base of all of cyclopts' own files


@define
class FromFile(ConfigBase):
    """Values of a file for the options of the verb that runs, as cyclopts takes them."""

    values: dict[str, Any]
    use_commands_as_keys: bool = False

    @property
    def config(self) -> dict[str, Any]:
        """The values by name."""
        return self.values

    @property
    def source(self) -> str:
        """The file."""
        return str(self._source)


def options_of(app: App, verb: str) -> dict[str, str]:
    """The options of a verb, without dashes before them, and the environment variable of each."""
    arguments = app[verb].assemble_argument_collection(default_parameter=app.default_parameter)
    return {
        name.removeprefix("--"): " ".join(one.parameter.env_var or ())
        for one in arguments
        for name in one.names
        if name.startswith("--") and name not in one.negatives
    }


def lines(
    asked: Any, options: dict[str, str], arguments: Sequence[str], file: FromFile | None
) -> list[str]:
    """A line for each option: its value in the settings `asked`, and where it comes from."""
    given = {one.partition("=")[0].removeprefix("--") for one in arguments if one.startswith("-")}
    shown = []
    for name, variable in options.items():
        if name in given or f"no-{name}" in given:
            origin = "command line"
        elif file is not None and name in file.values:
            origin = file.source
        elif variable and os.environ.get(variable):
            origin = variable
        elif name == "source":
            origin = "command line"
        else:
            origin = "default"
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
