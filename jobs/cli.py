"""The `daf` command: every verb's options come from its class in jobs/settings/.

Jobs are imported when called, so that `daf --help` answers at once.
"""

import dataclasses
import importlib
import inspect
import sys
import typing
from collections.abc import Callable
from typing import Any

import typer

from daf_core.errors import NotDone, SettingsError
from jobs import settings as verbs
from jobs.progress import configure_logging

app = typer.Typer(
    help="Score what people say and how they say it, over whole archives.\n\n"
    "ingest → embed → train makes a head from a labelled corpus; ingest → score → report uses it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def add_verb(name: str, settings: type) -> None:
    """Make `daf NAME`: its options are the fields of `settings`, its work is jobs.NAME.run."""

    def command(**values: Any) -> None:
        try:
            typer.echo(_run(name, settings(**values), values))
        except KeyboardInterrupt:  # for typer nothing to speak of
            sys.exit(_complain("interrupted; run the same command again to go on", 130))

    hints = typing.get_type_hints(settings, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[field.name],
            default=_default(field),
        )
        for field in sorted(dataclasses.fields(settings), key=_help_order(settings))
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = settings.__doc__
    app.command(name)(command)


def _run(name: str, asked: Any, values: dict[str, Any]) -> str:
    if isinstance(asked, verbs.EncodeResources) and asked.local:
        # Before the job's own imports; where a job is called without a command, later.
        importlib.import_module("jobs.parts.forkserver").get_ready()
    job = importlib.import_module(f"jobs.verbs.{name.replace('-', '_')}")
    if any("://" in str(value) for value in values.values()):
        importlib.import_module("jobs.check_stores").check_stores(asked)
    summary: str = job.run(asked)
    return summary


def _help_order(settings: type) -> Callable[["dataclasses.Field[Any]"], tuple[bool, bool]]:
    """What is required first, then the verb's own options, then those that verbs share."""
    own = inspect.get_annotations(settings)
    return lambda field: (_default(field) is not inspect.Parameter.empty, field.name not in own)


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


for _name, _settings in (
    ("ingest", verbs.IngestSettings),
    ("embed", verbs.EmbedSettings),
    ("train", verbs.TrainSettings),
    ("evaluate", verbs.EvaluateSettings),
    ("score", verbs.ScoreSettings),
    ("stress", verbs.StressSettings),
    ("retry-quarantine", verbs.RetryQuarantineSettings),
    ("verify", verbs.VerifySettings),
    ("report", verbs.ReportSettings),
    ("models", verbs.ModelsSettings),
    ("demo", verbs.DemoSettings),
):
    add_verb(_name, _settings)


def main() -> None:
    """Exit status: 0 all of it is done, 1 it is not, 2 a setting or input is wrong."""
    configure_logging()
    try:
        app()
    except SettingsError as err:
        sys.exit(_complain(err, 2))
    except (NotDone, OSError) as err:
        sys.exit(_complain(err, 1))
    except Exception as err:
        from botocore.exceptions import BotoCoreError  # takes a tenth of a second

        if not isinstance(err, BotoCoreError):  # of S3's client; s3fs passes them on
            raise
        sys.exit(_complain(err, 1))


def _complain(what: object, status: int) -> int:
    print(f"daf: {what}", file=sys.stderr)  # noqa: T201
    return status
