"""Options from a file: the same names, the command line wins, unknown names are refused."""

import sys
from pathlib import Path

import pytest

from jobs import cli

TOML = """
head = "fast"
max_error_rate = 0.5
channels = {0 = "agent", 1 = "customer"}
[score]
out = "o"
verify = false
retry = ["poison", "missing_audio"]
[train]
width = 8
"""
YAML = """
head: fast
max-error-rate: 0.5
channels: [0=agent, 1=customer]
score: {out: o, verify: no, retry: [poison, missing_audio]}
train: {width: 8}
"""


def shown(monkeypatch, capsys, *arguments: str) -> dict[str, str]:
    monkeypatch.setattr(sys, "argv", ["daf", "config", "show", *arguments])
    cli.main()
    return dict(line.split(" = ", 1) for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("name", "text"), [("daf.toml", TOML), ("daf.yaml", YAML)])
def test_values_come_from_where_they_are_said_to(
    name: str, text: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    file = tmp_path / name
    file.write_text(text)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    options = ["--config", str(file), "--max-error-rate", "0.7", "--hash-ids", "s" * 20]
    found = shown(monkeypatch, capsys, "score", "calls", *options)
    assert found["head"] == f'"fast"  ({file})'
    assert found["out"] == f'"o"  ({file})'
    assert found["verify"] == f"false  ({file})"
    assert found["retry"] == f'["poison", "missing_audio"]  ({file})'
    assert found["channels"] == f'{{"0": "agent", "1": "customer"}}  ({file})'
    assert found["max-error-rate"] == "0.7  (command line)"
    assert found["offline"] == "true  (HF_HUB_OFFLINE)"
    assert found["report"] == "true  (default)"
    assert found["hash-ids"] == "[hidden]  (command line)"
    assert found["source"] == '"calls"  (command line)'


def test_values_of_yaml_are_those_that_the_command_line_would_take(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    file = tmp_path / "daf.yaml"
    file.write_text(
        "out: 2026-03-02\npart-minutes: 010\n"
        "channels: {0: &role agent, 1: customer}\nroles: {x: *role}\n"
    )
    found = shown(monkeypatch, capsys, "ingest", "calls", "--config", str(file))
    assert found["out"] == f'"2026-03-02"  ({file})'
    assert found["part-minutes"] == f"10.0  ({file})"
    assert found["channels"] == f'{{"0": "agent", "1": "customer"}}  ({file})'


def test_an_option_with_the_name_of_a_verb_is_an_option(tmp_path: Path, monkeypatch, capsys):
    file = tmp_path / "daf.toml"
    file.write_text("verify = false\nreport = false\n[embed]\nframes = 4\n")
    found = shown(monkeypatch, capsys, "score", "calls", "--out", "o", "--config", str(file))
    assert found["verify"] == found["report"] == f"false  ({file})"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.toml", 'hed = "x"', "hed: daf score has no such option; did you mean head?"),
        ("a.toml", "[score]\nmax_eror_rate = 1", "did you mean max-error-rate?"),
        ("a.toml", "zzzz = 1", "daf score --help lists them"),
        ("a.toml", "head = ", "expected TOML or YAML"),
        ("a.yaml", "head: [", "expected TOML or YAML"),
        ("a.yaml", "- head", "expected names with values, found list"),
        ("a.yaml", "head: {a: {b: c}}\nretry: [[1]]", "retry: expected text, a number"),
        ("a.yaml", "max_error_rate: 2\nout: o", "--max-error-rate 2"),
        ("a.yaml", "max_error_rate: many\nout: o", "max-error-rate"),
        ("a.yaml", "head: a\nhead_: b", "did you mean head?"),
        ("a.toml", "max_error_rate = 1\nmax-error-rate = 1", "given twice"),
        ("a.yaml", "seed: 1\nout: o\nseed: 2", "a.yaml: seed: given twice, in lines 1 and 3; keep"),
        ("a.yaml", "score: {out: o,\n out: p}", "out: given twice, in lines 1 and 2"),
        ("a.yaml", "channels: {0: a, '0': b}", "0: given twice"),
        ("a.yaml", "? [a]\n: 1", "expected TOML or YAML"),
        ("a.yaml", "part-minutes: 1:30\nout: o", "--part-minutes 1:30: expected a number"),
        ("a.yaml", "max-error-rate: .nan\nout: o", "--max-error-rate .nan: expected a number"),
        ("a.yaml", "score: 3", "score: expected a table of options"),
        ("a.json", "{}", "expected a name that ends in .toml, .yaml or .yml"),
        ("a.yaml", "x: !!python/object/apply:os.system [ls]", "expected TOML or YAML"),
        ("a.toml", "#" * (2 << 20), "at most 1 MiB"),
    ],
)
def test_a_wrong_file_is_one_line(
    name: str, text: str, says: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "argv", ["daf", "score", "calls", "--config", str(tmp_path / name)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert says in line


def test_a_file_is_named_once_and_is_there(monkeypatch, capsys) -> None:
    for arguments, says in (
        (["score", "x", "--config"], "expected one file"),
        (["score", "--config=a.toml", "--config=b.toml"], "expected one file"),
        (["score", "x", "--config=/nowhere/a.toml"], "/nowhere/a.toml"),
        (["config", "show", "scor"], "expected a verb"),
    ):
        monkeypatch.setattr(sys, "argv", ["daf", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        assert says in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_settings_within_settings_are_shown_by_their_own_names(verb, monkeypatch, capsys):
    found = shown(monkeypatch, capsys, verb, "--embeddings", "e", "--out", "o", "--epochs", "2")
    assert found["epochs"] == "2  (command line)"
    assert found["width"] == "128  (default)"
    assert not {"*", "recipe"} & {*found}
