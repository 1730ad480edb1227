"""Opening precomputed features: MMSA's pickle, NumPy's .npz, or a folder of .csd files."""

import posixpath

from daf_core.errors import SettingsError
from daf_core.precomputed import from_csd, from_mmsa, from_npz
from daf_core.precomputed.features import Precomputed
from daf_core.sources.corpora import mmsa
from daf_core.storage.files import filesystem


def open_features(uri: str) -> Precomputed:
    """The precomputed features at `uri`.

    Raises:
        SettingsError: there are none, or they differ from their form.
    """
    fs, path = filesystem(uri)
    if not fs.exists(path):
        raise SettingsError(f"{uri}: expected precomputed features, found nothing there")
    if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES:
        return from_mmsa.read_features(uri)
    if posixpath.splitext(uri)[1].lower() == from_npz.SUFFIX:
        return from_npz.read_features(uri)
    if fs.isdir(path):
        return from_csd.read_features(uri)
    raise SettingsError(
        f"{uri}: expected precomputed features, MMSA's pickle ({', '.join(mmsa.SUFFIXES)}), "
        f"NumPy's {from_npz.SUFFIX} or a folder of .csd files, found none of them"
    )
