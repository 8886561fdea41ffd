"""Neighbour lists of an embedding and the graph that they make."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

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


def nearest_neighbors(features, K):
    """The K nearest other sounds of each sound by Euclidean distance, exact.

    features: float (N, D), K < N. Returns indices int64 (N, K) and distances float64 (N, K), nearest first.
    If more than K sounds coincide with a sound, the choice among them is arbitrary.
    """
    from sklearn.neighbors import NearestNeighbors  # takes a second, which most jobs need not spend

    search = NearestNeighbors(n_neighbors=K + 1).fit(features)
    distances, indices = search.kneighbors(features)
    other = indices != np.arange(len(features))[:, None]
    other[other.all(axis=1), -1] = False  # more than K twins: the sound is not in its own list
    return indices[other].reshape(-1, K), distances[other].reshape(-1, K)


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
