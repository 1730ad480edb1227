"""Publish the two files of a part: the quarantine first, then the part. A part is then finished.

Files are created only if absent. A finished part, made by the same run from the same manifest rows,
is never replaced by a late attempt. Files of another run or of other rows are replaced, but only
while the run record still names this run.
"""

import pyarrow as pa

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.score_ranges import wrong_scores_named

FINGERPRINT_FOOTER = "daf.fingerprint"
_OF_HEADS = ("scores", "predictions")  # kinds of tables with numbers that a head gave


def publish_part(
    output: Output,
    facts: PartFacts,
    rows: pa.Table,
    quarantine: pa.Table,
    fingerprint: str,
    words: pa.Table | None = None,
) -> None:
    """Publish the words, if any, the quarantine and then the rows of a part of the run with this
    fingerprint.

    Raises:
        NotDone: the output now belongs to another run, or cannot be read or written; or a score is
            not finite or outside its range, and nothing of the part is published.
    """
    if output.kind in _OF_HEADS and (wrong := wrong_scores_named(rows)):
        raise NotDone(f"{output.part_uri(facts.name)}: not published: {'; '.join(wrong)}")
    footer = {FINGERPRINT_FOOTER: fingerprint, **facts.footer()}
    contents = output.encoded(facts.name, rows, quarantine, footer)
    if words is not None:
        uri = files.join(output.words_uri, facts.name)
        contents.insert(0, (uri, parquet.parquet_bytes(words, "words", footer)))
    for uri, data in contents:
        if not files.create(uri, data) and files.read_bytes(uri) != data:
            _check_still_ours(output, fingerprint)
            if _is_finished(output, facts, fingerprint):
                return
            files.publish(uri, data)


def _is_finished(output: Output, facts: PartFacts, fingerprint: str) -> bool:
    """Whether the part is there, made by this run from the same rows."""
    if not files.exists(output.part_uri(facts.name)):
        return False
    try:
        footer = output.footer(facts.name)
    except SettingsError:  # no table of this kind and version
        return False
    found = PartFacts.from_footer(footer)
    same_rows = found is not None and found.rows_fingerprint == facts.rows_fingerprint
    return same_rows and footer.get(FINGERPRINT_FOOTER) == fingerprint


def _check_still_ours(output: Output, fingerprint: str) -> None:
    """Raise NotDone unless the run record names this run."""
    record = run_record.read(output)
    if record is None or record.fingerprint != fingerprint:
        found = "no run record" if record is None else "that of another run"
        raise NotDone(
            f"{output.record_uri}: expected the record of this run, found {found}; another command "
            f"took over this folder, its files are left as they are"
        )
