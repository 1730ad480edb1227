"""The daf and ray commands that a file holds, and what those programs say to them."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from cyclopts import CycloptsError
from ray.scripts.scripts import cli as ray

from daf_core.errors import SettingsError
from jobs.cli import VERBS, app, as_options

PROGRAMS = ("daf", "ray")
OPERATORS = set("();<>|&")
EXEC_FORM = re.compile(r"^(?:RUN|CMD|ENTRYPOINT) (\[.*\])$")
CODE_IN_COMMENT = re.compile(r"^# {2,}")
VARIABLE = re.compile(r"\$\w+|\$\{[^}]*\}")
SPAN = re.compile(r"`((?:daf|ray) [^`]+)`")


def complaints_about_commands(path: Path) -> Iterator[str]:
    """Parse every daf and ray command in the file at `path` as the program itself would."""
    text = path.read_text()
    for line in _lines(path.suffix, text):
        for program, arguments in _commands(line):
            yield from _complaint(program, arguments, path, whole=True)
    for span in SPAN.findall(text):  # in prose: an option that is there, but not all it needs
        for program, arguments in _commands(span):
            yield from _complaint(program, arguments, path, whole=False)


def complaint_about_ray_start(options: dict[str, str]) -> str | None:
    """What `ray start` has against `options`, None where it takes them."""
    return _refusal("ray", ["start", *(f"--{key}={value}" for key, value in options.items())])


def _lines(suffix: str, text: str) -> Iterator[str]:
    """The lines of `text` that are commands, each in one piece."""
    if suffix == ".yaml":
        for document in yaml.safe_load_all(text):
            yield from _scalars(document)
        return
    for line in text.replace("\\\n", " ").splitlines():
        if suffix == ".md":
            if line.startswith("    "):
                yield line
        elif match := EXEC_FORM.match(line):
            yield shlex.join(json.loads(match[1]))
        elif not line.startswith("#") or CODE_IN_COMMENT.match(line):
            yield line.lstrip("# ")


def _scalars(value: Any) -> Iterator[str]:
    """The strings in a YAML value; patches, YAML in YAML, are looked into."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _scalars(one)
        return
    if isinstance(value, str) and value.startswith("- "):
        value = yaml.safe_load(value)
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield shlex.join(value)
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, str):
        yield value


def _commands(line: str) -> Iterator[tuple[str, list[str]]]:
    """Program and arguments of each daf or ray command in a shell line."""
    if not re.search(r"\b(daf|ray) ", line):
        return
    lexer = shlex.shlex(VARIABLE.sub("1", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    for at, word in enumerate(words):
        if word in PROGRAMS:
            rest = words[at + 1 :]
            end = next((i for i, other in enumerate(rest) if set(other) <= OPERATORS), len(rest))
            if end:
                yield word, rest[:end]


def _complaint(program: str, arguments: list[str], path: Path, whole: bool) -> Iterator[str]:
    refusal = _refusal(program, arguments, whole)
    if refusal:
        yield f"{path.name}: {program} {shlex.join(arguments)}: {refusal}"


def _refusal(program: str, arguments: list[str], whole: bool = True) -> str | None:
    """What the program says to `arguments`; to their names only where they are not the `whole`."""
    if program == "ray":
        return _ray_refusal(arguments, whole)
    return _daf_refusal(arguments) if whole else _unknown_to_daf(arguments)


def _daf_refusal(arguments: list[str]) -> str | None:
    try:
        _, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
        getattr(bound.arguments.get("asked"), "actor_range", None)  # checks --actors
    except (CycloptsError, SettingsError) as err:
        return as_options(" ".join(str(err).split()))
    return None


def _unknown_to_daf(arguments: list[str]) -> str | None:
    """The verb or the first option of `arguments` that daf does not have."""
    verb, *rest = arguments
    if verb.startswith("-"):
        return _daf_refusal([verb])
    if verb not in VERBS:
        return f"no such verb: {verb}"
    options = [word.partition("=")[0] for word in rest if word.startswith("--")]
    return next((f"no such option: {one}" for one in options if one not in options_of(verb)), None)


def options_of(verb: str) -> set[str]:
    """The options of a verb of daf, such as "--out", with --help."""
    arguments = app[verb].assemble_argument_collection(default_parameter=app.default_parameter)
    return {name for argument in arguments for name in argument.names} | {"--help"}


def _ray_refusal(arguments: list[str], whole: bool) -> str | None:
    command: Any = ray
    name = "ray"
    while hasattr(command, "commands") and arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        if name not in command.commands:
            return f"no such verb: {name}"
        command = command.commands[name]
    if name == "symmetric-run":  # after it comes the entry point
        arguments = arguments[: arguments.index("--")]
    try:
        if not whole:
            command.make_parser(command.context_class(command)).parse_args(arguments)
            return None
        given = command.make_context(name, arguments).params
        if name == "symmetric-run":  # what it does not know goes to `ray start`
            return _refusal("ray", ["start", *given["ray_args_and_entrypoint"]])
    except click.UsageError as err:
        return " ".join(str(err).split()) or type(err).__name__
    except click.exceptions.Exit:  # --help
        pass
    return None
