"""Which windows are of one voice: agglomerative clustering by cosine, in bounded memory."""

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from daf_core.speakers.windows import unit

Embeddings = npt.NDArray[np.float32]  # (windows or voices, 256), rows of length one

# Chosen on the calls of the demo, a reading and conversations made of acted clips, not on AMI: two
# voices are .28 and more apart, a reader's voice is .24 from itself, and an actor's up to .35.
APART = 0.27  # mean cosine distance from which two clusters are two voices
FEWEST = 8  # windows of a voice, 4 s: what is less is a laugh, a cough or two voices at once
MOST_VOICES = 20
BLOCK = 2000  # windows that are clustered at once: 17 minutes of speech, 32 MB of distances
ROUNDS = 3


def voices(windows: Embeddings, count: int | None = None) -> Embeddings:
    """The voices in (windows, 256) embeddings, as their mean directions: (voices, 256).

    count: how many there are, None: estimated, at most 20. There may be fewer than `count` where
    there are fewer windows. Clusters of less than 4 s are no voice, unless there is nothing else.
    More than 2,000 windows are clustered in blocks first, and then the clusters of all blocks.
    """
    if len(windows) == 0:
        return windows
    found = _clusters(windows, count, FEWEST)
    for _ in range(ROUNDS):
        nearest = (windows @ found.T).argmax(axis=1)
        own = [windows[nearest == voice] for voice in range(len(found))]
        found = _means([one for one in own if len(one)])
    return found


def _clusters(rows: Embeddings, count: int | None, fewest: int) -> Embeddings:
    """The mean directions of the clusters of `fewest` rows and more: (clusters, 256)."""
    if len(rows) <= BLOCK:
        return _means(_largest(rows, _labels(rows, count, fewest), count, fewest))
    blocks = np.array_split(rows, -(-len(rows) // BLOCK))
    parts = np.concatenate([_clusters(block, None, fewest) for block in blocks])
    return _clusters(parts, count, 1)


def _labels(rows: Embeddings, count: int | None, fewest: int) -> npt.NDArray[np.int32]:
    """The cluster of each row, by average linkage: (rows,).

    With a `count`, the coarsest clusters of which so many have `fewest` rows: average linkage
    splits off single odd windows before it splits voices.
    """
    if len(rows) < 2:
        return np.zeros(len(rows), np.int32)
    distances = np.clip(1 - rows @ rows.T, 0, 2)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), method="average")
    if count is None:
        cut: npt.NDArray[np.int32] = fcluster(tree, APART, criterion="distance")
        return cut
    for clusters in range(count, len(rows) + 1):
        cut = fcluster(tree, clusters, criterion="maxclust")
        if np.count_nonzero(np.bincount(cut) >= fewest) >= count:
            return cut
        if clusters >= count + 100:
            break
    plain: npt.NDArray[np.int32] = fcluster(tree, count, criterion="maxclust")
    return plain


def _largest(
    rows: Embeddings, labels: npt.NDArray[np.int32], count: int | None, fewest: int
) -> list[Embeddings]:
    """The rows of each cluster that is large enough, the largest first; at least one cluster."""
    own = sorted((rows[labels == label] for label in np.unique(labels)), key=len, reverse=True)
    if count is not None:
        return own[:count]
    return [one for one in own if len(one) >= fewest][:MOST_VOICES] or own[:1]


def _means(clusters: list[Embeddings]) -> Embeddings:
    return unit(np.stack([one.mean(axis=0) for one in clusters]))
