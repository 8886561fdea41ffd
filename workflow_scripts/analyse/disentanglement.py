"""Scores of axes from what each tells of each factor (DCI, gaps), and an embedding turned at random.

Source: Eastwood & Williams (2018) for DCI.
"""

import numpy as np
from scipy.fft import dct

ROUNDS = 3  # of signs and cosines: after three, a turned axis is no more like any of the old ones than chance


def turned(points, rng):
    """The embedding turned at random, float (N, D): every distance stays, and no axis is what it was.

    In each round, the axes are shuffled, get random signs and go through the cosine transform, which is a
    rotation. That takes a thousandth of the time of a random matrix for thousands of axes.
    """
    for _ in range(ROUNDS):
        order = rng.permutation(points.shape[1])
        points = dct(points[:, order] * rng.choice([-1.0, 1.0], len(order)), norm="ortho", axis=1)
    return points


def concentration(weights, n):
    """1 - entropy of nonnegative weights over the last axis, in units of log(n); 0 for no weight."""
    total = weights.sum(axis=-1, keepdims=True)
    share = weights / np.where(total > 0, total, 1)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=-1)
    return np.where(total[..., 0] > 0, 1 - entropy / np.log(max(n, 2)), 0)


def dci(importance, count):
    """Disentanglement and completeness per factor, float (1 + F,). importance: (A, F); count: as of axes."""
    importance = np.clip(importance, 0, None)
    weight = importance.sum(axis=1)
    clean = concentration(importance, importance.shape[1])
    disentanglement = (weight * clean).sum() / (weight.sum() or 1)
    return np.append(disentanglement, concentration(importance.T, count))


def gap(values):
    """Largest minus second largest of each column, float (F,). values: (A, F)."""
    if len(values) < 2:
        return values[0]
    second, first = np.sort(values, axis=0)[-2:]
    return first - second


def correlations(axes, factors):
    """Squared correlation of each axis and factor, float (A, F); 0 where one does not vary."""
    spread = np.where(np.ptp(axes, axis=0) > 0, axes.std(axis=0), np.inf)
    centred = (axes - axes.mean(axis=0)) / spread
    others = factors - factors.mean(axis=0)
    others = others / np.where(np.ptp(factors, axis=0) > 0, factors.std(axis=0), np.inf)
    return (centred.T @ others / len(axes)) ** 2
