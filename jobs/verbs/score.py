"""daf score: manifest (or embeddings) + head → scores. Nothing is stored in between.

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

from collections.abc import Iterator

from daf_core.embeddings.columns import select
from daf_core.errors import SettingsError
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, part_index, run_record
from daf_core.storage.output import embeddings_output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from daf_core.weights.specs import EncoderSpec, locate
from jobs.parts.encode import EncodePlan, ScoreStored
from jobs.parts.encode_manifest import encode_manifest
from jobs.parts.executor import open_executor
from jobs.parts.read_and_publish import PublishPart
from jobs.parts.resume import Run, run_missing_parts
from jobs.settings import ScoreSettings


def run(settings: ScoreSettings) -> str:
    """Score a manifest, or stored embeddings of one; returns the summary line.

    Raises:
        SettingsError: a setting or an input is wrong.
        NotDone: not all parts are made.
    """
    head = trained_head.load(settings.head)
    if settings.embeddings is not None:
        return _score_embeddings(settings, settings.embeddings, head)
    assert settings.manifest is not None
    return _score_manifest(settings, settings.manifest, head)


def _score_manifest(settings: ScoreSettings, manifest: str, head: TrainedHead) -> str:
    source = manifest_output(manifest)
    run_record.read_complete(source)  # an unfinished manifest stops the job before downloads
    for spec in head.encoders.values():
        locate(spec, settings.offline)  # missing weights stop the job here, not on its workers
    facts = {"head": files.absolute(settings.head)}
    output = scores_output(settings.out)
    plan = EncodePlan(head.encoders, settings.offline, head)
    return encode_manifest("scored", settings, source, output, plan, facts)


def _score_embeddings(settings: ScoreSettings, embeddings: str, head: TrainedHead) -> str:
    source = embeddings_output(embeddings)
    record = run_record.read_complete(source)
    check_fit(head, record.identity, settings.head, embeddings)
    output = scores_output(settings.out)
    facts = {
        "manifest": record.facts["manifest"],
        "embeddings": source.root,
        "head": files.absolute(settings.head),
    }
    parts = [*part_index.of_finished(source, record).values()]
    # If the head reads all columns, this is the identity of scoring the manifest: bytes are equal.
    scoring = Run("scored", parts, output, {**record.identity, "head": head.identity}, facts)
    publish = PublishPart(output, scoring.fingerprint)

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        with open_executor(settings, len(missing)) as executor:
            yield from executor.score_stored(missing, ScoreStored(source, head), publish)

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
