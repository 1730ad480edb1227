"""A record finds what it names wherever its folder was moved or copied with it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.storage import run_record
from daf_core.storage.output import Output, embeddings_output, manifest_output, scores_output
from daf_core.storage.places import FACT, as_found, manifest_named, manifest_of, renewed, with_ways
from daf_core.storage.run_record import Json, RunRecord

NAMES = st.text(st.characters(blacklist_characters="/\0", codec="utf-8"), min_size=1).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
STORES = st.sampled_from(["/", "/data/", "s3://bucket/", "gs://bucket/a/"])


def manifest(root: Path, source: str = "calls") -> Output:
    output = manifest_output(str(root))
    run_record.finish(output, {"source": source}, {})
    return output


def made_of(output: Output, named: Output, older: bool = False) -> RunRecord:
    identity = {"manifest": run_record.read_complete(named).fingerprint}
    facts: Json = {"manifest": named.root}
    run_record.finish(output, identity, facts if older else with_ways(output.root, facts))
    return run_record.read_complete(output)


def found_in(root: Path) -> str | None:
    output = scores_output(str(root))
    named = manifest_named(output, run_record.read_complete(output))
    return None if named is None else named.root


@given(STORES, NAMES, PATHS, STORES, NAMES)
def test_the_way_leads_to_what_lies_within_wherever_the_folder_is(
    store: str, folder: str, inside: str, other: str, moved: str
) -> None:
    facts = with_ways(f"{store}{folder}", {"manifest": f"{store}{folder}/{inside}"})
    assert facts["manifest"] == f"{store}{folder}/{inside}"
    assert facts[FACT] == {"manifest": inside}
    record = RunRecord.from_dict({"kind": "scores", **facts})
    at = Output(f"{other}{moved}", "scores")
    assert with_ways(at.root, {"manifest": f"{at.root}/{inside}"})[FACT] == record.facts[FACT]


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("name", ["manifest", "transcribed", "my manifest"])
def test_a_folder_that_was_moved_or_copied_finds_what_lies_in_it(
    tmp_path: Path, older: bool, name: str
) -> None:
    made_of(scores_output(str(tmp_path / "a")), manifest(tmp_path / "a" / name), older)
    shutil.copytree(tmp_path / "a", tmp_path / "copy" / "of a")
    assert found_in(tmp_path / "copy" / "of a") == f"{tmp_path}/copy/of a/{name}"
    assert found_in(tmp_path / "a") == f"{tmp_path}/a/{name}"
    (tmp_path / "a").rename(tmp_path / "b")
    assert found_in(tmp_path / "b") == f"{tmp_path}/b/{name}"


@pytest.mark.parametrize("older", [False, True])
def test_what_lies_beside_it_is_found_where_both_were_moved(tmp_path: Path, older: bool) -> None:
    work = tmp_path / "work"
    made_of(scores_output(str(work / "s")), manifest(work / "m"), older)
    work.rename(tmp_path / "later")
    assert found_in(tmp_path / "later" / "s") == f"{tmp_path}/later/m"
    (tmp_path / "later" / "s").rename(tmp_path / "s")
    assert manifest_of(scores_output(str(tmp_path / "s"))) is None
    assert found_in(tmp_path / "s") == f"{work}/m"  # where it is said to be missing


def test_a_copy_of_scores_alone_is_of_the_manifest_where_it_was(tmp_path: Path) -> None:
    made_of(scores_output(str(tmp_path / "work" / "s")), manifest(tmp_path / "m" / "in"))
    shutil.copytree(tmp_path / "work" / "s", tmp_path / "copy")
    assert found_in(tmp_path / "copy") == f"{tmp_path}/m/in"


def test_a_manifest_of_that_name_that_is_another_one_is_not_taken(tmp_path: Path) -> None:
    made_of(scores_output(str(tmp_path / "s")), manifest(tmp_path / "m" / "manifest"), older=True)
    manifest(tmp_path / "s" / "manifest", "other calls")
    assert found_in(tmp_path / "s") == f"{tmp_path}/m/manifest"


def test_embeddings_within_scores_find_the_manifest_beside_them(tmp_path: Path) -> None:
    output = embeddings_output(str(tmp_path / "s" / "e"))
    made_of(output, manifest(tmp_path / "s" / "manifest"))
    (tmp_path / "s").rename(tmp_path / "t")
    moved = embeddings_output(str(tmp_path / "t" / "e"))
    named = manifest_named(moved, run_record.read_complete(moved))
    assert named is not None
    assert named.root == f"{tmp_path}/t/manifest"


def test_a_head_is_found_by_its_weights(tmp_path: Path) -> None:
    for root, sha256 in (("a/head", "abc"), ("b/head", "other")):
        (tmp_path / root).mkdir(parents=True)
        (tmp_path / root / "head.json").write_text(f'{{"sha256": "{sha256}"}}')
    run = {"identity": {"head": {"sha256": "abc"}}}
    facts = with_ways(f"{tmp_path}/old/s", {"head": f"{tmp_path}/old/head"})
    at_a, at_b = (scores_output(f"{tmp_path}/{one}/s") for one in "ab")
    assert as_found(at_a, run | facts)["head"] == f"{tmp_path}/a/head"
    assert as_found(at_b, run | facts)["head"] == f"{tmp_path}/old/head"


@pytest.mark.parametrize(
    "ways",
    [
        *("x", [], {"manifest": 1}, {"manifest": ""}, {"manifest": "/m"}),
        *({"manifest": "../../m"}, {"manifest": "a/../../m"}, {"manifest": "../m\0"}),
    ],
)
def test_a_way_that_no_daf_writes_is_not_gone(tmp_path: Path, ways: object) -> None:
    manifest(tmp_path / "m")
    output = scores_output(str(tmp_path / "a" / "b"))
    run_record.finish(output, {"manifest": "x"}, {"manifest": "/gone", FACT: ways})
    assert found_in(tmp_path / "a" / "b") == "/gone"


@pytest.mark.parametrize("named", [None, 1, "", "http://host/m", "s3://key:secret@bucket/m", "\0"])
def test_a_place_that_may_not_be_opened_is_none(tmp_path: Path, named: object) -> None:
    output = scores_output(str(tmp_path))
    assert manifest_named(output, RunRecord.from_dict({"manifest": named})) is None
    assert as_found(output, {"manifest": named, "identity": 1}) == {
        "manifest": named,
        "identity": 1,
    }


def test_running_again_records_where_all_is_now(tmp_path: Path) -> None:
    old = scores_output(str(tmp_path / "s"))
    record = made_of(old, manifest(tmp_path / "s" / "manifest"), older=True)
    now = renewed(Output("/new", "scores"), record, {"manifest": "/new/manifest"})
    assert now.facts == {"manifest": "/new/manifest", FACT: {"manifest": "manifest"}}
    assert renewed(Output("/new", "scores"), now, {"manifest": "/new/manifest"}) == now
