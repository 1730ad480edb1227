"""The roots of a manifest: whoever reads it keeps to them, and it cannot widen them by itself."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from daf_core.asr.rows import transcribe
from daf_core.errors import BadInput, SettingsError
from daf_core.report.clips import Sound, clip
from daf_core.stages.decode import decode_part
from daf_core.storage.origins import NOWHERE, Origins, checked_roots, of_manifest
from daf_core.storage.run_record import RunRecord
from tests.core.hostile.made_manifest import manifest
from tests.core.hostile.places import FORBIDDEN, MISSING, OUTSIDE, PLACES, SECRET
from tests.core.hostile.watching import watched


def test_every_reader_of_a_manifest_asks_again(source: Path) -> None:
    places = [PLACES[kind][0] for kind in PLACES if PLACES[kind][1] in (FORBIDDEN, OUTSIDE)]
    uris = [one.replace("{top}", str(source.parent)) for one in places]
    uris = [one if "://" in one or one[0] == "/" else f"{source}/{one}" for one in uris]
    uris = [one for one in uris if "::" not in one.partition("/")[0] and "file:" not in one[9:]]
    origins = Origins((str(source),))
    with watched() as seen:
        decoded = decode_part(manifest(*uris), origins=origins).to_pylist()
        heard = transcribe(manifest(*uris), lambda waves, language: [], origins=origins)
        clips = [clip(Sound(uri, None, None, None, origins)) for uri in uris]
    refused = {row["reason"] for row in decoded}
    assert refused <= {FORBIDDEN, OUTSIDE, MISSING}
    assert all(row["samples"] is None for row in decoded)
    assert len(heard.rows) == len(uris)
    assert clips == [None] * len(uris)
    assert not seen.asked
    assert not seen.outside()


def test_a_file_that_becomes_a_link_after_ingest_is_refused_when_it_is_decoded(
    source: Path,
) -> None:
    good = source / "in/good.wav"
    rows = manifest(str(good), str(good))
    assert decode_part(rows, origins=Origins((str(source),)))["samples"].null_count == 0
    good.unlink()
    good.symlink_to(source.parent / "outside/secret.wav")
    decoded = decode_part(rows, origins=Origins((str(source),)))
    assert decoded["reason"].to_pylist() == [OUTSIDE] * 2


def record(**facts: object) -> RunRecord:
    return RunRecord(
        daf="", kind="manifest", version=3, complete=True, fingerprint="", identity={}, facts=facts
    )


@pytest.mark.parametrize(
    "roots",
    [
        *(["/"], ["/etc"], ["/proc/self"], ["/dev"], ["/home/me/.ssh"], ["http://h/"], "/tmp", [7]),
        *(
            None,
            ["memory://x"],
            ["/tmp/../etc"],
            [f"s3://key:{SECRET}@bucket"],
            {"a": 1},
            ["s3://"],
        ),
    ],
)
def test_a_manifest_does_not_grant_itself_what_only_a_user_may(roots: object) -> None:
    assert of_manifest(record(roots=roots)) == NOWHERE
    assert of_manifest(record(roots=roots), ["/data"]).roots == ("/data",)


def test_a_manifest_of_an_older_daf_is_held_to_its_source(source: Path) -> None:
    older = RunRecord(
        daf="", kind="manifest", version=3, complete=True, fingerprint="",
        identity={"source": str(source)},
    )  # fmt: skip
    assert of_manifest(older).roots == (str(source),)
    assert of_manifest(None) == NOWHERE


@pytest.mark.parametrize("root", ["http://h", "s3://k:p@b", "{here}/nothing", "{here}/in/good.wav"])
def test_a_root_is_a_folder_or_a_bucket(source: Path, root: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        checked_roots([root.replace("{here}", str(source))])


@pytest.mark.parametrize(
    ("root", "uri", "held"),
    [
        ("s3://b", "s3://b/x/../a.wav", True),
        ("s3://b", "s3a://b/a.wav", True),
        ("s3://b/calls", "s3://b/calls/a.wav", True),
        ("s3://b/calls", "s3://b/calls/../a.wav", False),
        ("s3://b/calls", "s3://b/calls-2/a.wav", False),
        ("gs://b", "gcs://b/a.wav", True),
        ("abfs://c@one.dfs.core.windows.net", "abfss://c@one.dfs.core.windows.net/a", True),
        ("abfs://c@one.dfs.core.windows.net", "abfss://c@two.dfs.core.windows.net/a", False),
    ],
)
def test_roots_of_object_stores(root: str, uri: str, held: bool) -> None:
    with nullcontext() if held else pytest.raises(BadInput, match="`allow_root`"):
        Origins((root,)).check(uri)
