"""daf explain-head: head + labelled embeddings → how it does, and how it uses words and voice."""

from collections.abc import Callable
from functools import partial

from daf_core.decimals import number_of
from daf_core.default_heads import is_default
from daf_core.evaluation.explained import explained
from daf_core.evaluation.rendering import ResultTable, shown_table
from daf_core.evaluation.results import CLASS_METRICS, METRICS
from daf_core.evaluation.trial import TrialResult
from daf_core.evaluation.use import tables_of_use
from daf_core.heads.ensemble import whole_share
from daf_core.stages import trained_head
from daf_core.storage import run_record
from daf_core.storage.output import embeddings_output
from jobs.command.told import tell
from jobs.older_embeddings import warn_of_older
from jobs.settings import ExplainHeadSettings
from jobs.verbs.score import check_fit


def run(settings: ExplainHeadSettings) -> str:
    """Explain a head; returns the tables.

    Raises:
        SettingsError: the embeddings are not by the head's encoders, or hold too few such rows.
    """
    head = trained_head.load(settings.head)
    source = embeddings_output(settings.embeddings)
    record = run_record.read_complete(source)
    check_fit(head, record.identity, settings.head, settings.embeddings)
    warn_of_older(source, record, then="this command")
    name = settings.head if is_default(settings.head) else head.kind
    result = explained(head, name, source, settings.split)
    rows = number_of(len(result.rows), "labelled row")
    note = f"{rows} of {settings.embeddings}, split {settings.split}."
    if head.record.adjustment is not None:
        note += " Offsets that daf adapt gave the head are left out."
    if (share := whole_share(head.module)) is not None:
        note += f" The part that reads words and voice together counts for {100 * share:.0f} %."
    figures = ResultTable("head", [{"head": name} | result.facts.test], _figures(result), note)
    tables = [figures, *tables_of_use([result])]
    if settings.out is not None:
        for table in tables:
            table.publish(settings.out)
    tell("explained", head=settings.head, split=settings.split, test=result.facts.test)
    return "\n\n".join(table.shown() for table in tables)


def _figures(result: TrialResult) -> Callable[[str], str]:
    """What renders the metrics of a head in a style."""
    facts = result.facts
    names = CLASS_METRICS if facts.three_classes else METRICS
    shown = {name: f"{facts.test[key]:.3f}" for key, name in names.items() if key in facts.test}
    return partial(shown_table, [{"head": facts.head} | shown])
