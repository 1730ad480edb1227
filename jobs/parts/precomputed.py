"""manifest + precomputed features → embeddings, in this process: there is nothing to encode."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from daf_core.precomputed.features import Precomputed
from daf_core.precomputed.open import open_features
from daf_core.storage import files, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from jobs.parts.encode_manifest import parts_to_make
from jobs.parts.message import PartTables, StageResult, run_stage, unwrap, wrap
from jobs.parts.read_and_publish import PublishPart
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import EmbedSettings


def embed_precomputed(settings: EmbedSettings, uri: str, source: Output, output: Output) -> str:
    """Make the embeddings that `output` lacks from the features at `uri`; returns the summary line.

    Raises:
        SettingsError: these are no features that can be read.
    """
    record = run_record.read_complete(source)
    features = open_features(files.absolute(uri))
    encoders = {column: spec.as_dict() for column, spec in features.encoders.items()}
    identity = {"manifest": record.fingerprint, "encoders": encoders}
    facts = {
        "manifest": source.root,
        "features": files.absolute(uri),
        "repaired": features.repaired,
    }
    run = Run("embedded", parts_to_make(source, record), output, identity, facts, source)
    look_up, publish = LookUp(source, features), PublishPart(output, run.fingerprint)

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        return (unwrap(publish(look_up(wrap([part])))) for part in missing)

    line = run_missing_parts(run, settings, make)
    widths = " and ".join(f"{name} {width}" for name, (_, width) in features.shapes.items())
    told = {name: column.far for name, column in features.columns.items() if column.far}
    far = "".join(f"; {name}: {text}: correct them" for name, text in told.items())
    return (
        f"{line}, {widths} wide, each feature standardised over the file's rows, "
        f"{features.repaired} numbers repaired in the file{far}"
    )


@dataclass(frozen=True)
class LookUp:
    """Part of the manifest → the embeddings of its rows, found by utterance id."""

    manifest: Output
    features: Precomputed

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._embed, message)

    def _embed(self, facts: PartFacts, _: PartTables) -> StageResult:
        embedded, missing = self.features.embed(self.manifest.read(facts.name))
        return facts, {"rows": embedded, "quarantine": missing}
