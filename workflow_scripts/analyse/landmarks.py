"""Landmark Isomap (de Silva & Tenenbaum 2004): shortest paths from a few sounds place all of them.

Exact Isomap computes the shortest paths between all N sounds and the eigenvectors of an N x N matrix.
Landmark Isomap draws L sounds as landmarks and computes only the paths from them. Classical scaling places
the landmarks, and each sound is placed by its distances to the landmarks. Time and memory grow as L N, not as
N^2 or faster.
"""

import numpy as np
from scipy.sparse.csgraph import dijkstra
from shared.graphs import largest_eigenvectors

LANDMARKS = 500
BLOCK = 50  # landmarks whose paths are computed at a time, for memory


def draw(n, count, seed=0):
    """Landmarks, int (L,), rising: at most `count` of n sounds, drawn without replacement."""
    return np.sort(np.random.default_rng(seed).choice(n, min(n, count), replace=False))


def path_lengths(graph, landmarks):
    """Shortest paths from landmarks to all sounds of a connected graph, float32 (L, n).

    graph: sparse (n, n). Its edges are read in both directions; an edge that is stored both ways has the same
    length both ways.
    """
    both = graph.maximum(graph.T).tocsr()  # once, instead of a transposed copy for each path
    lengths = np.empty((len(landmarks), graph.shape[0]), np.float32)
    for i in range(0, len(landmarks), BLOCK):
        lengths[i : i + BLOCK] = dijkstra(both, indices=landmarks[i : i + BLOCK])
    return lengths


def triangulate(lengths, landmarks, dimensions=3):
    """Coordinates of all sounds from their path lengths to the landmarks (steps 2 and 3 of the paper).

    lengths: float32 (L, n), L > dimensions; landmarks: int (L,). Returns float64 (n, dimensions), centred, on
    principal axes of falling variance. The largest coordinate of each axis is positive; an axis without
    positive variance is 0.
    """
    own = lengths[:, landmarks].astype(float) ** 2
    own = (own + own.T) / 2
    mean = own.mean(axis=0)
    gram = -0.5 * (own - mean - mean[:, None] + mean.mean())
    values, vectors = largest_eigenvectors(gram, dimensions)
    kept = values > values[-1] * 1e-12
    pseudoinverse = np.where(kept, vectors / np.sqrt(np.where(kept, values, 1)), 0).astype(np.float32)
    coordinates = np.empty((lengths.shape[1], dimensions))
    for i in range(0, len(coordinates), 10_000):
        squares = lengths[:, i : i + 10_000] ** 2 - mean[:, None].astype(np.float32)
        coordinates[i : i + 10_000] = -0.5 * squares.T @ pseudoinverse
    coordinates -= coordinates.mean(axis=0)
    coordinates = coordinates @ np.linalg.svd(coordinates, full_matrices=False)[2].T
    peak = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(dimensions)]
    return coordinates * np.where(peak < 0, -1, 1)
