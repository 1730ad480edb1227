"""manifest → embeddings, scores or predictions: what the verbs that encode it share."""

from dataclasses import asdict, replace
from typing import Any

from daf_core.manifest.parts import speech_s
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.stress.labelled_sample import LabelledSample
from daf_core.weights.precision import fastest_precision
from jobs.parts.encode import Encoding
from jobs.parts.executor import workplace
from jobs.parts.read_and_publish import PublishPart, ReadPart
from jobs.parts.resume import run_missing_parts
from jobs.settings import PartsRun


def encode_manifest(
    verb: str,
    settings: PartsRun,
    source: Output,
    output: Output,
    asked: Encoding,
    facts: dict[str, Any] | None = None,
    only: LabelledSample | None = None,
    synthesizer: Synthesizer | None = None,
) -> str:
    """Encode the missing parts of the manifest `source` as `asked`, all their rows or `only` some;
    returns the summary line. `synthesizer` reads out rows without a recording.
    """
    record = run_record.complete_record(source)
    parts = parts_of(source, record, only)
    with workplace(settings, len(parts)) as place:
        precision = settings.precision or fastest_precision(place.device)
        encoding = replace(asked, device=place.device, precision=precision)
        identity = {"manifest": record["fingerprint"], **encoding.identity}
        if synthesizer is not None:
            identity["synthesizer"] = synthesizer.command
        if only is not None:
            identity["rows"] = asdict(only)
        read = ReadPart(
            source,
            encoding.audio,
            only=only,
            context=encoding.context,
            synthesizer=synthesizer,
        )
        publish = PublishPart(output, run_record.fingerprint(identity))
        return run_missing_parts(
            verb,
            parts,
            output,
            identity,
            {"manifest": source.root, **(facts or {})},
            settings,
            lambda missing: place.encode(missing, read, encoding, publish),
        )


def parts_of(
    manifest: Output, record: dict[str, Any], only: LabelledSample | None = None
) -> list[PartFacts]:
    """What is asked of the parts of a complete manifest: all their rows, or `only` some."""
    found = part_index.of_finished(manifest, record).values()
    parts = [replace(part, rows_in=part.rows, rows=0, reasons={}) for part in found]
    if only is None:
        return parts
    chosen = (_chosen(manifest, part, only) for part in parts)
    return [part for part in chosen if part.rows_in]


def _chosen(manifest: Output, part: PartFacts, only: LabelledSample) -> PartFacts:
    """Facts of the rows of a part that are in the sample."""
    uri = files.join(manifest.parts_uri, part.part)
    rows = only.of(parquet.read(uri, manifest.kind)[0]).to_pylist()
    audio_s = sum(speech_s(row) for row in rows if row["audio_uri"] is not None)
    return replace(part, rows_in=len(rows), audio_s=audio_s)
