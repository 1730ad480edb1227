"""Numbers and addresses in names of speakers become numbered marks; two speakers stay two."""

from hypothesis import given
from hypothesis import strategies as st

from daf_core.redaction.names import numbered_names, redacted_meta, redacted_rows


def test_speakers_are_numbered_in_order_of_appearance() -> None:
    names = ["+1 555 0100", "Ana", "ana@x.org", "+1 555 0101", "+1 555 0100", None]
    assert numbered_names(names) == {
        "+1 555 0100": "[PHONE 1]",
        "ana@x.org": "[MAIL 1]",
        "+1 555 0101": "[PHONE 2]",
    }


def test_what_is_found_twice_has_one_number() -> None:
    assert numbered_names(["Ana +1 555 0100", "+1 555 0100"]) == {
        "Ana +1 555 0100": "Ana [PHONE 1]",
        "+1 555 0100": "[PHONE 1]",
    }


def test_a_name_that_is_a_mark_already_keeps_its_number() -> None:
    assert numbered_names(["[PHONE 1]", "+1 555 0100"]) == {"+1 555 0100": "[PHONE 2]"}


@given(st.lists(st.text("+0123456789 @x.org[PHONE]Ana", max_size=24), max_size=8))
def test_two_names_stay_two_and_marks_stay(names: list[str]) -> None:
    marks = numbered_names(names)
    shown = [marks.get(name, name) for name in names]
    assert len(set(shown)) == len(set(names))


def test_rows_follow_the_time_within_their_recording() -> None:
    def row(
        recording: str, start_s: float, speaker: str | None, role: str | None
    ) -> dict[str, object]:
        return {"recording_id": recording, "start_s": start_s, "speaker": speaker, "role": role}

    rows = [
        row("a", 5.0, "+1 555 0100", "customer"),
        row("a", 1.0, "+1 555 0101", "+1 555 0100"),
        row("b", 0.0, "+1 555 0100", None),
    ]
    found = [(one["speaker"], one["role"]) for one in redacted_rows(rows)]
    assert found == [
        ("[PHONE 2]", "customer"),
        ("[PHONE 1]", "[PHONE 2]"),
        ("[PHONE 1]", None),
    ]


def test_of_what_is_known_addresses_and_whole_phone_numbers_become_marks() -> None:
    known = {
        "caller": "+1 555 0100",
        "agent": "Ana <ana@x.org>",
        "card": " 4111 1111 1111 1111 ",
        "date": "2026-03-02 10:15:00",
        "day": "20260302",
        "case": "CASE-4155552671",
        "ms": "1772442000000",
    }
    kept = ("date", "day", "case", "ms")
    assert redacted_meta(known) == {
        "caller": "[PHONE]",
        "agent": "Ana <[MAIL]>",
        "card": " [CARD] ",
        **{name: known[name] for name in kept},
    }
