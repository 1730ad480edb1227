"""Embeddings that are older than the manifest they were made of, which ingest or forget changed."""

import logging

from daf_core.errors import SettingsError
from daf_core.storage import part_index, places, run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import RunRecord

log = logging.getLogger(__name__)


def warn_of_older(embeddings: Output, record: RunRecord, then: str = "`daf score`") -> None:
    """Log a warning where finished embeddings lack rows of their manifest, or hold more.

    then: what to run once they are made again.
    """
    if (said := said_of_older(embeddings, record, then)) is not None:
        log.warning(said)


def said_of_older(embeddings: Output, record: RunRecord, then: str = "`daf score`") -> str | None:
    """What is wrong and what mends it; None: they are of the manifest as it is now, or that is not
    to be found.
    """
    manifest = places.manifest_named(embeddings, record)
    if manifest is None or not _is_older(embeddings, record, manifest):
        return None
    return (
        f"{embeddings.root} was made from an older version of {manifest.root}; run `daf embed "
        f"--manifest {manifest.root} --out {embeddings.root}` again, with its other options, then "
        f"{then}"
    )


def _is_older(embeddings: Output, record: RunRecord, manifest: Output) -> bool:
    try:
        made_of = run_record.read_if_complete(manifest)
        if made_of is None or made_of.kind != manifest.kind:
            return False
        if record.identity.get("manifest") != made_of.fingerprint:
            return False  # another one lies there now
        theirs = part_index.of_finished(manifest, made_of)
        ours = part_index.of_finished(embeddings, record)
    except SettingsError:  # whoever reads the manifest is told
        return False
    return {name: one.rows_fingerprint for name, one in theirs.items()} != {
        name: one.rows_fingerprint for name, one in ours.items()
    }
