"""Landmark Isomap (de Silva & Tenenbaum 2004): shortest paths from a few sounds place all of them.

Exact Isomap computes the shortest path between every two sounds, N^2 of them, and the eigenvectors of an
N x N matrix. Here L sounds are drawn as landmarks; only the paths from them are computed, classical scaling
places the landmarks, and every sound is placed by its distances to them. Time and memory grow as L N, not
as N^2 and more.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.csgraph import dijkstra

LANDMARKS = 500
BLOCK = 50  # landmarks whose paths are computed at a time, for memory


def draw(n, count, seed=0):
    """Landmarks: at most `count` of n sounds, drawn without replacement, sorted, int (L,)."""
    return np.sort(np.random.default_rng(seed).choice(n, min(n, count), replace=False))


def path_lengths(graph, landmarks):
    """Shortest paths from landmarks to all sounds of a connected graph, float32 (L, n).

    graph: sparse (n, n), read in both directions; an edge that lies there both ways has one length.
    """
    both = graph.maximum(graph.T).tocsr()  # once, instead of a transposed copy for each path
    found = np.empty((len(landmarks), graph.shape[0]), np.float32)
    for i in range(0, len(landmarks), BLOCK):
        found[i : i + BLOCK] = dijkstra(both, indices=landmarks[i : i + BLOCK])
    return found


def triangulate(lengths, landmarks, dimensions=3):
    """Coordinates of all sounds from their path lengths to landmarks (the paper's steps 2 and 3).

    lengths: float32 (L, n), L > dimensions. Returns float64 (n, dimensions), centred, on principal axes, by
    falling variance; the largest coordinate of each axis is positive. Axes without positive variance are 0.
    """
    own = lengths[:, landmarks].astype(float) ** 2
    own = (own + own.T) / 2
    mean = own.mean(axis=0)
    gram = -0.5 * (own - mean - mean[:, None] + mean.mean())
    L = len(landmarks)
    values, vectors = eigh(gram, subset_by_index=[L - dimensions, L - 1])
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
