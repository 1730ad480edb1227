"""Try what is no recording, transcript or table: URIs, run records, heads, encoder folders.

SettingsError, NotDone and BadInput of one line are answers; whatever else is raised is a fault.
"""

import json
from collections.abc import Callable

import torch

from benchmarks.reliability.fuzzing.inputs import Input
from benchmarks.reliability.fuzzing.originals import SECRET
from benchmarks.reliability.fuzzing.outside import watched
from benchmarks.reliability.fuzzing.results import Result
from daf_core.encoders.loading import load_text_encoder
from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.report.page import gather, render
from daf_core.stages import trained_head
from daf_core.stages.score import score
from daf_core.storage import attempts, part_index, run_record
from daf_core.storage.origins import Origins, checked_roots, of_manifest, of_source
from daf_core.storage.output import manifest_output
from daf_core.storage.score_ranges import wrong_scores
from daf_core.storage.uris import problem, protocol_of, shown, without_secrets
from daf_core.weights.specs import resolve
from jobs.settings import IngestSettings
from jobs.verbs import ingest
from tests.core.adaptation.archives import table

ROWS = table(12, seed=3)[0]


def take(given: Input, result: Result) -> None:
    """Read a damaged input of one of these kinds in every way there is."""
    with watched(given.folder, given.folder.parent / "originals") as watch:
        for what, way in _WAYS[given.route].items():
            _answered(what, lambda way=way: way(given), result)  # type: ignore[misc]
    result.faults += sorted(watch.faults)


def _answered(what: str, way: Callable[[], str], result: Result) -> None:
    try:
        result.outcomes[f"decoded by {what}: {way()}"] += 1
    except (BadInput, NotDone, SettingsError) as err:
        result.outcomes[f"refused: by {what}"] += 1
        if "\n" in str(err).partition("\n  ")[0] and not isinstance(err, NotDone):
            result.faults.append(f"an error of several lines by {what}")
        if SECRET in str(err):
            result.faults.append(f"an error with a secret by {what}: {str(err)[:120]}")


def _uris(given: Input) -> str:
    """Each URI of the input, where only the folder of the input may be opened."""
    origins = of_source(str(given.folder / "archive"))
    opened = 0
    for uri in json.loads(given.source.read_bytes().decode("utf-8", "surrogatepass")):
        problem(uri)
        if _names_a_store(uri):  # a path may have any name
            for said in (shown(uri), without_secrets(uri)):
                _check_said(said)
        opened += _opened(uri, origins)
        try:
            checked_roots([uri])
        except SettingsError as err:
            if _names_a_store(uri):
                _check_said(str(err))
    return "opened" if opened else "all refused"


def _names_a_store(uri: str) -> bool:
    return protocol_of(uri).lower() != "file"


def _opened(uri: str, origins: Origins) -> bool:
    try:
        with open_recording(uri, origins) as recording:
            recording.read(0.0, 1.0)
    except BadInput as err:
        if _names_a_store(uri):
            _check_said(str(err))
        return False
    return True


def _check_said(said: str) -> None:
    if f":{SECRET}@" in said or f"={SECRET}" in said:
        raise AssertionError(f"a secret is told: {said[:100]!r}")


def _record(given: Input) -> str:
    output = manifest_output(str(given.source / "ingested"))
    record = run_record.read_complete(output)
    of_manifest(record)
    part_index.of_finished(output, record)
    return "read"


def _attempts(given: Input) -> str:
    output = manifest_output(str(given.source / "ingested"))
    before = attempts.read_all(output)
    attempts.check_versions(output, before, accepted=True)
    attempts.maybe_at_work(before)
    return "read"


def _again(given: Input) -> str:
    source, out = given.source / "source", given.source / "ingested"
    ingest.run(IngestSettings(source=str(source), out=str(out)))
    return "up to date"


def _page(given: Input) -> str:
    render(gather(str(given.source / "scores-of-run")))
    return "drawn"


def _head(given: Input) -> str:
    scored, quarantine = score(trained_head.load(str(given.source)), ROWS)
    if wrong_scores(scored) or len(scored) + len(quarantine) != len(ROWS):
        raise AssertionError("scores out of their ranges, or rows that are nowhere")
    return "scored" if len(scored) else "none scored"


def _encoder(given: Input) -> str:
    encoder = load_text_encoder(resolve(str(given.source), offline=True))
    with torch.inference_mode():
        encoder.encode(["a b c", ""])
    return "embedded"


_WAYS: dict[str, dict[str, Callable[[Input], str]]] = {
    "uris": {"opening": _uris},
    "records": {"record": _record, "attempts": _attempts, "ingest": _again, "report": _page},
    "heads": {"score": _head},
    "encoders": {"embed": _encoder},
}
ROUTES = frozenset(_WAYS)
