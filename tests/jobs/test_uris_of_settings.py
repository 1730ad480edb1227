"""URIs that settings name are checked before any work, and before a message repeats them."""

import socket

import pytest

from jobs import cli

SECRET = "hunter2hunter2"


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What a command that ends with status 2, and asks for no address, says."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", asked)

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["daf", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert (ended.value.code, said.out) == (2, "")
        assert SECRET not in said.err
        return said.err

    return run


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://169.254.169.254/latest/meta-data", "found another protocol"),
        ("simplecache::https://store.example/x", "found a chain of file systems"),
        (f"s3://key:{SECRET}@bucket/calls", "expected no credentials in a URI"),
        (f"https://store.example/c?sig={SECRET}", "expected no credentials in a URI"),
        (f"abfs://box@account/c?sig={SECRET}", "expected no credentials in a URI"),
    ],
)
@pytest.mark.parametrize("option", ["source", "out", "manifest", "allow-root"])
def test_a_setting_that_names_what_is_not_opened_is_refused(refused, tmp_path, option, uri, said):
    given = {"out": str(tmp_path / "out"), option: uri}
    if option != "manifest":
        given.setdefault("source", str(tmp_path))
    arguments = [f"--{name}={value}" for name, value in given.items()]
    line = refused("score", *arguments)
    assert said in line
    assert line.startswith(f"daf: --{option} ")
    assert not (tmp_path / "out").exists()
