"""daf stress: manifest + heads → errors under damage: tables, a figure, all predictions."""

import pyarrow as pa

from daf_core.damage.words import Words
from daf_core.decimals import number_of
from daf_core.default_heads import head_folder
from daf_core.errors import NotDone, SettingsError
from daf_core.evaluation.rendering import arrow_table
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, manifest_output, predictions_output
from daf_core.stress.figure import figure_png
from daf_core.stress.grid import Grid, name_heads
from daf_core.stress.labelled_sample import labelled_sample, labelled_texts
from daf_core.stress.table import GridRow, render, robustness
from daf_core.weights.specs import locate
from jobs.command.told import tell
from jobs.parts.encode import EncodePlan
from jobs.parts.encode_manifest import encode_manifest
from jobs.settings import StressSettings


def run(settings: StressSettings) -> str:
    """Measure heads on damaged rows; returns the table and the summary line.

    The unit of work is a part under all conditions, so that its clean embeddings are made once.

    Raises:
        SettingsError: a setting or an input is wrong.
        NotDone: not all parts are made, or no row has all modalities of the heads.
    """
    source = manifest_output(settings.manifest)
    run_record.read_complete(source)
    heads = {folder: _load_head(folder) for folder in settings.heads}
    sample = labelled_sample(source, settings.rows, settings.seed)
    grid = _grid(heads, source, settings.seed)
    for spec in grid.encoders.values():
        locate(spec, settings.offline)  # missing weights stop the job here, not on its workers
    output = predictions_output(settings.out)
    folders = [files.absolute(head_folder(folder)) for folder in heads]
    facts = {"heads": dict(zip(grid.heads, folders, strict=True))}
    plan = EncodePlan(grid.encoders, settings.offline, grid, sample=sample)
    summary = encode_manifest("predicted", settings, source, output, plan, facts)
    rows = robustness(predictions(settings))
    if not rows:
        raise NotDone(
            f"{summary}: no row has all modalities of the heads; see {output.quarantine_uri}"
        )
    _publish(output, rows)
    tell("predicted", conditions=len(grid.conditions), heads=len(heads))
    conditions = f"{number_of(len(grid.conditions), 'condition')} × {number_of(len(heads), 'head')}"
    return "\n\n".join([render(rows, "simple"), f"{conditions}, {summary}; in {output.root}"])


def _load_head(folder: str) -> TrainedHead:
    head = trained_head.load(folder)
    if head.reads_previous_turns:
        raise SettingsError(
            f"`heads` {folder}: expected a head that reads each utterance by itself, found one "
            f"that also reads previous turns (gatedx), which a sample may lack; choose another head"
        )
    return head


def _grid(heads: dict[str, TrainedHead], manifest: Output, seed: int) -> Grid:
    """The grid of heads by folder; the labelled rows give the words for word errors."""
    grid = Grid(name_heads(heads), Words.from_texts(labelled_texts(manifest)), seed)
    if "text" in grid.modalities and len(grid.words.words) < 2:
        raise SettingsError(
            f"{manifest.root}: expected labelled texts with two different words or more, for word "
            f"errors, found {len(grid.words.words)}; ingest more labelled rows"
        )
    return grid


def predictions(settings: StressSettings) -> pa.Table:
    """Predictions of a finished grid: of all heads, for all rows, under all conditions."""
    return pa.concat_tables(predictions_output(settings.out).read_all())


def _publish(output: Output, rows: list[GridRow]) -> None:
    """Publish the table as Parquet, Markdown and LaTeX, and the figure."""
    data = {
        "parquet": parquet.parquet_bytes(
            arrow_table([row.as_row() for row in rows]), "robustness", {}
        ),
        "md": f"{render(rows, 'github')}\n".encode(),
        "tex": f"{render(rows, 'latex_booktabs')}\n".encode(),
        "png": figure_png(rows),
    }
    for suffix, content in data.items():
        files.publish(files.join(output.root, f"robustness.{suffix}"), content)
