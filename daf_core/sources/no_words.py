"""Text cells of tables that hold no words, but what an export writes for nothing."""

# As pandas, SQL and Excel write it, in their letters: "null" is a number in German, "None" and
# "n/a" may have been said.
_NOTHING = frozenset({"NULL", "nan", "NaN", "<NA>", "\\N", "#N/A"})


def says_no_words(value: object) -> bool:
    """Whether a cell of words says that there are none."""
    return isinstance(value, str) and value.strip() in _NOTHING
