"""daf score: source → manifest, + head → scores → report. Embeddings are not stored in between.

What grows with what, for P parts of 20 minutes (about 400 utterances) and W encode actors:

    driver memory        1 to 2 kB a part beside 400 MB: 100,000 parts under 600 MB
    planning             one listing of the output (P / 1,000 requests of S3), one read of the
                         manifest's index, one of the output's; 100,000 parts in 3 s on one core.
                         A run that was killed reads one footer for each part of its last 5 minutes
    requests a part      1 GET of the manifest's part, 2 PUTs, and the audio
    tasks                a task reads up to 100 parts one after the other, fewer towards the end, so
                         that no worker is left alone; blocks grow with W · log(P), not with P
    object store         about 4 parts an actor: 38 MB a part (16 bit at 16 kHz), whatever P is
    worker memory        one part, and 30 s windows; of a recording of ten hours one cut at a time

A billion utterances are 2.5 million parts of 20 minutes: 4 GB of driver memory and 2,500 listing
requests; with `daf ingest --part-minutes 120` a sixth of that.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from daf_core import default_heads
from daf_core.decimals import number_of
from daf_core.embeddings.columns import select
from daf_core.errors import SettingsError, TooManyBad
from daf_core.report.known import warning_lines
from daf_core.report.run_warnings import warnings_of_flags
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, part_index, places, run_record
from daf_core.storage.output import embeddings_output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from daf_core.weights.specs import EncoderSpec, locate
from jobs.command.terminal import say
from jobs.command.told import tell
from jobs.older_embeddings import warn_of_older
from jobs.parts.calls import make_calls
from jobs.parts.encode import EncodePlan, ScoreStored
from jobs.parts.encode_manifest import encode_manifest
from jobs.parts.executor import open_executor
from jobs.parts.read_and_publish import PublishPart
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import ReportSettings, ScoreSettings, VerifySettings
from jobs.summary import check_strict
from jobs.verbs import report, score_words, verify
from jobs.verbs.score_again import check_same_run
from jobs.verbs.score_source import Prepared, check_source, prepare


def run(settings: ScoreSettings) -> str:
    """Score a source, a manifest, or stored embeddings of one; returns the summary lines.

    Raises:
        SettingsError: a setting or an input is wrong.
        NotDone: not all parts are made.
    """
    head = trained_head.load(settings.head)
    check_same_run(settings, head)
    if settings.embeddings is not None:
        _say_which_head(settings.head)
        scored = _score_embeddings(settings, settings.embeddings, head)
        return "\n".join([scored, _calls(settings), *_warnings_of_flags(settings)])
    check_source(settings)
    for spec in head.encoders.values():
        locate(spec, settings.offline)  # missing weights stop the job here, not on its workers
    _say_which_head(settings.head)
    prepared = prepare(settings)
    bad: TooManyBad | None = None
    try:
        scored = _score_manifest(settings, prepared.manifest, head)
    except TooManyBad as err:
        if not err.summary:  # stopped early
            raise
        bad, scored = err, err.summary
    lines = [scored, _calls(settings)]
    if settings.drop_text:
        lines.append(score_words.drop(settings))
    if settings.verify:
        lines.append(_verify(settings, prepared))
    lines += _report(settings) if settings.report else _warnings_of_flags(settings)
    if settings.strict:
        _check_strict(settings, prepared, "\n".join(lines))
    if bad is not None:
        raise TooManyBad(str(bad), summary="\n".join(lines))
    return "\n".join(lines)


def _say_which_head(head: str) -> None:
    """Name a default head with its languages and licence; and a folder that hides one."""
    if default_heads.is_default(head):
        card = default_heads.read_card(head)
        say(
            f"head {head} of the package, for {', '.join(card.languages)}; trained on "
            f"{card.licence} (`daf models` says more)",
        )
    elif head in default_heads.default_heads():
        say(f"head {files.absolute(head)}, not that of the package")


def _score_manifest(settings: ScoreSettings, manifest: str, head: TrainedHead) -> str:
    folder = default_heads.head_folder(settings.head)
    return encode_manifest(
        "scored",
        replace(settings, strict=False),  # strict is checked at the end
        manifest_output(manifest),
        scores_output(settings.out),
        EncodePlan(head.encoders, settings.offline, head),
        {"head": files.absolute(folder)},
    )


def _calls(settings: ScoreSettings) -> str:
    statuses = make_calls(scores_output(settings.out), settings)
    tell("summarised", calls=sum(statuses.values()), statuses=statuses)
    if not statuses:
        return "no calls"
    said = ", ".join(f"{count:,} {status}" for status, count in sorted(statuses.items()))
    calls = sum(statuses.values())
    return f"{number_of(calls, 'call')}: {said}; `daf calls {settings.out}` lists them"


def _verify(settings: ScoreSettings, prepared: Prepared) -> str:
    line = verify.run(VerifySettings(manifest=prepared.manifest, scores=settings.out))
    return f"verified: {line.partition(': ')[2]}"


def _report(settings: ScoreSettings) -> list[str]:
    """Make the page; returns how far scores are to be believed, and last where the page is."""
    if not scores_output(settings.out).part_names():
        return ["no report, as the manifest has no rows"]
    page = files.join(settings.out, "report.html")
    words = not settings.drop_text  # in clips they are heard
    made = report.make(ReportSettings(scores=settings.out, out=page, text=words, audio=words))
    return [*made.known.lines, f"report: {page}"]


def _warnings_of_flags(settings: ScoreSettings) -> list[str]:
    """Without a report rows are not read again: what their counts tell, with how to learn more."""
    facts = run_record.read_complete(scores_output(settings.out)).facts
    found = warning_lines(warnings_of_flags(facts["flags"], facts["scored"]))
    more = f"`daf report {settings.out}` says where, and checks intervals and more"
    return [*found, *([more] if found else [])]


def _check_strict(settings: ScoreSettings, prepared: Prepared, lines: str) -> None:
    record = run_record.read_complete(scores_output(settings.out))
    reasons = Counter(prepared.quarantined) + Counter(record.facts["reasons"])
    check_strict(reasons, record.facts["flags"], lines, prepared.not_used)


def _score_embeddings(settings: ScoreSettings, embeddings: str, head: TrainedHead) -> str:
    source = embeddings_output(embeddings)
    record = run_record.read_complete(source)
    check_fit(head, record.identity, settings.head, embeddings)
    warn_of_older(source, record)
    output = scores_output(settings.out)
    manifest = places.manifest_named(source, record)
    facts = {
        "manifest": None if manifest is None else manifest.root,
        "embeddings": source.root,
        "head": files.absolute(default_heads.head_folder(settings.head)),
    }
    parts = [*part_index.of_finished(source, record).values()]
    # If the head reads all columns, this is the identity of scoring the manifest: bytes are equal.
    identity = {**record.identity, "head": head.identity}
    scoring = Run("scored", parts, output, identity, facts, source)
    publish = PublishPart(output, scoring.fingerprint)

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        with open_executor(settings, missing) as executor:
            yield from executor.publish(missing, ScoreStored(source, head), publish)

    return run_missing_parts(scoring, settings, make)


def check_fit(head: TrainedHead, identity: Json, head_uri: str, embeddings: str) -> None:
    """Check that embeddings, of a run with this identity, are like those the head was trained on.

    Raises:
        SettingsError: an encoder is missing or another one, or the number of frames differs.
    """
    frame_steps = identity.get("frames", 0)
    for steps, _ in select(head.shapes, lambda column: column.view == "frames").values():
        if steps != frame_steps:
            found = f"frames of {frame_steps} steps" if frame_steps else "no frames"
            raise SettingsError(
                f"{embeddings}: expected frames of {steps} steps, which head {head_uri} reads, "
                f"found {found}; embed again with `frames` {steps}"
            )
    for column, spec in head.encoders.items():
        values = identity["encoders"].get(column)
        stored = None if values is None else EncoderSpec(**values)
        if stored != spec:
            raise SettingsError(
                f"{embeddings}: expected {column} embeddings by {spec}, which head {head_uri} was "
                f"trained on, found {stored or 'none'}; embed again with the head's encoders"
            )
