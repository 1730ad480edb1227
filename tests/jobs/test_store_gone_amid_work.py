"""Whatever of a store's client comes up amid a verb or in a worker is told as before any work."""

import json
import socket

import pyarrow as pa
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from daf_core.errors import NotDone
from daf_core.storage.part_index import PartFacts
from jobs import cli
from jobs.parts.message import PartTables, StageResult, run_stage, unwrap, wrap

PART = PartFacts(
    name="part-00000.parquet", rows_in=1, rows=1, audio_s=1.0, rows_fingerprint="", reasons={}
)


def test_a_worker_names_its_machine() -> None:
    def work(facts: PartFacts, tables: PartTables) -> StageResult:
        raise NoCredentialsError()

    message: pa.Table = run_stage(work, wrap([PART]))
    with pytest.raises(NotDone, match=r"^the object store needs credentials: ") as caught:
        unwrap(message)
    assert f"this was on {socket.gethostname()}: " in str(caught.value)


def test_a_verb_ends_as_not_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> str:
        raise EndpointConnectionError(endpoint_url="http://store/x/attempts/a.jsonl")

    monkeypatch.setattr(cli, "run_verb", gone)  # a store that dies between two requests
    monkeypatch.setattr("sys.argv", ["daf", "models", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    error = json.loads(said.out)["error"]
    assert error["kind"] == "NotDone"
    assert error["message"] == (
        'the object store does not answer: Could not connect to the endpoint URL: "http://store/'
        'x/attempts/a.jsonl"; check AWS_ENDPOINT_URL, the region and the network, and run the '
        "command again"
    )
    assert said.err.count("does not answer") == 1
