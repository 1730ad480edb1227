"""The command line that others script against, and the commands that the documentation shows."""

import io
import re
import shlex
import sys
from pathlib import Path

import pytest
from cyclopts import CycloptsError
from rich.console import Console

from daf_core.heads import HEADS
from jobs import cli
from jobs.cli import VERBS, app, as_options
from jobs.settings import COMPARED_HEADS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "cluster/README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
# Of Slurm, of the scripts in benchmarks/, of pip.
OPTIONS_OF_OTHERS = {"--nodes", "--requeue", "--data", "--work", "--apart", "--no-deps"}
SCREEN_LINES, SCREEN_COLUMNS = 40, 80


def help_of(verb: str, columns: int = SCREEN_COLUMNS) -> str:
    """What `daf VERB --help` prints on a terminal of so many columns; of daf itself for "" ."""
    console = Console(file=io.StringIO(), width=columns)
    app.help_print([verb] if verb else [], console=console)
    return console.file.getvalue()


def options_of(verb: str) -> set[str]:
    """The options of a verb, such as --out."""
    arguments = app[verb].assemble_argument_collection(default_parameter=app.default_parameter)
    return {name for one in arguments for name in one.names if name.startswith("--")}


EVERY_OPTION = {"--help", "--version", "--config"}.union(*map(options_of, VERBS))


def test_help_of_the_program_names_every_verb():
    shown = help_of("")
    assert [verb for verb in VERBS if verb not in shown] == []


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_shows_its_options(verb):
    shown = help_of(verb)
    assert f"daf {verb}" in shown
    assert [name for name in sorted(options_of(verb)) if name not in shown] == []


def test_help_of_train_fits_two_screens():
    assert len(help_of("train").splitlines()) <= 2 * SCREEN_LINES


@pytest.mark.parametrize("verb", VERBS)
def test_help_mentions_only_options_that_exist(verb):
    """Of this verb or another one; --stdout is of a program that the help gives as an example."""
    mentioned = set(OPTION.findall(help_of(verb, columns=1000)))
    assert mentioned >= options_of(verb)
    assert mentioned - EVERY_OPTION - {"--stdout"} == set()


def test_the_settings_name_the_heads_that_there_are():
    assert set(COMPARED_HEADS) <= set(HEADS)
    (line,) = (one for one in help_of("train", columns=1000).splitlines() if "--head" in one)
    assert set(HEADS) <= set(re.findall(r"[\w-]+", line))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("train --embeddings e --out o --worker 2", "--workers"),
        ("score --manifest m --head h --out o --retri poison", "--retry"),
        ("scor --manifest m", "did you mean score?"),
        ("train --embeddings e --out o --seed one", "--seed"),
        ("train --embeddings e --out o --weight-decay -1", "--weight-decay"),
        ("score --head h --out o", "SOURCE, --manifest and --embeddings, found none"),
        ("score calls --head strong --out o", "--head strong: expected a folder"),
        ("score --manifest m --head h --out o --retry bad_luck", "poison"),
    ],
)
@pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")
def test_a_wrong_command_ends_with_status_2_and_one_line(arguments, said, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["daf", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("daf: ")
    assert said in line


def test_lists_are_given_with_commas_or_by_repeating_the_option():
    def heads(arguments: str) -> list[str]:
        given = shlex.split(f"stress --manifest m --out o {arguments}")
        _, bound, _ = app.parse_args(given, exit_on_error=False, print_error=False)
        return bound.arguments["asked"].heads

    assert heads("--heads a,b") == heads("--heads a --heads b") == ["a", "b"]
    assert heads("""--heads '"a,b"' """) == ["a,b"]

    def channels(arguments: str) -> dict[str, str]:
        given = shlex.split(f"ingest calls --out o {arguments}")
        _, bound, _ = app.parse_args(given, exit_on_error=False, print_error=False)
        return bound.arguments["asked"].channels

    both = {"0": "agent", "1": "customer"}
    assert channels("--channels 0=agent,1=customer") == both
    assert channels("--channels 0=agent --channels 1=customer") == both
    with pytest.raises(CycloptsError, match=r"--channels 0=Jo: 0 is given twice"):
        channels("--channels 0=agent --channels 0=Jo")
    with pytest.raises(CycloptsError, match=r"--channels 0:agent: expected 0=agent$"):
        channels("--channels 0:agent")
    with pytest.raises(
        CycloptsError, match=r"--channels agent: expected NAME=VALUE, as in --channels 0="
    ):
        channels("--channels 0=agent,agent")


def test_messages_name_settings_as_options():
    assert (
        as_options("`max_error_rate` 2: expected 0 to 1") == "--max-error-rate 2: expected 0 to 1"
    )
    assert as_options("`side_loss` -1") == "--side-loss -1"  # of the recipe within the settings
    assert as_options("`text_weight` is a column") == "`text_weight` is a column"


def code_lines(page: Path) -> list[str]:
    """The lines of a page's code blocks, indented or fenced, with continued lines joined."""
    lines, fenced = [], False
    for line in page.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines.append(line.strip())
    return lines


# A command of daf, or one that Slurm or `ray job submit` is given to run.
LAUNCHED = re.compile(r"(?:.*(?:slurm\.sh| --) )?(daf (?:[a-z]|--)[^─│]*)")


def commands_of(page: Path) -> list[str]:
    """The daf commands of a page's code blocks, without what a shell or a scheduler adds."""
    found = (LAUNCHED.fullmatch(line) for line in code_lines(page))
    return [match[1] for match in found if match]


COMMANDS = [
    pytest.param(command, id=f"{page.parent.name}/{page.name}: {command}")
    for page in PAGES
    for command in commands_of(page)
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_documentation_parse(command):
    arguments = shlex.split(command, comments=True)[1:]
    app.parse_args(arguments, exit_on_error=False, print_error=False)


def test_an_old_command_would_not_pass():
    with pytest.raises(CycloptsError):
        app.parse_args(
            shlex.split("embed --manifest m --out o --damaged all"),
            exit_on_error=False,
            print_error=False,
        )


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_pages_mention_only_options_of_daf_that_exist(page):
    """In running text too: `--option` in backticks, alone or after `daf VERB`."""
    text = page.read_text(encoding="utf-8")
    foreign = {
        name
        for span in re.findall(r"`([^`\n]+)`", text)
        if span.startswith(("--", "daf "))
        for name in OPTION.findall(span)
    } - EVERY_OPTION
    assert foreign <= OPTIONS_OF_OTHERS


@pytest.mark.parametrize(
    "page",
    [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"],
    ids=lambda page: f"{page.parent.name}/{page.name}",
)
def test_links_of_the_documentation_resolve(page):
    text = page.read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    missing = []
    for target in targets:
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_scripts_that_the_documentation_names_are_there():
    named = {
        name
        for page in PAGES
        for name in re.findall(r"benchmarks/[\w/]*\w+\.py", page.read_text(encoding="utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
