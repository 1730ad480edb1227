"""The source of `daf score` → the manifest that is scored."""

from dataclasses import dataclass, field, fields, replace

from daf_core.asr.models import check_installed
from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.storage import files, run_record
from daf_core.storage.output import RECORD, manifest_output
from jobs.command.terminal import say
from jobs.parts.room import check_room
from jobs.settings import IngestSettings, PartsRun, ScoreSettings, SourceOptions, TranscribeSettings
from jobs.verbs import ingest, score_words, transcribe

OPTIONS = [option.name for option in fields(SourceOptions) if option.name != "source"]


@dataclass(frozen=True)
class Prepared:
    """A finished manifest, and what ingest left out of it: reason → rows, reason → files."""

    manifest: str
    quarantined: dict[str, int] = field(default_factory=dict)
    not_used: dict[str, int] = field(default_factory=dict)


def check_source(settings: ScoreSettings) -> None:
    """Check before any work that the source, its options and `out` go together.

    Raises:
        SettingsError: they do not.
    """
    run_record.check_vacant(settings.out, "scores")
    if settings.transcribe is not None:
        check_installed()
    score_words.check(settings, given_manifest(settings))
    _ = settings.actor_range  # raises
    if (manifest := given_manifest(settings)) is None:
        return
    run_record.read_complete(manifest_output(manifest))
    defaults = SourceOptions()
    for option in OPTIONS:
        if option == "allow_root":
            continue
        if getattr(settings, option) != getattr(defaults, option):
            raise SettingsError(
                f"`{option}`: goes with what is to be ingested, and {manifest} is a manifest; "
                f"give it to the `daf ingest` that makes the manifest"
            )


def given_manifest(settings: ScoreSettings) -> str | None:
    """The manifest that the settings name, None if there is a source to ingest.

    Raises:
        SettingsError: the source is an output of daf, but no manifest.
    """
    if settings.manifest is not None:
        return settings.manifest
    assert settings.source is not None
    try:
        record = files.read_json(files.join(settings.source, RECORD))
    except SettingsError:
        return None  # a file of that name that is not of daf
    if record is None or not {"kind", "fingerprint"} <= record.keys():
        return None
    if record["kind"] == "manifest":
        return settings.source
    hint = "; name it as `embeddings`" if record["kind"] == "embeddings" else ""
    raise SettingsError(
        f"{settings.source}: expected recordings, a table, a corpus or a manifest, found "
        f"{record['kind']} of daf{hint}"
    )


def prepare(settings: ScoreSettings) -> Prepared:
    """Make the manifest that is scored, or bring it up to date; says what was ingested.

    Steps between ingest and scoring belong here: each makes one manifest of another, in a folder
    of its own in `out`.
    """
    prepared = _ingested(settings)
    if settings.transcribe is None:
        return prepared
    manifest = files.join(settings.out, "transcribed")
    resources = {one.name: getattr(settings, one.name) for one in fields(PartsRun)}
    asked = TranscribeSettings(
        manifest=prepared.manifest, out=manifest, redact=settings.redact, **resources
    )
    if settings.transcribe:
        asked = replace(asked, model=settings.transcribe[0])
    say(transcribe.run(asked))
    return replace(prepared, manifest=manifest)


def _ingested(settings: ScoreSettings) -> Prepared:
    if (manifest := given_manifest(settings)) is not None:
        return Prepared(manifest)
    assert settings.source is not None
    check_room(settings)
    manifest = files.join(settings.out, "manifest")
    made = [settings.out]  # none of it is of the source, if it lies in there
    options = {option: getattr(settings, option) for option in OPTIONS}
    asked = IngestSettings(source=settings.source, out=manifest, fresh=settings.fresh, **options)
    may_start_ray = settings.local is not True
    done, line = ingest.bring_up_to_date(asked, made, may_start_ray=may_start_ray)
    say(line)  # scoring may take hours
    if again := score_words.lacking(settings):
        say(f"words of {number_of(len(again), 'part')} were dropped and are read again")
        asked = replace(asked, fresh=False)
        done, line = ingest.bring_up_to_date(
            asked, made, read_again=again, may_start_ray=may_start_ray
        )
        say(line)
    ingest.check_rows(done, settings.max_error_rate, line="")
    return Prepared(manifest, done.quarantined, done.not_used)
