"""Neighbour lists of an embedding and the graph that they make."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

ROUNDING = 1e-13  # of squared distances found by the search, relative to the squared norms of both sounds
BLOCK = 2**23  # neighbours that are sorted at a time, for memory
DESCRIPTIVE = "no chance level: does not depend on the factors"  # note of scores of a graph or its picture


def features(embedding, standardize):
    """The embedding as the analyses use it, float64 (N, D): centred, which changes no distance.

    With `standardize`, each feature is also divided by its standard deviation; a constant one stays as it is.
    """
    embedding = np.asarray(embedding, dtype=np.float64)
    embedding = embedding - embedding.mean(axis=0)
    if standardize:
        scale = embedding.std(axis=0)
        embedding /= np.where(scale > 0, scale, 1)
    return embedding


def nearest_neighbors(features, K, seed=0):
    """The K nearest other sounds of each sound by Euclidean distance, exact.

    features: float (N, D), K < N. Returns indices int64 (N, K) and distances float64 (N, K), nearest first.
    Sounds that are equally far from a sound come in a random order, drawn by the seed anew for each sound.
    """
    from sklearn.neighbors import NearestNeighbors  # takes a second, which most jobs need not spend

    N, rng = len(features), np.random.default_rng(seed)
    search = NearestNeighbors(n_neighbors=K + 1).fit(features)
    indices, distances = np.empty((N, K), dtype=np.int64), np.empty((N, K))
    waiting, listed = np.arange(N), min(K + 2, N)  # with the sound itself and the next one
    while len(waiting):
        blocks = np.array_split(waiting, len(waiting) * listed // BLOCK + 1)
        waiting = []
        for rows in blocks:
            near, lengths = listed_neighbors(search, features, rows, listed)
            group = np.cumsum(~ties_with_next(features, near, lengths, rows), axis=1)
            group = np.insert(group, 0, 0, axis=1)  # of neighbours that are equally far
            place = np.lexsort((rng.random(group.shape), group))[:, :K]
            indices[rows], distances[rows] = np.take_along_axis(near, place, axis=1), lengths[:, :K]
            waiting.append(rows[(group[:, K - 1] == group[:, -1]) & (listed < N)])  # a longer list tells
        waiting, listed = np.concatenate(waiting), min(2 * listed, N)
    return indices, distances


def listed_neighbors(search, features, rows, count):
    """Neighbours of some sounds, int and float (n, count - 1), nearest first, the sound itself left out.

    search: NearestNeighbors of features, float (N, D); rows: int (n,); count: with the sound itself.
    """
    distances, indices = search.kneighbors(features[rows], count)
    other = indices != rows[:, None]
    other[other.all(axis=1), -1] = False  # more twins than are listed: the sound is not among them
    return indices[other].reshape(len(rows), -1), distances[other].reshape(len(rows), -1)


def ties_with_next(features, indices, distances, rows=slice(None)):
    """Whether a neighbour is as far from its sound as the next one, up to rounding, bool (n, K - 1).

    features: float (N, D); indices, distances: (n, K), the neighbours of the sounds `rows`.
    """
    norms = (features**2).sum(axis=1)
    rounding = ROUNDING * (norms[rows][:, None] + norms[indices[:, 1:]])
    return np.diff(distances**2, axis=1) <= rounding


def restricted_to(indices, distances, rows, K):
    """The first K neighbours of some sounds among these sounds, as far as the lists hold them.

    indices, distances: (N, k_max), nearest first; rows: int (n,), rising. Returns indices and distances of
    the same kind, (n, min(K, k_max)); the indices count within `rows`. A list that is too short ends in the
    sound itself at distance 0.
    """
    place = np.full(len(indices), -1)
    place[rows] = np.arange(len(rows))
    near = place[indices[rows]]
    order = np.argsort(near < 0, axis=1, kind="stable")[:, :K]
    near, lengths = (np.take_along_axis(x, order, axis=1) for x in (near, distances[rows]))
    missing = near < 0
    return np.where(missing, np.arange(len(rows))[:, None], near), np.where(missing, 0, lengths)


def neighbor_graph(indices, distances):
    """Directed graph with an edge from each sound to each of its K neighbours, weighted by its length.

    indices, distances: (N, K). Returns a sparse float (N, N) array. Edges between coinciding sounds get the
    smallest positive length, because a sparse graph cannot hold an edge of length 0.
    """
    N, K = indices.shape
    lengths = np.maximum(distances, np.finfo(float).tiny).ravel()
    return csr_array((lengths, indices.ravel(), np.arange(0, N * K + 1, K)), shape=(N, N))


def components(graph):
    """The weakly connected component of each sound, int (N,), numbered from the largest to the smallest."""
    _, labels = connected_components(graph, directed=True, connection="weak")
    rank = np.argsort(np.argsort(-np.bincount(labels), kind="stable"))
    return rank[labels]
