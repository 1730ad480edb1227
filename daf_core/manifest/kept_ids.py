"""Recordings keep their ids when another one of the same name appears beside them."""

from daf_core.manifest.catalogue import Catalogue
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name


def kept_ids(output: Output, known: Catalogue, name: str, uris: set[str]) -> dict[str, str]:
    """URI → recording id, of those of the `uris` that the manifest holds under the name `name`."""
    ids: dict[str, str] = {}
    for number in known.parts_of(name):
        if part_name(number) in known.facts:
            table = output.read(part_name(number), ["audio_uri", "recording_id"])
            pairs = zip(*(column.to_pylist() for column in table.columns), strict=True)
            ids |= {uri: own for uri, own in pairs if uri in uris}
    return ids
