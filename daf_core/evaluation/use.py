"""How heads use their modalities: tables by group of rows, of weights, and of controls."""

from collections.abc import Sequence
from functools import partial

from daf_core.evaluation.control_results import (
    controls_explained,
    rendered_controls,
    weight_controls,
)
from daf_core.evaluation.groups import GROUPS_EXPLAINED, group_results, rendered_groups
from daf_core.evaluation.rendering import ResultTable
from daf_core.evaluation.trial import TrialResult
from daf_core.evaluation.weights import rendered_spreads, spreads_explained, weight_spreads


def tables_of_use(results: Sequence[TrialResult]) -> list[ResultTable]:
    """The table of groups of rows, where there are several and sentiment was predicted; and if any
    row has both modalities those of weights and of controls.
    """
    of_classes = results[0].is_of_classes
    told = "class" if of_classes else "polarity"
    groups = [] if of_classes else group_results(results)  # there are no intervals of classes
    spreads = weight_spreads(results)
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
            partial(rendered_spreads, spreads, told=told),
            spreads_explained(told),
        ),
        ResultTable(
            "controls",
            [row.as_row() for row in controls],
            partial(rendered_controls, controls),
            controls_explained(of_classes),
        ),
    ]
    return [table for table in found if table.rows]
