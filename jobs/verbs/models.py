"""Encoder weights: which are known, where they are, how to get them, whether they are whole."""

from pathlib import Path

import typer

from daf_core.errors import NotDone, SettingsError
from daf_core.weights.files import file_sum, weight_files, weights_sum
from daf_core.weights.packages import PACKAGES, packaged
from daf_core.weights.specs import DESCRIPTORS, DESCRIPTORS_VERSION, cached, fetch
from jobs.settings import ModelsSettings

# What a row of embeddings holds: layers and values in each.
KNOWN = {
    "sentence-transformers/all-MiniLM-L6-v2": ("text", 7, 384),
    "sentence-transformers/all-mpnet-base-v2": ("text", 13, 768),
    "FacebookAI/roberta-base": ("text", 13, 768),
    "openai/whisper-tiny.en": ("speech", 5, 768),
    "openai/whisper-base": ("speech", 7, 1024),
    "openai/whisper-small": ("speech", 13, 1536),
    "facebook/wav2vec2-base-960h": ("speech", 13, 1536),
    DESCRIPTORS: ("speech", 1, 57),
}
LINE = "{:<42}{:<8}{:>6}{:>8}  {:<20}{}"
DAMAGED = ", damaged"
SUM_OF_A_BLOB = 64  # characters: the cache names files of the hub's large storage by their SHA-256


def run(settings: ModelsSettings) -> str:
    """Print a table of encoders; give a one-line summary.

    Raises:
        SettingsError: the encoder to get is not to be had.
        NotDone: weights that are here are not what they should be.
    """
    names = list(KNOWN)
    if settings.get:
        name, _, revision = settings.get.partition("@")
        weights_sum((fetch(name, revision or None),))
        names += [] if name in KNOWN else [name]
    typer.echo(LINE.format("encoder", "for", "layers", "values", "where", "SHA-256"))
    here, damaged = 0, []
    for name in names:
        where, place = _where(name)
        here += bool(place) or name == DESCRIPTORS
        if settings.check and place and not _whole(name, where, place):
            where += DAMAGED
        if where.endswith(DAMAGED):
            damaged.append(name)
        total = DESCRIPTORS_VERSION if name == DESCRIPTORS else weights_sum(place) if place else ""
        typer.echo(LINE.format(name, *KNOWN.get(name, ("", "", "")), where, total[:13]))
    if damaged:
        raise NotDone(f"damaged weights: {', '.join(damaged)}; remove and get them again")
    checked = f", {here} whole" if settings.check else ""
    return f"{len(names)} encoders known, {here} here{checked}"


def _where(name: str) -> tuple[str, tuple[Path, ...]]:
    if name == DESCRIPTORS:
        return "built in", ()
    try:
        place = packaged(name)
    except SettingsError:  # a damaged zip; the other encoders are listed all the same
        return "package" + DAMAGED, ()
    if place:
        return "package", place
    snapshot = cached(name, None)
    return ("hub cache", (snapshot,)) if snapshot else ("not here", ())


def _whole(name: str, where: str, place: tuple[Path, ...]) -> bool:
    """Compare with the sum that is known: the package's, or the hub's, by which the cache names."""
    if where == "package":
        return weights_sum(place) == PACKAGES[name].sha256
    blobs = [file.resolve() for file in weight_files(place[0])]
    return all(file_sum(blob) == blob.name for blob in blobs if len(blob.name) == SUM_OF_A_BLOB)
