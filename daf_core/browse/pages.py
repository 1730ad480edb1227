"""The pages: templates filled with what is listed. All text is escaped and made printable."""

from math import isfinite
from typing import NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from daf_core.browse.archive import Archive
from daf_core.browse.call import SHOWN_AT_ONCE, Call, moments
from daf_core.browse.said_of_order import said_of_order
from daf_core.browse.selection import META, Selection
from daf_core.calls.marks import LARGE_DISAGREEMENT
from daf_core.calls.orders import ORDERS
from daf_core.errors import REASONS
from daf_core.report import charts
from daf_core.report.printable import printable, printable_if_text, reason_in_words, signed
from daf_core.schemas import FLAGS, POLARITIES, WEIGHT_REASONS, Row, polarity
from daf_core.storage.call_columns import STATUSES

CALLS_ON_PAGE = 50
META_SHOWN = 12  # of what the source says: fields to choose by, and facts of a listed call
LETTERS_OF_HIT = 160
COLUMNS = {  # of the list: column → its title, and whether it is a number
    "recording_id": ("Call", False),
    "sentiment": ("Sentiment", False),
    "change": ("Change", True),
    "lowest_sentiment": ("Lowest (≥ 1 s)", True),
    "utterances": ("Utterances", True),
    "talk_s": ("Talk", True),
    "silence_s": ("Silence", True),
    "interruptions": ("Interruptions", True),
    "contradictions": ("Tone against words", True),
    "status": ("Status", False),
}


class Head(NamedTuple):
    """The head of a column of the list; address: of the list sorted by it."""

    title: str
    number: bool
    address: str
    sorted: str | None  # ascending, descending


class Field(NamedTuple):
    """What a source says of calls, in the form; choices: none where there are too many."""

    name: str
    title: str
    choices: list[str]
    chosen: str


class Hit(NamedTuple):
    """An utterance of a listed call with the words searched for; utterances: how many have them."""

    utterances: int
    text: Markup
    address: str


def environment() -> Environment:
    """The templates, and the filters that they use."""
    made = Environment(
        loader=PackageLoader("daf_core.browse", "templates"),
        autoescape=True,
        finalize=printable_if_text,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=lambda count: "–" if count is None else f"{count:,}",
        signed=lambda value: "–" if value is None else signed(value),
        clock=lambda time_s: "–" if time_s is None else charts.clock(time_s),
        seconds=lambda time_s: "–" if time_s is None else f"{time_s:.1f} s",
        percent=charts.percent_of_axis,
        share=lambda value: "–" if value is None else f"{100 * value:.0f} %",
        polarity=polarity,
        in_words=reason_in_words,
        dict=lambda pairs: dict(pairs or ()),
    )
    made.globals.update(chart=charts, flags_meaning=FLAGS, reasons=REASONS, isfinite=isfinite)
    made.globals.update(reasons_of_weights=WEIGHT_REASONS)
    return made


