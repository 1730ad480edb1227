"""`daf score` into a folder that an earlier run has begun: what differs is said before any work.

Whatever is known only later, such as the precision of other processors, is compared by
`run_record.begin`.
"""

from daf_core import default_heads
from daf_core.asr.models import RECOGNIZER, resolve
from daf_core.errors import SettingsError
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, places, run_record
from daf_core.storage.differences import differences
from daf_core.storage.output import manifest_output, scores_output
from daf_core.storage.run_record import RunRecord
from jobs.settings import ScoreSettings
from jobs.verbs.score_source import given_manifest

ELSE = "choose another folder, or start over with `fresh`"


def check_same_run(settings: ScoreSettings, head: TrainedHead) -> None:
    """Check that `out` holds nothing, or was made with the same head, words, manifest, precision.

    Raises:
        SettingsError: something differs; the message says what, and how to go on.
    """
    if settings.fresh:
        return
    record = run_record.read(scores_output(settings.out))
    if record is not None and record.kind == "scores":
        _check_head(settings, record, head)
        _check_precision(settings, record)
    if settings.embeddings is None:
        scored = record.identity.get("manifest") if record is not None else None
        _check_words(settings, scored)
        _check_manifest(settings, scored)


def _check_head(settings: ScoreSettings, record: RunRecord, head: TrainedHead) -> None:
    found, asked = {"head": record.identity.get("head")}, {"head": head.identity}
    if found != asked:
        output = scores_output(settings.out)
        run = places.as_found(output, record.as_dict())
        manifest = run.get("manifest") or files.join(settings.out, "manifest")
        place = run.get("head")
        by = f"those of the head {place}" if place else "those of another head"
        if place == files.absolute(default_heads.head_folder(settings.head)):
            by = f"those that it gave before it was {_remade(settings.head)}"
        source, spared = manifest, "ingests"
        if settings.embeddings is not None:
            source, spared = f"--embeddings {settings.embeddings}", "embeds"
        raise SettingsError(
            f"{settings.out}: expected scores of `head` {settings.head}, found {by} "
            f"({differences(found, asked)}); choose another folder (`daf score {source} --head "
            f"{settings.head} --out …` {spared} nothing again), or start over with `fresh`"
        )


def _remade(head: str) -> str:
    """What happened to a head that lies where another did."""
    return "replaced by another daf" if default_heads.is_default(head) else "trained again"


def _check_precision(settings: ScoreSettings, record: RunRecord) -> None:
    found = record.identity.get("precision")
    if settings.precision is not None and found is not None and found != settings.precision:
        raise SettingsError(
            f"{settings.out}: expected scores with `precision` {settings.precision}, found scores "
            f"with {found}; give `precision` {found}, {ELSE}"
        )


def _check_words(settings: ScoreSettings, scored: str | None) -> None:
    """scored: the fingerprint of the manifest that was scored, None: nothing was."""
    transcribed = manifest_output(files.join(settings.out, "transcribed"))
    record = run_record.read(transcribed)
    was = record is not None and scored == record.fingerprint
    if settings.transcribe is None:
        if was and not _is(given_manifest(settings), transcribed.root):
            raise SettingsError(
                f"{settings.out}: was made with `transcribe`{_model(record)}, and holds scores of "
                f"recognized words; give it again, {ELSE}"
            )
        return
    if scored is not None and not was:
        raise SettingsError(
            f"{settings.out}: was made without `transcribe`, and holds scores of rows as they "
            f"came; leave it out, {ELSE}"
        )
    if record is None:
        return
    model = settings.transcribe[0] if settings.transcribe else RECOGNIZER
    found, asked = record.identity.get("recognizer"), resolve(model, settings.offline).as_dict()
    if found != asked:
        said = differences({"recognizer": found}, {"recognizer": asked})
        raise SettingsError(
            f"{settings.out}: was made with `transcribe`{_model(record)}, found another recognizer "
            f"({said}); give the same again, {ELSE}"
        )


def _check_manifest(settings: ScoreSettings, scored: str | None) -> None:
    if scored is None or settings.transcribe is not None:
        return
    given = given_manifest(settings)
    manifest = manifest_output(given or files.join(settings.out, "manifest"))
    record = run_record.read(manifest)
    if record is not None and record.fingerprint != scored:
        output = scores_output(settings.out)
        found = run_record.read(output)
        other = None if found is None else places.manifest_named(output, found)
        place = "another one" if other is None or other.root == manifest.root else other.root
        raise SettingsError(
            f"{settings.out}: expected scores of the manifest {manifest.root}, found scores of "
            f"{place}; name the manifest that was scored, {ELSE}"
        )


def _is(manifest: str | None, root: str) -> bool:
    return manifest is not None and files.absolute(manifest) == root


def _model(record: RunRecord | None) -> str:
    """The recognizer, as it may follow the option; nothing for the one that is taken without."""
    name = "" if record is None else record.identity.get("recognizer", {}).get("name", "")
    return "" if name == RECOGNIZER else f" {name}"
