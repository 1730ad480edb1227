"""`daf score --drop-text`: the words of a source are kept until its scores are whole."""

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.privacy.csv_tables import drop_words_in_table, tables_in
from daf_core.privacy.in_step import parts_that_lack_words
from daf_core.privacy.words import drop_words, were_dropped
from daf_core.storage import files, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from jobs.settings import ScoreSettings


def check(settings: ScoreSettings, manifest: str | None) -> None:
    """Check that words may be dropped, or that they were not; `manifest`: that is scored as it is.

    Raises:
        SettingsError: the manifest is not of this output, or an earlier run dropped its words and
            this one would store them.
    """
    if manifest is not None:
        if settings.drop_text:
            raise SettingsError(
                f"`drop_text`: goes with what is to be ingested, and {manifest} is a manifest, "
                f"whose words others may need; give the source itself"
            )
        return
    own = run_record.read(manifest_output(files.join(settings.out, "manifest")))
    if were_dropped(own) and not (settings.drop_text or settings.fresh):
        raise SettingsError(
            f"{settings.out}: expected `drop_text`, as with the earlier run, whose words were "
            f"dropped; give it, or start over with `fresh` to store them"
        )


def lacking(settings: ScoreSettings) -> set[str]:
    """Parts of the manifest in `out` whose words were dropped, and are needed to score again."""
    manifest, *others = _manifests(settings)
    if not settings.drop_text or not were_dropped(run_record.read(manifest)):
        return set()
    outputs = [*others, scores_output(settings.out)]
    return parts_that_lack_words(manifest, outputs, settings.retry)


def drop(settings: ScoreSettings) -> str:
    """Drop the words from all that daf has made in `out`; returns a line about it."""
    parts = sum(map(drop_words, _manifests(settings)))
    files.delete(files.join(settings.out, "report.html"))  # of an earlier run; a new one follows
    tables = tables_in(settings.out)
    lines = [drop_words_in_table(files.join(settings.out, name)) for name in tables]
    changed = [name for name, count in zip(tables, lines, strict=True) if count]
    of = [number_of(parts, "part")] if parts else []
    said = f"dropped the words of {', '.join([*of, *changed])}; " if of or changed else ""
    return f"{said}no table in {settings.out} holds words"


def _manifests(settings: ScoreSettings) -> list[Output]:
    """That of the source, and that of recognized words, which an earlier run may have made."""
    made = [manifest_output(files.join(settings.out, one)) for one in ("manifest", "transcribed")]
    return [made[0], *(one for one in made[1:] if files.exists(one.record_uri))]
