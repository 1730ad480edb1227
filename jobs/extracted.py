"""manifest + a file of features → embeddings, in this process: there is nothing to encode."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from daf_core import runs, tables
from daf_core.corpora.extracted import Extracted
from daf_core.corpora.feature_files import read_features
from daf_core.index import PartFacts
from daf_core.runs import Output
from jobs.encode_run import parts_of
from jobs.parcel import Made, Tables, delivered, parcels, passed_on
from jobs.resumable import run_missing_parts
from jobs.settings import EmbedSettings
from jobs.stages import PublishPart


def embed_features(settings: EmbedSettings, features: str, source: Output, output: Output) -> str:
    """Embed the missing parts of the manifest `source` by a file of features; returns the summary.

    Raises:
        SettingsError: this is no file of features.
    """
    record = runs.complete_record(source)
    extracted = read_features(tables.absolute(features))
    encoders = {column: spec.as_dict() for column, spec in extracted.encoders.items()}
    identity = {"manifest": record["fingerprint"], "encoders": encoders}
    look_up = LookUp(source, extracted)
    publish = PublishPart(output, runs.fingerprint(identity))

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        return (delivered(publish(look_up(parcels([facts])))) for facts in missing)

    facts = {
        "manifest": source.root,
        "features": tables.absolute(features),
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
        rows, _footer = tables.read(tables.join(self.manifest.parts_uri, facts.part), "manifest")
        embedded, missing = self.extracted.embed(rows)
        return facts, {"rows": embedded, "quarantine": missing}
