"""Scores of rows whose words were dropped: kept in step with the manifest, as far as they can be.

Where recordings were taken out of a part, because they changed or were forgotten, the scores of the
others stay as they are. Where scores must be made again, their words are missing, and the part is
named so that its recordings are read again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from daf_core.privacy.kept_rows import keep_recordings, of_recordings
from daf_core.privacy.words import has_dropped
from daf_core.schemas import QUARANTINE
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import FINGERPRINT_FOOTER


def parts_that_lack_words(
    manifest: Output, outputs: Sequence[Output], retry: Collection[str] = ()
) -> set[str]:
    """Names of the parts of a finished manifest whose words are dropped and needed again.

    outputs: what is made of the manifest, each of the one before: the transcribed manifest if there
    is one, and the scores. Parts of theirs that only hold too much are cut to what the manifest
    holds. retry: reasons and flags for which parts of the scores are made again.

    Raises:
        SettingsError: the manifest is not finished.
        NotDone: the storage fails.
    """
    facts = part_index.of_finished(manifest, run_record.read_complete(manifest))
    known = [_Known(output) for output in outputs]
    return {name for name, own in facts.items() if _lacks(manifest, own, known, retry)}


class _Known:
    """What an output says of its parts."""

    def __init__(self, output: Output) -> None:
        self.output, self.record = output, run_record.read(output)
        self.names = {*output.part_names()}
        self.fingerprint = "" if self.record is None else self.record.fingerprint
        self._indexed = part_index.read(output.index_uri, self.fingerprint)

    def facts(self, name: str, made_from: PartFacts) -> PartFacts | None:
        """The facts of a part of the run; from its footer where the index may be old."""
        if name not in self.names:
            return None
        found = self._indexed.get(name)
        if found is not None and found.rows_fingerprint == made_from.rows_fingerprint:
            return found
        footer = self.output.footer(name)
        ours = footer.get(FINGERPRINT_FOOTER) == self.fingerprint
        return PartFacts.from_footer(footer) if ours else None


def _lacks(
    manifest: Output, made_from: PartFacts, known: Sequence[_Known], retry: Collection[str]
) -> bool:
    name, source = made_from.name, manifest
    for number, one in enumerate(known):
        found = one.facts(name, made_from)
        if found is not None and found.rows_fingerprint != made_from.rows_fingerprint:
            found = _cut(one, source, made_from)
        again = found is None or (found.reasons.keys() | found.flags.keys()) & {*retry}
        if found is None or again:
            for earlier in known[:number]:  # it is made again, of rows that have their words
                if has_dropped(earlier.output.read(name, ["text"])):
                    earlier.output.delete(name)
            return has_dropped(manifest.read(name, ["text"]))
        source, made_from = one.output, found
    return False


def _cut(one: _Known, source: Output, made_from: PartFacts) -> PartFacts | None:
    """Cut a part to the recordings that its source still holds; None: it lacks some of them, or
    its rows have their words, of which it can be made again.
    """
    output, name = one.output, made_from.name
    rows = source.read(name, ["recording_id", "utterance_id", "text"])
    if not has_dropped(rows):
        return None
    held = {*rows["recording_id"].to_pylist()}
    quarantined = QUARANTINE.empty_table().select(["recording_id", "utterance_id"])
    if output.has_quarantine(name):
        quarantined = output.read_quarantine(name, ["recording_id", "utterance_id"])
    ours = [output.read(name, ["recording_id", "utterance_id"]), quarantined]
    column = "recording_id" if output.kind == "manifest" else "utterance_id"
    found = [of_recordings(table, held.__contains__)[column].to_pylist() for table in ours]
    if {*found[0], *found[1]} - {None} != {*rows[column].to_pylist()}:
        return None
    run_record.reopen(output)
    stays = replace(made_from, metadata="")  # which others may have changed at the same time
    return keep_recordings(output, name, held.__contains__, stays)
