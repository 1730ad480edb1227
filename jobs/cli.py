"""The `daf` command. The options of a verb are the fields of its class in jobs/settings/, its work
is `run` of the module of its name in jobs/verbs/, which is imported when it is called.
"""

import dataclasses
import importlib
import sys
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

import daf_core
from daf_core.errors import NotDone, SettingsError, TooManyBad
from daf_core.storage.store_faults import as_answer, is_of_botocore, told_as_fault
from jobs import settings as verbs
from jobs.command import config_file, config_shown, option_names, stopping, terminal, told
from jobs.command.config_shown import as_arguments, every_name, options_of
from jobs.parts.ray_or_processes import may_choose_processes
from jobs.ray_address import address_to_join, go_by
from jobs.settings.options import RESOURCES, as_type, shown_default

VERBS: dict[str, type] = {
    "ingest": verbs.IngestSettings,
    "transcribe": verbs.TranscribeSettings,
    "embed": verbs.EmbedSettings,
    "train": verbs.TrainSettings,
    "evaluate": verbs.EvaluateSettings,
    "explain-head": verbs.ExplainHeadSettings,
    "score": verbs.ScoreSettings,
    "label": verbs.LabelSettings,
    "adapt": verbs.AdaptSettings,
    "stress": verbs.StressSettings,
    "verify": verbs.VerifySettings,
    "report": verbs.ReportSettings,
    "calls": verbs.CallsSettings,
    "query": verbs.QuerySettings,
    "browse": verbs.BrowseSettings,
    "export": verbs.ExportSettings,
    "convert": verbs.ConvertSettings,
    "compact": verbs.CompactSettings,
    "forget": verbs.ForgetSettings,
    "models": verbs.ModelsSettings,
    "doctor": verbs.DoctorSettings,
    "plan": verbs.PlanSettings,
    "render": verbs.RenderSettings,
    "demo": verbs.DemoSettings,
}
SHOW_ROWS = ("calls", "query")  # verbs whose output is data
JSON_HELP = "Print the summary as one JSON object, with the exit status and any error."


app = App(
    name="daf",
    help="Score what people say and how they say it, over whole archives.\n\n"
    "From recordings to scores and a report: score. To make a head from a labelled corpus: "
    "ingest → embed → train. Lists are given with commas, or by repeating the option. "
    "--config FILE (.toml or .yaml) holds options by their names; the command line wins. "
    "--json prints one JSON object for programs.",
    version=daf_core.__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # main says how to continue
    default_parameter=Parameter(
        converter=as_type, negative="", show_choices=True, show_default=shown_default
    ),
)


config_app = App(name="config", help="Show where the values of options come from.")
app.command(config_app)


def _add_verb(name: str, settings: Any) -> None:
    """Make `daf NAME`."""

    def command(asked: Any, *, json: bool = False) -> None:
        summary = run_verb(name, asked)
        if json:
            told.end(0, summary)
        else:
            (terminal.say_rows if name in SHOW_ROWS else terminal.say)(summary)

    group = (RESOURCES,) if issubclass(settings, verbs.WhereAndHowLong) else ()
    command.__doc__ = settings.__doc__
    command.__annotations__ = {
        "asked": Annotated[settings, Parameter(name="*")],
        "json": Annotated[bool, Parameter(group=group or "Parameters", help=JSON_HELP)],
    }
    if all(_has_default(field) for field in dataclasses.fields(settings)):
        command.__defaults__ = (settings(),)
    app.command(command, name=name)


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


for _name, _settings in VERBS.items():
    _add_verb(_name, _settings)


def run_verb(name: str, asked: Any) -> str:
    """Do the work of a verb with these settings; returns its summary."""
    for field in dataclasses.fields(asked):
        if getattr(asked, field.name) == "":  # else it would be the folder of the command
            raise SettingsError(f"`{field.name}`: expected a value, found an empty one")
    if (address := getattr(asked, "address", None)) is not None:
        go_by(address)
    stopping.set_deadline(getattr(asked, "deadline", None))
    if getattr(asked, "local", True) is not True:
        address_to_join()  # that of a Ray that does not answer is refused before any work
    if isinstance(asked, verbs.EncodeResources) and may_choose_processes(asked):
        # Before the verb's own imports, which take seconds; the processes start beside them.
        importlib.import_module("jobs.parts.forkserver").start_processes()
    verb = importlib.import_module(f"jobs.verbs.{name.replace('-', '_')}")
    if "://" in repr(asked):
        importlib.import_module("jobs.command.check_uris").check_uris(asked)
        if name not in ("doctor", "render"):  # doctor reports stores, render only names them
            importlib.import_module("jobs.check_stores").check_stores(asked)
    summary: str = verb.run(asked)
    return summary


