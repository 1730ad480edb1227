"""CMU-MOSI, CMU-MOSEI and others as a folder of the CMU Multimodal SDK's .csd files.

…Labels.csd          sentiment in [-3, 3] first, then emotions; the intervals are the utterances
…Words.csd           one word a row; "sp" is a pause
…_std_folds.py       the SDK's lists of videos: standard_train_fold, _valid_fold, _test_fold
VIDEO.wav            recordings, anywhere under the folder, if there are any

File names and label columns are those that the SDK lists for MOSI and MOSEI. The lists of folds are
no part of this project: the file comes from the SDK (mmdatasdk/dataset/standard_datasets) and is
read, not run.
"""

import ast
import logging
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.corpora.csd_file import (
    SUFFIX,
    Array,
    Sequence,
    open_sequence,
    shown_name,
)
from daf_core.sources.table_rows import Cells, Rows, placed
from daf_core.storage.files import filesystem, join

log = logging.getLogger(__name__)
FOLDS = "_std_folds.py"
PAUSE = "sp"
_EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
_LISTS = {f"standard_{split}_fold": split for split in ("train", "valid", "test")}

Found = list[tuple[str, Cells | BadInput]]


def is_here(uri: str, names: set[str]) -> bool:
    """Whether a folder with these names is such a corpus."""
    return any(name.lower().endswith(SUFFIX) for name in names)


def read(uri: str) -> Rows:
    """One row a labelled interval, VIDEO[3] for the fourth of a video: its words, times and label.

    Videos in no fold, and all where there is no file of folds, have no split.

    Raises:
        SettingsError: there are no labels, neither words nor recordings, or a file is no .csd.
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
    return placed(uri, iter(rows))


def sequences(uri: str, *kinds: str) -> list[str]:
    """The .csd files of a folder with one of `kinds` in their names, sorted."""
    fs, path = filesystem(uri)
    names = sorted(posixpath.basename(entry) for entry in fs.ls(path, detail=False))
    return [
        join(uri, name)
        for name in names
        if name.lower().endswith(SUFFIX) and any(kind in name.lower() for kind in kinds)
    ]


def one_sequence(uri: str, kind: str) -> str | None:
    """The .csd file of a folder whose name ends with `kind`, None where there is none.

    Raises:
        SettingsError: there are several.
    """
    found = sequences(uri, f"{kind}{SUFFIX}")
    if len(found) > 1:
        names = ", ".join(map(posixpath.basename, found))
        raise SettingsError(f"{uri}: expected one …{kind}{SUFFIX}, found {names}")
    return found[0] if found else None


def labels_uri(uri: str) -> str:
    """The .csd file of labels of a folder.

    Raises:
        SettingsError: there is none, or there are several.
    """
    found = one_sequence(uri, "labels")
    if found is None:
        raise SettingsError(f"{uri}: expected …Labels{SUFFIX}, which says where utterances are")
    return found


def segment_id(video: str, number: int) -> str:
    """The id of a video's labelled interval, as the SDK gives it when it aligns."""
    return f"{video}[{number}]"


def within(intervals: Array, start_s: float, end_s: float) -> Array:
    """Which intervals (n, 2) have their middle from `start_s` up to `end_s`: (n,) bool."""
    middle = intervals.mean(axis=1)
    among: Array = (middle >= start_s) & (middle < end_s)
    return among


def _segments(
    labels: Sequence, words: Sequence | None, video: str
) -> Iterator[tuple[str, Cells | BadInput]]:
    """Each labelled interval of a video; the video where its intervals cannot be read."""
    try:
        values, intervals = labels.of_video(video)
    except BadInput as err:
        yield video, err
        return
    try:
        spoken, times = words.of_video(video) if words else (np.zeros((0, 1)), np.zeros((0, 2)))
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
                "label": str(sentiment),  # as text: a NaN is no empty cell here, it is a bad label
                **dict(named),
            },
        )


def _word(value: Array) -> str:
    word = np.ravel(value)[0]
    return word.decode("utf-8", "surrogateescape") if isinstance(word, bytes) else str(word)


def _splits(uri: str) -> dict[str, str]:
    """Video → split, of the SDK's file of folds in the folder."""
    fs, path = filesystem(uri)
    found = [entry for entry in fs.ls(path, detail=False) if entry.endswith(FOLDS)]
    if not found:
        log.warning(
            "%s: has no …%s, so that no row has a split; the standard one is a file of that name "
            "in the CMU Multimodal SDK, put it into the folder",
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
        raise SettingsError(f"{found[0]}: expected lists {', '.join(_LISTS)}, found none")
    return splits
