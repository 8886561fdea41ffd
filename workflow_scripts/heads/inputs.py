"""What a head is given: the training sounds' principal components, and factors standardised by these sounds.

A rotation changes nothing for a network whose weights start in any direction alike, and the directions that
hold nearly no variance cost time. One number scales all components, so that directions keep their sizes.
"""

from typing import NamedTuple

import numpy as np

KEPT = 0.9999  # share of the variance that the kept components hold


class Rotation(NamedTuple):
    """To principal components, (x - mean) @ axes. mean: (D,); axes: (D, K), for a mean variance of 1."""

    mean: np.ndarray
    axes: np.ndarray

    def of(self, embeddings):
        """Components of embeddings (..., D), float32 (..., K)."""
        return ((embeddings - self.mean) @ self.axes).astype(np.float32)

    def leading(self, count):
        """The first `count` components, scaled anew."""
        return Rotation(self.mean, self.axes[:, :count])


def rotation(embeddings):
    """The Rotation to all principal components of embeddings (n, D), and how many of them hold KEPT."""
    mean = embeddings.mean(axis=0)
    points = embeddings - mean
    n, D = points.shape
    values, vectors = np.linalg.eigh(points.T @ points if n >= D else points @ points.T)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    there = values > 1e-10 * values[0]
    values, vectors = values[there], vectors[:, there]
    axes = vectors if n >= D else points.T @ vectors / np.sqrt(values)
    count = int(np.searchsorted(np.cumsum(values) / values.sum(), KEPT) + 1)
    scale = np.sqrt(values[:count].sum() / (n * count))
    return Rotation(mean, axes / scale), min(count, len(values))


def rotations(embeddings, train):
    """The Rotation of each seed's training sounds, of one number of components: the largest that one needs.

    embeddings: (N, D); train: int (seeds, n).
    """
    found = [rotation(embeddings[sounds]) for sounds in train]
    fewest = min(one.axes.shape[1] for one, _ in found)
    count = min(max(count for _, count in found), fewest)
    return [one.leading(count) for one, _ in found]


def standardization(factors):
    """Mean and standard deviation of factors (n, F), each (F,); 1 for a factor that does not vary."""
    return factors.mean(axis=0), np.where(np.ptp(factors, axis=0) > 0, factors.std(axis=0), 1)


def check(embeddings, N, name):
    """Raise ValueError, for the user, unless embeddings are N finite rows that differ."""
    if embeddings.ndim != 2 or len(embeddings) != N:
        raise ValueError(
            f"{name} holds {len(embeddings)} rows, but there are {N} sounds. Embed the sounds again."
        )
    if not np.isfinite(embeddings).all():
        raise ValueError(f"{name} holds values that are not finite. Embed the sounds again.")
    if not np.ptp(embeddings, axis=0).any():
        raise ValueError(
            f"{name} has collapsed: all sounds have the same embedding, from which a head cannot learn. "
            "Leave the model out of `heads: models`."
        )
