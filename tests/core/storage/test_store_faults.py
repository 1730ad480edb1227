"""A store that goes away, or refuses the credentials, is told in the same words at any time."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from s3fs.errors import translate_boto_error

from daf_core.errors import NotDone
from daf_core.storage import attempts, files, parquet, s3
from daf_core.storage.attempt_log import AttemptLog
from daf_core.storage.output import scores_output
from daf_core.storage.store_faults import fault, told_as_fault

URI = "s3://archive/scores/run.json"
NO_ANSWER = (
    r"^s3://archive/scores.*: its store does not answer: .*; check AWS_ENDPOINT_URL, the region "
    r"and the network, and run the command again$"
)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An endpoint that refuses connections, and is not asked eight times."""
    monkeypatch.setitem(s3.OPTIONS["config_kwargs"], "retries", {"total_max_attempts": 1})
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    s3fs.S3FileSystem.clear_instance_cache()
    with socket.socket() as taken:  # bound, not listening
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield
    s3fs.S3FileSystem.clear_instance_cache()


FOLDER = "s3://archive/scores"
USES: dict[str, Callable[[], object]] = {
    "publish": lambda: files.publish(URI, b"{}"),
    "create": lambda: files.create(URI, b"{}"),
    "written": lambda: _write(),
    "read_bytes": lambda: files.read_bytes(URI),
    "read_json": lambda: files.read_json(URI),
    "exists": lambda: files.exists(URI),
    "delete": lambda: files.delete(URI),
    "delete_all": lambda: files.delete_all(FOLDER, ["a"]),
    "delete_folder": lambda: files.delete_folder(FOLDER),
    "read": lambda: parquet.read(f"{FOLDER}/part-00000.parquet", "scores"),
    "list_parts": lambda: parquet.list_parts(FOLDER),
    "attempts": lambda: attempts.read_all(scores_output(FOLDER)),
}


def _write() -> None:
    with files.written(URI) as path:
        Path(path).write_bytes(b"{}")


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_store_that_goes_away_is_told(use: Callable[[], object]) -> None:
    with pytest.raises(NotDone, match=NO_ANSWER):
        use()


@pytest.mark.usefixtures("gone")
def test_a_log_ends_where_its_store_goes_away() -> None:
    log = AttemptLog("s3://archive/scores/attempts/a.jsonl", {})
    log.write("begin")
    log.end(how="done")


def answer(code: str) -> Exception:
    """What s3fs raises where S3 answers with this code."""
    error: Exception = translate_boto_error(
        ClientError({"Error": {"Code": code, "Message": "so it is"}}, "GetObject")
    )
    return error


@pytest.mark.parametrize(
    ("err", "problem"),
    [
        (NoCredentialsError(), "needs credentials: Unable to locate credentials; "),
        (answer("InvalidAccessKeyId"), "refuses the credentials: so it is; "),
        (answer("ExpiredToken"), "refuses the credentials: so it is; "),
    ],
)
def test_credentials_are_told_with_the_machine(err: Exception, problem: str) -> None:
    said = str(fault(URI, err))
    assert said.startswith(
        f"{URI}: its store {problem}set them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    )
    assert f"this was on {socket.gethostname()}: a process of Ray has the environment" in said
    assert "on the machine 10.0.0.7: " in str(told_as_fault(err, "the machine 10.0.0.7"))


@pytest.mark.parametrize(
    "err",
    [EndpointConnectionError(endpoint_url="http://a"), ReadTimeoutError(endpoint_url="http://a")],
)
def test_without_a_uri_it_is_told_too(err: Exception) -> None:
    told = told_as_fault(err)
    assert isinstance(told, NotDone)
    assert str(told).startswith("the object store does not answer: ")


@pytest.mark.parametrize("err", [OSError("disk"), answer("AccessDenied"), answer("InternalError")])
def test_other_errors_pass(err: Exception) -> None:
    assert told_as_fault(err) is err
    assert fault(URI, err) is None
