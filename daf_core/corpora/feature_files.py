"""Where extracted features are: MMSA's pickle."""

import posixpath

from daf_core.corpora import mmsa, mmsa_features
from daf_core.corpora.extracted import Extracted
from daf_core.errors import SettingsError


def read_features(uri: str) -> Extracted:
    """The extracted features at `uri`.

    Raises:
        SettingsError: there are none, or they are not as their form says.
    """
    if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES:
        return mmsa_features.read_features(uri)
    raise SettingsError(
        f"{uri}: expected features that a corpus came with: MMSA's pickle "
        f"({', '.join(mmsa.SUFFIXES)})"
    )
