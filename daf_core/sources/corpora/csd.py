"""CMU-MOSI, CMU-MOSEI and others: a folder of .csd files of the CMU Multimodal SDK.

…Labels.csd          sentiment in [-3, 3], then six emotions; the intervals are the utterances
…Words.csd           one word per row; "sp" is a pause
…_std_folds.py       the SDK's lists of videos: standard_train_fold, _valid_fold, _test_fold
VIDEO.wav            recordings, anywhere under the folder; optional

File names and label columns are those that the SDK lists for MOSI and MOSEI. The file of folds
comes from the SDK (mmdatasdk/dataset/standard_datasets). It is Python, but it is parsed, not run.
"""

import ast
import logging
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np

from daf_core.arrays import AnyArray
from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.corpora.csd_file import (
    SUFFIX,
    Sequence,
    open_sequence,
    shown_name,
)
from daf_core.sources.table_rows import with_file_names
from daf_core.sources.table_types import Cells, Rows
from daf_core.storage.files import filesystem, join

log = logging.getLogger(__name__)
FOLDS = "_std_folds.py"
PAUSE = "sp"
_EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
_LISTS = {f"standard_{split}_fold": split for split in ("train", "valid", "test")}

Found = list[tuple[str, Cells | BadInput]]


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    held = [name.lower() for name in names if name.lower().endswith(SUFFIX)]
    # One such file among calls does not make a corpus of them.
    return any(name.endswith(f"labels{SUFFIX}") for name in held) or 2 * len(held) >= len(names) > 0


def read(uri: str) -> Rows:
    """One row per labelled interval: words, times, label. VIDEO[3] is the fourth of a video.

    Videos that no fold lists have no split, nor has any video without a file of folds.

    Raises:
        SettingsError: labels are missing, or both words and recordings are, or a file is damaged.
    """
    splits = _splits(uri)
    recordings = {posixpath.basename(stem): clip for stem, clip in clips_under(uri).items()}
    words_uri = one_sequence(uri, "words")
    if words_uri is None and not recordings:
        raise SettingsError(f"{uri}: expected …Words{SUFFIX} or recordings VIDEO.wav, found none")
    rows: Found = []
    with ExitStack() as files:
        labels = files.enter_context(open_sequence(labels_uri(uri)))
        words = files.enter_context(open_sequence(words_uri)) if words_uri else None
        for video in labels.videos:
            more = {"audio_uri": recordings.get(video), "split": splits.get(video)}
            for place, cells in _segments(labels, words, video):
                known = cells if isinstance(cells, BadInput) else cells | more
                rows.append((shown_name(place), known))
    return with_file_names(uri, iter(rows))


def sequences(uri: str, *kinds: str) -> list[str]:
    """URIs of a folder's .csd files whose names contain one of `kinds`, sorted."""
    fs, path = filesystem(uri)
    names = sorted(posixpath.basename(entry) for entry in fs.ls(path, detail=False))
    return [
        join(uri, name)
        for name in names
        if name.lower().endswith(SUFFIX) and any(kind in name.lower() for kind in kinds)
    ]


def one_sequence(uri: str, kind: str) -> str | None:
    """URI of the folder's .csd file whose name ends with `kind`, None where there is none.

    Raises:
        SettingsError: there are several.
    """
    found = sequences(uri, f"{kind}{SUFFIX}")
    if len(found) > 1:
        names = ", ".join(map(posixpath.basename, found))
        raise SettingsError(f"{uri}: expected one …{kind}{SUFFIX}, found {names}")
    return found[0] if found else None


def labels_uri(uri: str) -> str:
    """URI of the folder's .csd file of labels.

    Raises:
        SettingsError: there is none, or there are several.
    """
    found = one_sequence(uri, "labels")
    if found is None:
        raise SettingsError(f"{uri}: expected …Labels{SUFFIX} with the utterances, found none")
    return found


def segment_id(video: str, number: int) -> str:
    """The id of a video's labelled interval, the one that the SDK gives it when it aligns."""
    return f"{video}[{number}]"


def within(intervals: AnyArray, start_s: float, end_s: float) -> AnyArray:
    """Which of `intervals` (n, 2), in seconds, have their middle in [start_s, end_s): (n,) bool."""
    middle = intervals.mean(axis=1)
    among: AnyArray = (middle >= start_s) & (middle < end_s)
    return among


def _segments(
    labels: Sequence, words: Sequence | None, video: str
) -> Iterator[tuple[str, Cells | BadInput]]:
    """One row per labelled interval of a video; one error where the intervals cannot be read."""
    try:
        values, intervals = labels.read(video)
    except BadInput as err:
        yield video, err
        return
    try:
        spoken, times = words.read(video) if words else (np.zeros((0, 1)), np.zeros((0, 2)))
    except BadInput as err:
        yield from ((segment_id(video, number), err) for number in range(len(values)))
        return
    for number, (value, (start_s, end_s)) in enumerate(zip(values, intervals, strict=True)):
        said = [_word(word) for word in spoken[within(times, start_s, end_s)]]
        sentiment, *emotions = np.ravel(value).tolist()
        named = zip(_EMOTIONS, emotions, strict=True) if len(emotions) == len(_EMOTIONS) else ()
        name = segment_id(video, number)
        yield (
            name,
            {
                "utterance_id": name,
                "recording_id": video,
                "start_s": start_s,
                "end_s": end_s,
                "text": " ".join(word for word in said if word != PAUSE),
                "label": str(sentiment).replace(
                    "nan", "not-a-number"
                ),  # a bad label, no empty cell
                **dict(named),
            },
        )


def _word(value: AnyArray) -> str:
    word = np.ravel(value)[0]
    return word.decode("utf-8", "surrogateescape") if isinstance(word, bytes) else str(word)


def _splits(uri: str) -> dict[str, str]:
    """Video → split, from the SDK's file of folds in the folder."""
    fs, path = filesystem(uri)
    found = [entry for entry in fs.ls(path, detail=False) if entry.endswith(FOLDS)]
    if not found:
        log.warning(
            "%s: expected …%s, found none, so no row has a split; for the standard split copy the "
            "file of that name from the CMU Multimodal SDK into the folder",
            uri,
            FOLDS,
        )
        return {}
    text = fs.cat_file(found[0]).decode("utf-8", "replace")
    splits: dict[str, str] = {}
    try:
        for statement in ast.parse(text).body:
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                if isinstance(target, ast.Name) and target.id in _LISTS:
                    videos = ast.literal_eval(statement.value)
                    splits |= dict.fromkeys(map(str, videos), _LISTS[target.id])
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as err:
        raise SettingsError(f"{found[0]}: expected lists of video ids, cannot be read") from err
    if not splits:
        raise SettingsError(f"{found[0]}: expected the lists {', '.join(_LISTS)}, found none")
    return splits
