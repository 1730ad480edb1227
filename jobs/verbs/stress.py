"""manifest + heads → how their errors grow with damage: tables, a picture, all predictions."""

from typing import Any

import pyarrow as pa

from daf_core.damage.words import Words
from daf_core.errors import NotDone, SettingsError
from daf_core.evaluation.rendering import arrow_table
from daf_core.stages import trained_head
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, manifest_output, predictions_output
from daf_core.stress.figure import picture
from daf_core.stress.grid import Grid, named
from daf_core.stress.labelled_sample import labelled_sample, labelled_texts
from daf_core.stress.table import rendered, robustness
from daf_core.weights.specs import locate
from jobs.parts.encode import EncodePlan
from jobs.parts.encode_manifest import encode_manifest
from jobs.settings import StressSettings


def run(settings: StressSettings) -> str:
    """Measure heads on damaged rows; returns the table and the summary line.

    The unit of work is a part under all conditions: its clean embeddings serve them all.
    """
    loaded = {folder: trained_head.load(folder) for folder in settings.heads}
    heads = named(loaded)
    for folder, head in loaded.items():
        if head.reads_others:
            raise SettingsError(
                f"`heads` {folder}: expected a head that reads single utterances, this one reads "
                f"each beside others of its recording or voice (gatedx, `speaker_normalise`), "
                f"of which a sample has too few"
            )
    source = manifest_output(settings.manifest)
    run_record.read_complete(source)
    sample = labelled_sample(source, settings.rows, settings.seed)
    grid = Grid(heads, Words.of(labelled_texts(source)), settings.seed)
    if "text" in grid.modalities and len(grid.words.words) < 2:
        raise SettingsError(
            f"{source.root}: expected texts of two different words or more, for word errors"
        )
    for spec in grid.encoders.values():
        locate(spec, settings.offline)
    output = predictions_output(settings.out)
    folders = map(files.absolute, loaded)
    facts = {"heads": dict(zip(heads, folders, strict=True))}
    plan = EncodePlan(grid.encoders, settings.offline, grid, sample=sample)
    summary = encode_manifest("predicted", settings, source, output, plan, facts)
    rows = robustness(predictions(settings))
    if not rows:
        raise NotDone(f"{summary}: no row has all that the heads read; see {output.quarantine_uri}")
    _publish(output, rows)
    conditions = f"{len(grid.conditions)} conditions × {len(heads)} heads"
    return "\n\n".join([rendered(rows, "simple"), f"{conditions}, {summary}; in {output.root}"])


def predictions(settings: StressSettings) -> pa.Table:
    """What the heads of a grid that `run` has made say, all rows under all conditions."""
    return pa.concat_tables(predictions_output(settings.out).read_all())


def _publish(output: Output, rows: list[dict[str, Any]]) -> None:
    """The grid as Parquet, Markdown, LaTeX and a picture."""
    data = {
        "parquet": parquet.parquet_bytes(arrow_table(rows), "robustness", {}),
        "md": f"{rendered(rows, 'github')}\n".encode(),
        "tex": f"{rendered(rows, 'latex_booktabs')}\n".encode(),
        "png": picture(rows),
    }
    for suffix, content in data.items():
        files.publish(files.join(output.root, f"robustness.{suffix}"), content)
