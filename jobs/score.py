"""manifest (or embeddings) + head → scores: streamed through Ray Data, nothing stored between."""

from collections.abc import Iterator
from dataclasses import asdict

from daf_core import runs, tables
from daf_core.encoders.weights import locate
from daf_core.errors import SettingsError
from daf_core.heads import files
from daf_core.heads.files import TrainedHead
from jobs.embed import embeddings_identity
from jobs.flow import Pool, encode_parts, score_stored_parts
from jobs.progress import Counts
from jobs.resumable import run_missing_parts
from jobs.session import ray_session
from jobs.settings import ScoreSettings


def run(settings: ScoreSettings) -> str:
    """Score a manifest, or stored embeddings of one; returns the summary line."""
    head = files.load(settings.head)
    if settings.embeddings is not None:
        return _score_embeddings(settings, settings.embeddings, head)
    assert settings.manifest is not None
    return _score_manifest(settings, settings.manifest, head)


def _score_manifest(settings: ScoreSettings, manifest: str, head: TrainedHead) -> str:
    source = runs.manifest_output(manifest)
    record = runs.complete_record(source)
    for spec in head.encoders.values():
        locate(spec, settings.offline)  # missing weights stop the job here, not on its workers
    output, names = runs.scores_output(settings.out), tables.list_parts(source.parts_uri)
    with ray_session():
        pool = Pool.plan(settings.actor_range, settings.gpus_per_actor, len(names))
        embedded = embeddings_identity(record, head.encoders, pool)
        identity = {**embedded, "head": head.identity}

        def make(missing: list[str]) -> Iterator[Counts]:
            encode = {"encoders": head.encoders, "offline": settings.offline, "head": head}
            footer = {"daf.fingerprint": runs.fingerprint(identity)}
            return encode_parts(missing, source, encode, output, footer, pool)

        facts = {"manifest": source.root, "head": tables.absolute(settings.head)}
        return run_missing_parts("scored", names, output, identity, facts, settings.fresh, make)


def _score_embeddings(settings: ScoreSettings, embeddings: str, head: TrainedHead) -> str:
    source = runs.embeddings_output(embeddings)
    record = runs.complete_record(source)
    check_fit(head, record["identity"]["encoders"], settings.head, embeddings)
    output, names = runs.scores_output(settings.out), tables.list_parts(source.parts_uri)
    # That of scoring the manifest, where the head uses all the encoders: the bytes are the same.
    identity = {**record["identity"], "head": head.identity}

    def make(missing: list[str]) -> Iterator[Counts]:
        footer = {"daf.fingerprint": runs.fingerprint(identity)}
        with ray_session():
            yield from score_stored_parts(missing, source, head, output, footer)

    facts = {
        "manifest": record["manifest"],
        "embeddings": source.root,
        "head": tables.absolute(settings.head),
    }
    return run_missing_parts("scored", names, output, identity, facts, settings.fresh, make)


def check_fit(
    head: TrainedHead, encoders: dict[str, dict[str, str]], head_uri: str, embeddings: str
) -> None:
    """Refuse embeddings of other encoders than the head was trained on.

    Raises:
        SettingsError: an encoder is missing or differs.
    """
    for column, spec in head.encoders.items():
        wanted, found = asdict(spec), encoders.get(column)
        if wanted != found:
            raise SettingsError(
                f"{head_uri}: this head was trained on {column} embeddings by {_brief(wanted)}, "
                f"{embeddings} holds {_brief(found)}; embed again with the head's encoders"
            )


def _brief(spec: dict[str, str] | None) -> str:
    if spec is None:
        return "none"
    return f"{spec['name']} ({spec['revision'] or 'local'}, SHA-256 {spec['sha256'][:12]}…)"
