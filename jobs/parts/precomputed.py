"""manifest + a file of features → embeddings, in this process: there is nothing to encode."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from daf_core.precomputed.features import Extracted
from daf_core.precomputed.open import read_features
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from jobs.parts.encode_manifest import parts_of
from jobs.parts.message import Made, Tables, delivered, parcels, passed_on
from jobs.parts.read_and_publish import PublishPart
from jobs.parts.resume import run_missing_parts
from jobs.settings import EmbedSettings


def embed_features(settings: EmbedSettings, features: str, source: Output, output: Output) -> str:
    """Embed the missing parts of the manifest `source` by a file of features; returns the summary.

    Raises:
        SettingsError: this is no file of features.
    """
    record = run_record.complete_record(source)
    extracted = read_features(files.absolute(features))
    encoders = {column: spec.as_dict() for column, spec in extracted.encoders.items()}
    identity = {"manifest": record["fingerprint"], "encoders": encoders}
    look_up = LookUp(source, extracted)
    publish = PublishPart(output, run_record.fingerprint(identity))

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        return (delivered(publish(look_up(parcels([facts])))) for facts in missing)

    facts = {
        "manifest": source.root,
        "features": files.absolute(features),
        "repaired": extracted.repaired,
    }
    parts = parts_of(source, record)
    line = run_missing_parts("embedded", parts, output, identity, facts, settings, make)
    widths = " and ".join(f"{name} {width}" for name, (_, width) in extracted.shapes.items())
    return f"{line}, {widths} wide, {extracted.repaired} numbers repaired in the file"


@dataclass(frozen=True)
class LookUp:
    """Part of the manifest → the embeddings of its rows."""

    manifest: Output
    extracted: Extracted

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._embed, parcel)

    def _embed(self, facts: PartFacts, _: Tables) -> Made:
        rows, _footer = parquet.read(files.join(self.manifest.parts_uri, facts.part), "manifest")
        embedded, missing = self.extracted.embed(rows)
        return facts, {"rows": embedded, "quarantine": missing}
