"""Nearest neighbours of every sound in one embedding: one search, sliced by every analysis.

Writes `indices` (int64, N x K) and `distances` (float64, N x K, Euclidean), nearest first, the sound
itself left out by its index.
"""

import argparse

import numpy as np
from shared.files import written_whole
from sklearn.neighbors import NearestNeighbors


def features(embedding, standardize):
    """Embedding as the analyses use it, float64 (N, D), centred, which leaves distances as they are.

    With `standardize`, each feature is also divided by its standard deviation (a constant one stays).
    """
    embedding = np.asarray(embedding, dtype=np.float64)
    embedding = embedding - embedding.mean(axis=0)
    if standardize:
        scale = embedding.std(axis=0)
        embedding /= np.where(scale > 0, scale, 1)
    return embedding


def nearest_neighbors(features, K):
    """K nearest other sounds by Euclidean distance, exact.

    features: float (N, D), K < N. Returns indices int64 (N, K) and distances float64 (N, K). Where
    more than K sounds coincide with a sound, which of them are returned is arbitrary.
    """
    search = NearestNeighbors(n_neighbors=K + 1).fit(features)
    distances, indices = search.kneighbors(features)
    other = indices != np.arange(len(features))[:, None]
    other[other.all(axis=1), -1] = False  # more than K twins: the sound is not in its own list
    return indices[other].reshape(-1, K), distances[other].reshape(-1, K)


def inside(indices, distances, rows, K):
    """First K neighbours of some sounds among themselves, as far as the lists hold them.

    indices, distances: (N, k_max), nearest first; rows: int (n,), rising. Returns the same, (n, K) or
    (n, k_max), indices counting within `rows`; a short list ends in the sound itself at distance 0.
    """
    place = np.full(len(indices), -1)
    place[rows] = np.arange(len(rows))
    found = place[indices[rows]]
    order = np.argsort(found < 0, axis=1, kind="stable")[:, :K]
    found, lengths = (np.take_along_axis(x, order, axis=1) for x in (found, distances[rows]))
    missing = found < 0
    return np.where(missing, np.arange(len(rows))[:, None], found), np.where(missing, 0, lengths)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--K", type=int, required=True, help="how many neighbours, N - 1 at most")
    parser.add_argument("--standardize", action="store_true", help="features to unit variance first")
    parser.add_argument("--output", required=True, help="npz to write")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    indices, distances = nearest_neighbors(points, min(args.K, len(points) - 1))
    with written_whole(args.output) as draft:
        np.savez(draft, indices=indices, distances=distances)
