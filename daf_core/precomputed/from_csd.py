"""Features in a folder of .csd files, as embeddings of its labelled intervals.

Word vectors are text, pooled by their mean; COVAREP and openSMILE are audio, pooled by mean and
standard deviation. A frame belongs to the interval that contains its middle.
"""

import posixpath
from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from daf_core.errors import BadInput, SettingsError
from daf_core.precomputed.features import Pooled, Precomputed, PrecomputedColumn, concatenate, pool
from daf_core.sources.corpora.csd import labels_uri, segment_id, sequences, within
from daf_core.sources.corpora.csd_file import SUFFIX, Sequence, open_sequence
from daf_core.sources.table_rows import file_sha256
from daf_core.weights.specs import STANDARDISED, EncoderSpec

_KINDS = {"text": ("wordvectors", "glovevectors"), "audio": ("covarep", "opensmile")}

Intervals = dict[str, list[tuple[float, float]]]  # video → (start_s, end_s) of each


def read_features(uri: str) -> Precomputed:
    """Text and audio of the labelled intervals; further files become "text_2", "audio_2" …

    Raises:
        SettingsError: labels or features are missing, or a file is damaged.
    """
    intervals = _intervals(uri)
    labels = file_sha256(labels_uri(uri))  # they say which rows there are
    columns, repaired = {}, 0
    for modality, kinds in _KINDS.items():
        for number, file in enumerate(sequences(uri, *kinds), start=1):
            both = sha256(f"{file_sha256(file)} {labels}".encode()).hexdigest()
            source = EncoderSpec(posixpath.basename(file), STANDARDISED, both)
            with open_sequence(file) as sequence:
                found = list(_pooled(sequence, intervals, deviation=modality == "audio"))
            column = modality if number == 1 else f"{modality}_{number}"
            pooled = concatenate(file, [one for _, one in found])
            columns[column] = PrecomputedColumn.from_pooled(
                source, [name for name, _ in found], pooled
            )
            repaired += pooled.repaired
    if not columns:
        raise SettingsError(
            f"{uri}: expected word vectors, COVAREP or openSMILE ({SUFFIX}), found none"
        )
    return Precomputed(columns, repaired)


def _intervals(uri: str) -> Intervals:
    intervals: Intervals = {}
    with open_sequence(labels_uri(uri)) as labels:
        for video in labels.videos:
            try:
                intervals[video] = [*map(tuple, labels.read(video)[1].tolist())]
            except BadInput:
                continue  # ingest quarantines the video
    return intervals


def _pooled(
    sequence: Sequence, intervals: Intervals, deviation: bool
) -> Iterator[tuple[str, Pooled]]:
    """The pooled frames of each interval; a video that cannot be read is left out."""
    for video, segments in intervals.items():
        try:
            features, times = sequence.read(video)
        except BadInput:
            continue
        if not len(features) or features.dtype.kind not in "fiu":
            continue
        frames = features.reshape(len(features), -1)
        for number, (start_s, end_s) in enumerate(segments):
            own = frames[within(times, start_s, end_s)][None]
            used = np.ones(own.shape[:2], bool)
            yield segment_id(video, number), pool(own, used, deviation)
