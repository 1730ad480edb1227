"""Publish a part of an output again without some of its recordings; nothing is made anew."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.manifest.parts import manifest_flags
from daf_core.schemas import QUARANTINE
from daf_core.storage import files, parquet
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts, count_flags, facts_of_part

Stays = Callable[[str], bool]  # by recording id


def keep_recordings(
    output: Output, name: str, stays: Stays, made_from: PartFacts | None = None
) -> PartFacts:
    """Publish the words, quarantine and rows of a part without the recordings that do not stay;
    returns its facts. Rows that stay keep their bytes' meaning: nothing is scored again.

    made_from: facts of the part of the manifest that the part stands for from now on; None: as
    before, less what goes. A part of which all stays and whose facts are right is left as it is.

    Raises:
        SettingsError: the part is missing or has no facts.
        NotDone: the storage fails.
    """
    rows, footer = parquet.read(output.part_uri(name), output.kind)
    quarantine_uri = files.join(output.quarantine_uri, name)
    found = parquet.read_if_there(quarantine_uri, "quarantine")
    quarantine, its_footer = found or (QUARANTINE.empty_table(), {})
    kept, kept_quarantine = of_recordings(rows, stays), of_recordings(quarantine, stays)
    old = facts_of_part(output, name)
    facts = _facts(output.kind, old, made_from, kept, kept_quarantine)
    gone = len(rows) - len(kept) + len(quarantine) - len(kept_quarantine)
    if made_from is None:
        facts = replace(facts, rows_in=old.rows_in - gone)
    if not gone and facts == old:
        return old
    _keep_words(output, name, kept)
    if found is not None:
        parquet.write(quarantine_uri, kept_quarantine, "quarantine", its_footer | facts.footer())
    parquet.write(output.part_uri(name), kept, output.kind, footer | facts.footer())
    return facts


def of_recordings(rows: pa.Table, stays: Stays) -> pa.Table:
    """The rows of recordings that stay, and of none."""
    keep = [one is None or stays(one) for one in rows["recording_id"].to_pylist()]
    return rows if all(keep) else rows.filter(pa.array(keep, pa.bool_())).combine_chunks()


def _facts(
    kind: str, old: PartFacts, made_from: PartFacts | None, kept: pa.Table, quarantine: pa.Table
) -> PartFacts:
    is_manifest = kind == "manifest"  # its quarantine is that of ingest, which is counted there
    reasons = Counter(quarantine["reason"].to_pylist())
    facts = replace(
        old,
        rows=len(kept),
        flags=manifest_flags(kept) if is_manifest else count_flags(kept),
        reasons=old.reasons if is_manifest else dict(sorted(reasons.items())),
    )
    if made_from is None:
        return facts
    fingerprint, audio_s = made_from.rows_fingerprint, made_from.audio_s
    metadata = made_from.metadata or facts.metadata
    return replace(
        facts,
        rows_in=made_from.rows,
        rows_fingerprint=fingerprint,
        audio_s=audio_s,
        metadata=metadata,
    )


def _keep_words(output: Output, name: str, kept: pa.Table) -> None:
    """Leave only the words of rows that are kept, where `daf transcribe` stored any."""
    uri = files.join(output.words_uri, name)
    found = parquet.read_if_there(uri, "words")
    if found is not None:
        words = found[0].filter(pc.is_in(found[0]["utterance_id"], kept["utterance_id"]))
        parquet.write(uri, words.combine_chunks(), "words", found[1])