def list_page(templates: Environment, archive: Archive, selection: Selection, page: int) -> str:
    """The list of selected calls; page: from 0."""
    numbers = archive.chosen(selection)
    first = min(page, max(0, len(numbers) - 1) // CALLS_ON_PAGE) * CALLS_ON_PAGE
    shown = numbers[first : first + CALLS_ON_PAGE]
    rows = archive.rows(shown)
    hits = archive.hits(shown, selection.words) if selection.words else {}
    listed = [
        row
        | {"address": selection.address("/call", call=row["recording_id"], n=first + place)}
        | {"hit": _hit(hits.get(row["call"]), selection, row, first + place)}
        for place, row in enumerate(rows)
    ]
    return templates.get_template("list.html").render(
        reading=archive.reading,
        text=archive.text,
        selection=selection,
        heads=_heads(selection),
        fields=_fields(archive, selection),
        calls=listed,
        count=len(numbers),
        said=said_of_order(archive, selection, numbers, rows),
        first=first,
        pages=[
            (name, selection.address("/", page=place or None))
            for name, place in (
                ("Previous", first // CALLS_ON_PAGE - 1),
                ("Next", first // CALLS_ON_PAGE + 1),
            )
            if 0 <= place * CALLS_ON_PAGE < max(1, len(numbers))
        ],
        exports=[
            (name, selection.address("/export.csv", table=name)) for name in ("calls", "utterances")
        ],
        statuses=STATUSES,
        orders=ORDERS,
        meta_shown=META_SHOWN,
    )


def call_page(
    templates: Environment,
    archive: Archive,
    call: Call,
    labels: dict[str, float],
    selection: Selection,
    at: str | None,
    first: int,
    place: int | None,
) -> str:
    """The page of a call.

    at: the utterance to begin with; first: of the utterances shown where `at` names none; place: of
    the call in the selection.
    """
    ids = [one["utterance_id"] for one in call.utterances]
    if at in ids:
        first = ids.index(at)
    first = min(max(0, first), max(0, len(ids) - 1)) // SHOWN_AT_ONCE * SHOWN_AT_ONCE
    name = call.facts["recording_id"]
    shown = [
        row
        | {"address": f"/call?{urlencode({'call': name, 'at': row['utterance_id']})}"}
        | {"label": labels.get(row["utterance_id"])}
        | {"marked": _marked(row["text"] or "", selection.words)}
        for row in call.utterances[first : first + SHOWN_AT_ONCE]
    ]
    return templates.get_template("call.html").render(
        call=call,
        utterances=shown,
        first=first,
        at=at if at in ids else "",
        pages=[
            (
                f"{begin + 1:,} to {min(begin + SHOWN_AT_ONCE, len(ids)):,}",
                selection.address("/call", call=name, n=place, first=begin),
                begin == first,
            )
            for begin in range(0, len(ids), SHOWN_AT_ONCE)
        ],
        back=selection.address("/", page=(place or 0) // CALLS_ON_PAGE or None),
        others=_others(archive, selection, place),
        moments=[
            (said, f"/call?{urlencode({'call': name, 'at': utterance})}")
            for said, utterance in moments(call)
        ],
        text=archive.text,
        large_disagreement=LARGE_DISAGREEMENT,
        polarities=POLARITIES,
    )


def _others(archive: Archive, selection: Selection, place: int | None) -> list[tuple[str, str]]:
    """Addresses of the calls before and after this one in the selection."""
    if place is None:
        return []
    numbers = archive.chosen(selection)
    found = []
    for name, other in (("Previous call", place - 1), ("Next call", place + 1)):
        if 0 <= other < len(numbers):
            (row,) = archive.rows(numbers[other : other + 1])
            found.append((name, selection.address("/call", call=row["recording_id"], n=other)))
    return found


def _heads(selection: Selection) -> list[Head]:
    """The heads of the columns of the list, each with the address that sorts by it."""
    return [
        Head(
            title,
            number,
            selection.sorted_by(column).address("/"),
            {column: "ascending", f"-{column}": "descending"}.get(selection.sort),
        )
        for column, (title, number) in COLUMNS.items()
    ]


def _fields(archive: Archive, selection: Selection) -> list[Field]:
    """What the source says of calls, as fields of the form: first what can be chosen from."""
    chosen = dict(selection.meta)
    names = sorted(archive.meta, key=lambda name: (not archive.meta[name], name))
    wanted = [name for name in names if name in chosen]
    wanted += [name for name in names if name not in chosen][: max(0, META_SHOWN - len(wanted))]
    return [
        Field(META + name, name, archive.meta[name], chosen.get(name, ""))
        for name in sorted(wanted, key=names.index)
    ]


def _hit(
    found: tuple[int, str, str] | None, selection: Selection, row: Row, place: int
) -> Hit | None:
    """What a listed call says of the words that are searched for."""
    if found is None:
        return None
    count, utterance_id, text = found
    start = max(0, text.lower().find(selection.words.lower()) - LETTERS_OF_HIT // 2)
    cut = text[start : start + LETTERS_OF_HIT]
    shown = f"{'…' if start else ''}{cut}{'…' if start + LETTERS_OF_HIT < len(text) else ''}"
    address = selection.address("/call", call=row["recording_id"], at=utterance_id, n=place)
    return Hit(count, _marked(shown, selection.words), address)


def _marked(text: str, words: str) -> Markup:
    """A text as HTML in which the words that are searched for are marked."""
    text, lower = printable(text), printable(text).lower()
    if not words or len(lower) != len(text):  # a few letters have a longer small form
        return escape(text)
    pieces, end = [], 0
    while (start := lower.find(words.lower(), end)) >= 0:
        pieces += [
            escape(text[end:start]),
            Markup("<mark>{}</mark>").format(text[start : start + len(words)]),
        ]
        end = start + len(words)
    return Markup("").join([*pieces, escape(text[end:])])
