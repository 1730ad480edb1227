"""manifest (or embeddings) + head → scores: streamed through Ray Data, nothing stored between.

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
from typing import Any

from daf_core.embeddings.columns import select
from daf_core.errors import SettingsError
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, part_index, run_record
from daf_core.storage.output import embeddings_output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.weights.specs import EncoderSpec, locate
from jobs.parts.encode import EncodePlan, ScoreStored
from jobs.parts.encode_manifest import encode_manifest
from jobs.parts.executor import open_executor
from jobs.parts.read_and_publish import PublishPart
from jobs.parts.resume import Run, run_missing_parts
from jobs.settings import ScoreSettings


def run(settings: ScoreSettings) -> str:
    """Score a manifest, or stored embeddings of one; returns the summary line."""
    head = trained_head.load(settings.head)
    if settings.embeddings is not None:
        return _score_embeddings(settings, settings.embeddings, head)
    assert settings.manifest is not None
    return _score_manifest(settings, settings.manifest, head)


def _score_manifest(settings: ScoreSettings, manifest: str, head: TrainedHead) -> str:
    source = manifest_output(manifest)
    run_record.read_complete(source)  # before a hub is asked for weights
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
    # The identity of scoring the manifest, if the head uses all encoders: the bytes are the same.
    run = Run("scored", parts, output, {**record.identity, "head": head.identity}, facts)
    publish = PublishPart(output, run.fingerprint)

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        with open_executor(settings, len(missing)) as executor:
            yield from executor.score_stored(missing, ScoreStored(source, head), publish)

    return run_missing_parts(run, settings, make)


def check_fit(head: TrainedHead, identity: dict[str, Any], head_uri: str, embeddings: str) -> None:
    """Refuse embeddings, of this identity, that are not like those that the head was trained on.

    Raises:
        SettingsError: an encoder is missing or differs, or frames are of other steps.
    """
    there = identity.get("frames", 0)
    for steps, _ in select(head.streams, lambda column: column.view == "frames").values():
        if steps != there:
            raise SettingsError(
                f"{head_uri}: this head reads frames of {steps} steps, {embeddings} holds "
                f"{f'those of {there}' if there else 'none'}; make it with "
                f"`daf embed --frames {steps}`"
            )
    for column, spec in head.encoders.items():
        known = identity["encoders"].get(column)
        found = known and EncoderSpec(**known)
        if found != spec:
            raise SettingsError(
                f"{head_uri}: this head was trained on {column} embeddings by {spec}, "
                f"{embeddings} holds {found or 'none'}; embed again with the head's encoders"
            )