def main() -> None:
    """Run the command line.

    Exit status: 0 all of it is done; 1 it is not, and may be when the command is run again; 2 a
    setting or input is wrong; 3 it is done, and more rows are quarantined than `max_error_rate`
    allows, or all are; 130 interrupted, 143 stopped by SIGTERM: run again to continue.
    """
    terminal.configure(as_options)
    with stopping.stoppable() as stop:
        try:
            _run(sys.argv[1:])
        except BaseException as raised:
            err = told_as_fault(raised)
            if isinstance(err, SystemExit) and not err.code:
                raise  # the command has ended: Ctrl-C is how one ends `daf browse`
            if stop.number is not None:
                stop.exit()
            if isinstance(err, SystemExit):
                raise
            status = _status_of(err)
            told.end(1 if status is None else status, getattr(err, "summary", ""), _error(err))
            if status is None:
                raise
            sys.exit(status)
        finally:
            told.forget()


def _run(arguments: list[str]) -> None:
    if arguments[:2] == ["config", "show"] and "--help" not in arguments:
        show(*arguments[2:])  # not within the app, which parses one command at a time
        return
    verb = arguments[0] if arguments and arguments[0] in VERBS else None
    told.begin(arguments, verb)
    given, arguments = arguments, with_config(arguments)
    told.begin(arguments, verb)  # the file may ask for it too
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except (CycloptsError, SettingsError) as err:
        # What is missing may be there, under a name that the verb does not have.
        known = None if verb is None else every_name(options_of(app, verb))
        said = None if known is None else option_names.unknown(arguments, known)
        said = said or config_file.named(given, arguments, _message(err))
        if said == _message(err):
            raise
        raise SettingsError(said) from err


def with_config(arguments: list[str]) -> list[str]:
    """The arguments with the options of `--config FILE` that they do not give. What comes after
    two dashes is left alone.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    arguments, others = arguments[:end], arguments[end:]
    rest, file = config_file.taken_out(arguments)
    if file is None:
        return [*rest, *others]
    verb = rest[0] if rest else ""
    if verb not in VERBS:
        raise SettingsError(f"{config_file.OPTION} {file}: expected a verb first, as daf score")
    options = options_of(app, verb)
    values = config_file.read(file, verb, VERBS, options)
    return [*rest, *as_arguments(values, options, rest[1:], file), *others]


@config_app.command
def show(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> None:
    """Show the value of every option of a verb, and where it comes from: the command line, the file
    of --config, the environment, or the default. As `daf config show score calls --out o`.
    """
    rest, file = config_file.taken_out(arguments)
    verb = rest[0] if rest else ""
    if verb not in VERBS:
        raise SettingsError(f"daf config show: expected a verb ({', '.join(VERBS)}), got {verb!r}")
    options = options_of(app, verb)
    values = {} if file is None else config_file.read(file, verb, VERBS, options)
    whole = [*rest, *as_arguments(values, options, rest[1:], file)]
    try:
        _, bound, _ = app.parse_args(whole, exit_on_error=False, print_error=False)
    except (CycloptsError, SettingsError) as err:
        raise SettingsError(config_file.named(arguments, whole, _message(err))) from err
    asked = bound.arguments.get("asked") or VERBS[verb]()
    del options["json"]  # which is none of the settings
    terminal.say("\n".join(config_shown.lines(asked, options, rest[1:], values, file)))


def _status_of(err: BaseException) -> int | None:
    """Say what ended a command; returns its exit status, None for what is a fault of daf."""
    if isinstance(err, KeyboardInterrupt):
        return _complain(f"interrupted; {stopping.AGAIN}", 130)
    if isinstance(err, CycloptsError | SettingsError):
        return _complain(err, 2)
    if isinstance(err, NotDone):
        if err.summary:
            terminal.say(err.summary)
        return _complain(err, 3 if isinstance(err, TooManyBad) else 1)
    if isinstance(err, OSError) or is_of_botocore(err):  # s3fs passes the latter on
        return _complain(err, 1)
    return None


def _complain(what: object, status: int) -> int:
    terminal.complain(f"daf: {_message(what)}")
    return status


def _message(what: object) -> str:
    """What is said of an error. Only a job that was not done says of several rows, on several
    lines.
    """
    said = option_names.misused(what, VERBS) if isinstance(what, CycloptsError) else None
    said = as_answer(what) if isinstance(what, OSError) else said
    if said is not None:
        return terminal.one_line(said)
    message = terminal.clean(what) if isinstance(what, NotDone) else terminal.one_line(what)
    return as_options(message)


def _error(err: BaseException) -> told.Error:
    """What programs are told of an error."""
    kind = SettingsError if isinstance(err, CycloptsError) else type(err)
    return told.Error(kind.__name__, _message(err))


def as_options(message: str) -> str:
    """A message in which the settings of any verb are named as options."""
    return option_names.as_options(message, VERBS)
