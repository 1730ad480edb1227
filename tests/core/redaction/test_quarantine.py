"""Messages of a quarantine that must name nobody."""

from daf_core.errors import REASONS
from daf_core.redaction.quarantine import without_names
from daf_core.schemas import QUARANTINE
from tests.core.calls.made_scores import quarantine_of


def test_messages_say_the_reason_alone() -> None:
    table = quarantine_of([("0f", "missing_audio"), ("1a", "poison")])
    names = [{"audio_uri": "jane.wav", "file": "jane.vtt", "message": "jane"}] * 2
    rows = [row | own for row, own in zip(table.to_pylist(), names, strict=True)]
    found = without_names(table.from_pylist(rows, QUARANTINE))
    assert found.schema == QUARANTINE
    assert "jane" not in repr(found.to_pylist())
    assert found["recording_id"].to_pylist() == ["0f", "1a"]
    assert found["message"].to_pylist() == [REASONS["missing_audio"], REASONS["poison"]]
