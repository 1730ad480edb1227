"""Recordings keep their ids when another one of the same name appears beside them, or goes."""

from functools import lru_cache

from daf_core.manifest.catalogue import Catalogue
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name


class KeptIds:
    """The ids that recordings have in the manifest in `output`, whose catalogue is `known`."""

    def __init__(self, output: Output, known: Catalogue) -> None:
        self._output = output
        self._known = known
        self._in_part = lru_cache(4)(self._read)  # names of one part come one after the other

    def __call__(self, name: str, uris: set[str]) -> dict[str, str]:
        """URI → recording id, of those of the `uris` that the manifest holds under `name`."""
        ids: dict[str, str] = {}
        for number in self._known.parts_of(name) if uris else ():
            if part_name(number) in self._known.facts:
                held = self._in_part(number)
                ids |= {uri: held[uri] for uri in uris if uri in held}
        return ids

    def _read(self, number: int) -> dict[str, str]:
        table = self._output.read(part_name(number), ["audio_uri", "recording_id"])
        return dict(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
