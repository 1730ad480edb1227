"""Where extracted features are: MMSA's pickle, or a folder of .csd files."""

import posixpath

from daf_core.errors import SettingsError
from daf_core.precomputed import from_csd as csd_features
from daf_core.precomputed import from_mmsa as mmsa_features
from daf_core.precomputed.features import Precomputed
from daf_core.sources.corpora import mmsa
from daf_core.storage.files import filesystem


def open_features(uri: str) -> Precomputed:
    """The extracted features at `uri`.

    Raises:
        SettingsError: there are none, or they are not as their form says.
    """
    if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES:
        return mmsa_features.read_features(uri)
    fs, path = filesystem(uri)
    if fs.isdir(path):
        return csd_features.read_features(uri)
    raise SettingsError(
        f"{uri}: expected features that a corpus came with: MMSA's pickle "
        f"({', '.join(mmsa.SUFFIXES)}) or a folder of .csd files"
    )
