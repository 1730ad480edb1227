"""Tables of figures: no key of any row is lost."""

from daf_core.evaluation.rendering import arrow_table, shown_table

ROWS = [{"head": "concat"}, {"head": "daf", "difference": -0.01}]


def test_a_table_has_what_any_row_has() -> None:
    assert arrow_table(ROWS).to_pylist() == [{"head": "concat", "difference": None}, ROWS[1]]
    assert arrow_table(ROWS[::-1]).to_pylist() == [ROWS[1], {"head": "concat", "difference": None}]
    assert arrow_table([]).to_pylist() == []


def test_cells_are_shown_unchanged() -> None:
    lines = shown_table([{"head": "daf", "MAE": "0.500 ± 0.010"}], "github").splitlines()
    assert [cell.strip() for cell in lines[0].split("|")] == ["", "head", "MAE", ""]
    assert [cell.strip() for cell in lines[2].split("|")] == ["", "daf", "0.500 ± 0.010", ""]
