"""daf models: the heads of the package; the known encoders, where their weights are, and whether
the files are whole.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from daf_core.decimals import number_of
from daf_core.default_heads import HeadCard, default_heads, read_card
from daf_core.errors import NotDone, SettingsError
from daf_core.stages import trained_head
from daf_core.weights.files import file_sum, weight_files, weights_sum
from daf_core.weights.known import (
    DESCRIPTORS,
    DESCRIPTORS_VERSION,
    KNOWN_ENCODERS,
    packaged_weights,
)
from daf_core.weights.packages import packaged
from daf_core.weights.specs import cached, fetch
from jobs.command.terminal import say
from jobs.command.told import tell
from jobs.settings import ModelsSettings

LINE = "{:<42}{:<8}{:>6}{:>8}  {:<20}{}"
WHAT_FOLLOWS = """\
No recording and no text is part of these heads, but they learned from them. Whether you may use
a head in a business is for you to find out, from a lawyer where it matters: daf gives no legal
advice. A head that `daf train` makes learns from your labels alone (its encoders have licences of
their own); one that `daf adapt` makes is one of these heads, fitted to your labels.
"""
CORPUS = "             {:<11}{:<30}{}"
DIGITS_SHOWN = 13  # of a SHA-256
SHA256_DIGITS = 64  # the hub cache names a large file by its SHA-256, a small one by a shorter sum


@dataclass(frozen=True)
class Found:
    """Where the weights of an encoder are. `place` is as `specs.locate` gives it."""

    where: str
    place: tuple[Path, ...] = ()
    here: bool = True
    damaged: bool = False


def run(settings: ModelsSettings) -> str:
    """Print the heads of the package and a table of encoders; returns a summary of one line.

    Raises:
        SettingsError: the weights to get cannot be found.
        NotDone: weights on this machine are damaged.
    """
    names = list(KNOWN_ENCODERS)
    if settings.get:
        name, _, revision = settings.get.partition("@")
        weights_sum((fetch(name, revision or None),))
        names += [] if name in KNOWN_ENCODERS else [name]
    heads = default_heads()
    for head in heads:
        say("\n".join([*_head_lines(head), ""]))
    if any(one.non_commercial for head in heads for one in read_card(head).corpora):
        say(WHAT_FOLLOWS)
    say(LINE.format("encoder", "for", "layers", "values", "where", "SHA-256"))
    encoders = {}
    for name in names:
        encoders[name] = _find(name, settings.check)
        say(_line(name, encoders[name]))
    told = [{"name": name, **_told(found)} for name, found in encoders.items()]
    tell("listed", heads=heads, encoders=told)
    damaged = [name for name, found in encoders.items() if found.damaged]
    if damaged:
        raise NotDone(f"damaged weights: {', '.join(damaged)}; remove and get them again")
    here = sum(found.here for found in encoders.values())
    checked = f", {here} whole" if settings.check else ""
    known = number_of(len(names), "encoder")
    return f"{known} known, {here} here{checked}; {number_of(len(heads), 'head')} in the package"


def _head_lines(name: str) -> list[str]:
    """What there is to know of a head of the package before it is used."""
    card, head = read_card(name), trained_head.load(name)
    encoders = {spec.name: None for spec in head.encoders.values()}
    return [
        f"head {name}: a {head.kind} head on {' and '.join(encoders)}",
        f"  languages  {', '.join(card.languages) or 'not stated'}",
        *_data_lines(card),
        f"  results    {', '.join(card.results) or 'not stated'}",
        f"  card       {card.path}",
    ]


def _data_lines(card: HeadCard) -> list[str]:
    """On what a head was trained, under which licences, and what follows."""
    lines = [f"  licence    trained on {card.licence}"]
    lines += [CORPUS.format(one.name, one.what, one.licence) for one in card.corpora]
    if forbid := [one.name for one in card.corpora if one.non_commercial]:
        lines.append(f"  business   licences of {' and '.join(forbid)} forbid commercial use")
    return lines


def _find(name: str, check: bool) -> Found:
    """Look for an encoder's weights on this machine; `check`: also compare their SHA-256."""
    if name == DESCRIPTORS:
        return Found("built in")
    try:
        place = packaged(name)
    except SettingsError:  # a damaged zip; the other encoders are listed all the same
        return Found("package", here=False, damaged=True)
    if place:
        return Found("package", place, damaged=check and not _is_package_whole(name, place))
    snapshot = cached(name, None)
    if snapshot is None:
        return Found("not here", here=False)
    return Found("hub cache", (snapshot,), damaged=check and not _is_snapshot_whole(snapshot))


def _told(found: Found) -> dict[str, object]:
    """What programs are told of an encoder's weights."""
    sha256 = _sum(found.place) or None
    return {
        "where": found.where,
        "here": found.here,
        "damaged": found.damaged,
        "sha256": sha256,
    }


@cache
def _sum(place: tuple[Path, ...]) -> str:
    return weights_sum(place) if place else ""


def _line(name: str, found: Found) -> str:
    """An encoder's line of the table; sizes are empty for an encoder that daf does not know."""
    known = KNOWN_ENCODERS.get(name)
    sizes = ("", "", "") if known is None else (known.modality, known.layers, known.width)
    where = f"{found.where}, damaged" if found.damaged else found.where
    sha256 = _sum(found.place)[:DIGITS_SHOWN]
    return LINE.format(name, *sizes, where, DESCRIPTORS_VERSION if name == DESCRIPTORS else sha256)


def _is_package_whole(name: str, place: tuple[Path, ...]) -> bool:
    weights = packaged_weights(name)
    return weights is not None and weights_sum(place) == weights.sha256


def _is_snapshot_whole(snapshot: Path) -> bool:
    """Compare the weight files with the sums by which the hub cache names them."""
    blobs = [file.resolve() for file in weight_files(snapshot)]
    return all(file_sum(blob) == blob.name for blob in blobs if len(blob.name) == SHA256_DIGITS)
