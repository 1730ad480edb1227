"""Settings named as the options that they are on the command line."""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, Parameter
from cyclopts.exceptions import (
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from jobs.command.near_options import nearest


def as_options(message: str, verbs: Mapping[str, type]) -> str:
    """A message in which settings in backticks are named as options: `max_error_rate` becomes
    --max-error-rate. Names that no verb has stay as they are.

    verbs: name → settings.
    """
    known = {name for settings in verbs.values() for name in field_names(settings)}

    def option(match: "re.Match[str]") -> str:
        return _option(match[1]) if match[1] in known else match[0]

    return re.sub(r"`(\w+)`", option, message)


def field_names(settings: Any) -> list[str]:
    """Names of the fields of settings, those of a recipe within them too."""
    found = []
    for field in dataclasses.fields(settings):
        nested = field.default_factory
        inner: Callable[[], Any] | Any = nested if dataclasses.is_dataclass(nested) else None
        found += [field.name] if inner is None else field_names(inner)
    return found


def misused(err: CycloptsError, verbs: Mapping[str, type]) -> str | None:
    """What is said where a verb is none, or an option is missing, unknown, given again, or has no
    value or a wrong one; None: the error says it.
    """
    verb = " ".join(err.command_chain or ())
    asked = f"daf {verb}".strip()
    if isinstance(err, MissingArgumentError) and err.argument:
        if err.keyword is None:
            return missing(err.argument.name, verb, verbs)
        return f"{err.keyword}: expected a value after it, found none"
    if isinstance(err, UnknownCommandError) and err.unused_tokens:
        given = err.unused_tokens[0]
        if verb:
            return f"unknown command {given} of {asked}; `{asked} --help` lists them"
        near = get_close_matches(given, verbs, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"expected a verb of daf, found {given}; {hint}`daf --help` lists them"
    if isinstance(err, UnknownOptionError):
        given = err.token.keyword or err.token.value
        return f"unknown option {given} of {asked}; `{asked} --help` lists them"
    if isinstance(err, UnusedCliTokensError) and err.unused_tokens:
        return (
            f"{' '.join(err.unused_tokens)}: expected an option of {asked}; several values of an "
            f"option are one word with commas, as A,B, and a value with spaces stands in quotes"
        )
    if isinstance(err, CoercionError) and err.target_type is bool and err.token:
        return f"{err.token.keyword} {err.token.value}: expected true, false or no value"
    if isinstance(err, CoercionError) and err.target_type in (int, float) and err.token:
        number = "a whole number" if err.target_type is int else "a number"
        return f"{err.token.keyword} {err.token.value}: expected {number}"
    return _again(err, verbs) if isinstance(err, RepeatArgumentError) else None


def _again(err: RepeatArgumentError, verbs: Mapping[str, type]) -> str:
    given = err.token.keyword or ""
    pair = next((pair for pair in _opposites(verbs) if given in pair), None)
    if pair is None:
        return f"{given}: expected once, found again"
    return f"{' and '.join(pair)}: expected one of them, once"


def _opposites(verbs: Mapping[str, type]) -> Iterator[tuple[str, str]]:
    """Options that turn the same on and off, as --local and --ray."""
    for settings in verbs.values():
        fields: Any = dataclasses.fields(settings)
        for field in fields:
            for one in getattr(field.type, "__metadata__", ()):
                if isinstance(one, Parameter) and isinstance(one.negative, tuple):
                    yield from ((_option(field.name), off) for off in one.negative)


def missing(option: str, verb: str, verbs: Mapping[str, type]) -> str:
    """What is said where an option was not given that a verb needs; one that may come without its
    name is called by it in capitals, as in help.
    """
    fields: Any = dataclasses.fields(verbs[verb]) if verb in verbs else ()
    first = {_option(one.name): one.name.upper() for one in fields if not one.kw_only}
    name = f"{first[option]} (or {option})" if option in first else option
    return f"expected {name}, found none; `daf {verb} --help` says what it is"


def unknown(arguments: Sequence[str], known: Collection[str]) -> str | None:
    """What is said of the first option among the arguments of a verb, which is the first of them,
    that it does not have; None: it has all. known: its options, without dashes before them.
    """
    for given in arguments[1 : [*arguments, "--"].index("--")]:
        option = given.partition("=")[0]
        if option.startswith("--") and option[2:].replace("_", "-") not in known:
            near = nearest(option, known)
            verb = arguments[0]
            hint = f"did you mean {_option(near)}?" if near else f"`daf {verb} --help` lists them"
            return f"unknown option {option} of daf {verb}; {hint}"
    return None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
