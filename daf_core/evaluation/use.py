"""How heads use their modalities: tables by group of rows, of weights, and of controls."""

from collections.abc import Sequence
from functools import partial

from daf_core.evaluation.groups import GROUPS_EXPLAINED, group_results, rendered_groups
from daf_core.evaluation.rendering import ResultTable
from daf_core.evaluation.results import CONTROLS_EXPLAINED, rendered_controls, weight_controls
from daf_core.evaluation.trial import TrialResult
from daf_core.evaluation.weights import SPREADS_EXPLAINED, rendered_spreads, weight_spreads


def tables_of_use(results: Sequence[TrialResult]) -> list[ResultTable]:
    """The table of groups of rows, where there are several; and if any row has both modalities
    those of weights and of controls.
    """
    groups, spreads = group_results(results), weight_spreads(results)
    controls = weight_controls(results)
    found = [
        ResultTable(
            "groups",
            [row.as_row() for row in groups],
            partial(rendered_groups, groups),
            GROUPS_EXPLAINED,
        ),
        ResultTable(
            "weights",
            [row.as_row() for row in spreads],
            partial(rendered_spreads, spreads),
            SPREADS_EXPLAINED,
        ),
        ResultTable(
            "controls",
            [row.as_row() for row in controls],
            partial(rendered_controls, controls),
            CONTROLS_EXPLAINED,
        ),
    ]
    return [table for table in found if table.rows]
