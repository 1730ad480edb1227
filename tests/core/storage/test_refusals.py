"""One file that is refused for good, and a storage that fails in a way that may pass."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile
from botocore.exceptions import ClientError
from fsspec.implementations.local import LocalFileSystem
from hypothesis import given
from hypothesis import strategies as st
from s3fs.errors import translate_boto_error

from daf_core.errors import BadInput, NotDone
from daf_core.recordings.audio import open_recording
from daf_core.sources.transcripts import open_document
from daf_core.storage.files import filesystem, is_remote
from daf_core.storage.refusals import storage_error

URI = "s3://calls/a.wav"


def answered(status: int, code: str, words: str = "so it is") -> Exception:
    """What s3fs raises where S3 answers a GET with this status and code."""
    answer = {
        "Error": {"Code": code, "Message": words},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    error: Exception = translate_boto_error(ClientError(answer, "GetObject"))
    return error


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "InvalidObjectState", "unreadable_audio"),  # Glacier
        (403, "AccessDenied", "unreadable_audio"),
        (400, "KMS.DisabledException", "unreadable_audio"),
        (400, "KMS.NotFoundException", "unreadable_audio"),
        (400, "InvalidRequest", "unreadable_audio"),  # encrypted with a key of the customer's
        (400, "BadRequest", "unreadable_audio"),
        (405, "MethodNotAllowed", "unreadable_audio"),  # a delete marker
        (451, "UnavailableForLegalReasons", "unreadable_audio"),
        (404, "NoSuchKey", "missing_audio"),
        (404, "NoSuchVersion", "missing_audio"),
        (410, "Gone", "missing_audio"),
        (400, "KeyTooLongError", "missing_audio"),
        (403, "InvalidAccessKeyId", None),
        (403, "SignatureDoesNotMatch", None),
        (403, "RequestTimeTooSkewed", None),
        (400, "ExpiredToken", None),
        (400, "InvalidToken", None),
        (400, "RequestTimeout", None),
        (400, "KMS.ThrottlingException", None),
        (401, "Unauthorized", None),
        (408, "", None),
        (429, "TooManyRequests", None),
        (500, "InternalError", None),
        (503, "SlowDown", None),
    ],
)
def test_an_answer_says_whether_it_lasts(status: int, code: str, reason: str | None) -> None:
    found = storage_error(URI, answered(status, code))
    assert getattr(found, "reason", None) == reason
    if reason != "missing_audio":
        assert "so it is" in str(found)
    assert isinstance(found, NotDone) == (reason is None)


@given(status=st.integers(500, 599), code=st.text(max_size=20))
def test_no_error_of_a_server_is_taken_for_a_refusal(status: int, code: str) -> None:
    assert isinstance(storage_error(URI, answered(status, f"X{code}")), NotDone)


def test_no_server_is_asked_for_a_recording() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.1)
        with pytest.raises(BadInput, match="found another protocol") as refused:
            open_recording(f"http://127.0.0.1:{server.getsockname()[1]}/a.wav")
        assert refused.value.reason == "forbidden_uri"
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Local files that cannot be read, each in its own way."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    (tmp_path / "failing").symlink_to("/proc/self/mem")  # reading its first byte fails with EIO
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("one", "missing_audio", "links that lead round"),
        ("dangling", "missing_audio", "no file"),
        ("folder.wav", "missing_audio", "no file"),
        ("file/a.wav", "missing_audio", "no file"),
        ("x" * 300, "missing_audio", "a name that is too long"),
        ("a\0b", "forbidden_uri", "found one with a zero byte"),
        ("pipe", "unreadable_audio", "a device or a pipe"),
        ("failing", "unreadable_audio", "Input/output error"),
    ],
)
def test_a_local_file_is_refused_and_not_its_storage(
    folder: Path, name: str, reason: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as recording:
        open_recording(f"{folder}/{name}")
    assert recording.value.reason == reason
    with pytest.raises(BadInput, match=said) as transcript:
        open_document(f"{folder}/{name}")
    assert transcript.value.reason == "unreadable_transcript"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "file").chmod(0)
    with pytest.raises(BadInput, match="permission") as refused:
        open_recording(f"{folder}/file")
    assert refused.value.reason == "unreadable_audio"


@given(name=st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1))
def test_the_name_of_a_local_file_is_used_as_it_is(name: str) -> None:
    fs, path = filesystem(f"/calls/{name}x")
    assert isinstance(fs, LocalFileSystem)
    assert path == f"/calls/{name}x"
    assert not is_remote(f"/calls/{name}://x")


@pytest.mark.parametrize(
    "name", ["a::b.wav", "zip::a.wav", "a b%20#?+.wav", "line\nend.wav", "ü.wav", "x:/y://z.wav"]
)
def test_files_of_odd_names_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(800), 8000, format="WAV")
    with open_recording(str(path)) as recording:
        assert recording.duration_s == 0.1
