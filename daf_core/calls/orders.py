"""Orders in which calls are listed, by name, in SQL over the table of calls."""

ORDERS = {
    "lowest": "sentiment ASC NULLS LAST",
    "falling": "change ASC NULLS LAST",
    "contradictory": "contradictions DESC NULLS LAST",
    "interrupted": "interruptions DESC NULLS LAST",
    "silent": "silence_s DESC NULLS LAST",
    "longest": "end_s - start_s DESC NULLS LAST",
}
