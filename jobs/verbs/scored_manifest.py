"""The manifest that scores are of, for verbs that read words: where it is gone, they say so."""

from daf_core.errors import SettingsError
from daf_core.storage import files, missing, run_record
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.places import manifest_named
from daf_core.storage.run_record import RunRecord
from jobs.command.terminal import complain, one_line

NAME_IT = ", or name it with --manifest"


def manifest_or_said(scores: Output, or_else: str = "") -> Output | None:
    """The manifest that scores are of, where it is still there; where not, a line says that words
    and what ingest refused are missing.

    or_else: what else helps than to move the manifest back, as the end of that line.

    Raises:
        SettingsError: a part of it is missing.
    """
    record = run_record.read(scores)
    found = None if record is None else manifest_named(scores, record)
    if found is None:
        return None
    if files.exists(found.record_uri):
        missing.check_all_parts(found)
        return found
    complain(
        one_line(
            f"daf: {scores.root}: without words and without what ingest refused: expected the "
            f"manifest that was scored at {found.root}, found none; move it back{or_else}"
        )
    )
    return None


def given_manifest(folder: str) -> Output:
    """The manifest in a folder that the setting `manifest` names.

    Raises:
        SettingsError: there is none, or a part of it is missing.
    """
    manifest = manifest_output(folder)
    missing.check_all_parts(manifest)
    if not manifest.part_names():
        raise SettingsError(
            f"`manifest` {folder}: expected part-*.parquet of a manifest, found none; give the "
            f"folder that daf ingest wrote"
        )
    return manifest


def manifest_named_by(scores: Output, record: RunRecord) -> Output:
    """The manifest that scores are of.

    Raises:
        SettingsError: it is gone, or their record names none.
    """
    found = manifest_named(scores, record)
    if found is None:
        raise SettingsError(
            f"{scores.record_uri}: expected the place of the manifest that was scored, found none; "
            f"give the folder that daf score wrote"
        )
    if not files.exists(found.record_uri):
        raise SettingsError(
            f"{scores.root}: expected the manifest that was scored at {found.root}, found none; "
            f"move it back, or score again"
        )
    return found
