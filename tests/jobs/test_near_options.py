"""What is suggested for an option that a verb does not have."""

import sys
from pathlib import Path

import pytest

from jobs import cli
from jobs.cli import VERBS, app
from jobs.command.config_shown import options_of
from jobs.command.near_options import nearest


def known(verb: str) -> set[str]:
    found = options_of(app, verb).items()
    return {name for pair in found for name in (pair[0], pair[1].negative) if name}


@pytest.mark.parametrize(
    ("verb", "given", "meant"),
    [
        ("report", "--no-words", "no-text"),
        ("report", "--without-transcript", "no-text"),
        ("report", "--hide_words", "no-text"),
        ("report", "--no-sound", "no-audio"),
        ("report", "--no-clips", "no-audio"),
        ("report", "--no-txt", "no-text"),
        ("report", "--words", "text"),
        ("report", "--reprot", None),
        ("score", "--no-words", "drop-text"),
        ("score", "--no-audio", None),  # it would be no-verify or no-report by its letters
        ("score", "--metadata", "meta"),
        ("score", "--output", "out"),
        ("score", "--overwrite", "fresh"),
        ("score", "--transcript", "transcripts"),
        ("score", "--chanels=0=agent", "channels"),
        ("score", "--model", "head"),
        ("calls", "--order-by", "sort"),
        ("calls", "--limit", "top"),
        ("query", "--limit", "rows"),
        ("forget", "--id", "recording"),
        ("ingest", "--anonymize", "hash-ids"),
        ("train", "--lr", "learning-rate"),
    ],
)
def test_words_go_before_letters(verb, given, meant):
    assert nearest(given, known(verb)) == meant


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_turned_on_that_was_to_be_turned_off(verb):
    options = known(verb)
    assert all(nearest(f"--{name}", options) == name for name in options)
    for name in {*options, "words", "transcript", "sound", "voice", "clips"}:
        found = nearest(f"--no-{name}x", options) or "no-"
        assert found.startswith("no-"), name
        found = nearest(f"--{name.removeprefix('no-')}x", options) or ""
        assert not found.startswith("no-"), name
    for words in ("words", "transcript", "captions", "text"):
        assert nearest(f"--no-{words}", options) in (None, "no-text", "drop-text")
    for sound in ("sound", "voices", "clips", "audio"):
        assert nearest(f"--no-{sound}", options) in (None, "no-audio")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("report s --no-words", "unknown option --no-words of daf report; did you mean --no-text?"),
        ("score a --output b", "unknown option --output of daf score; did you mean --out?"),
        ("forget s --id=b", "unknown option --id of daf forget; did you mean --recording?"),
        (
            "score a --out b --zzz",
            "unknown option --zzz of daf score; `daf score --help` lists",
        ),
        ("verify", "expected SCORES (or --scores), found none"),
        ("scor a", "expected a verb of daf, found scor; did you mean score? `daf --help` lists"),
        ("zzz", "expected a verb of daf, found zzz; `daf --help` lists"),
        ("config shw", "unknown command shw of daf config; `daf config --help` lists"),
        ("score -v a --out b", "unknown option -v of daf score; `daf score --help` lists"),
        ("verify a b", "b: expected an option of daf verify; several values of an option are one "),
        ("score a --out", "--out: expected a value after it, found none"),
        ("score a --out=", "--out: expected a value, found an empty one"),
        ("score a --out b --meta=", "--meta: expected a value, found an empty one"),
        ("score a --out b --local=maybe", "--local maybe: expected true, false or no value"),
    ],
)
def test_a_wrong_command_is_told_in_plain_words(
    arguments, said, monkeypatch, capsys, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["daf", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"daf: {said}")
