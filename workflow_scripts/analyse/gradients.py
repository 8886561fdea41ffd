"""Cubic polynomials of the place in a three-dimensional cloud: estimates of factors, and their gradients."""

from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

DEGREE = 3
FOLDS = 10
SPLITS = 8  # of the sounds into quarters, averaged
RIDGE = 1e-6  # of the mean eigenvalue: where the cloud is flat, some monomials vanish
FLAT = 1e-6  # of the widest axis: a narrower one is rounding
FEWEST = 23  # sounds: with fewer, some fold leaves a cubic more terms than sounds
AROUND = 20  # sounds whose spread is the density at a sound
EXTENDED = 0.1  # of the largest variance around a sound: the cloud extends along a direction that has more
MONOMIALS = [m for degree in range(DEGREE + 1) for m in combinations_with_replacement(range(3), degree)]


class Cloud(NamedTuple):
    """N sounds in three dimensions, with what cubics need. n of them are inside."""

    inside: np.ndarray  # bool (N,), the sounds that have a place in the cloud
    points: np.ndarray  # float (N, 3), centred and scaled as one
    terms: np.ndarray  # float (N, 20), monomials of the coordinates, each divided by its spread
    slopes: np.ndarray  # float (3, N, 20), the derivatives of these along the axes of points
    variances: np.ndarray  # float (n, 3), of the sounds around each, rising
    tangents: np.ndarray  # float (n, 3, 3), projections on the directions along which the cloud extends


def make_cloud(coordinates, inside):
    """A Cloud of coordinates (N, 3), or None if it is a point or has fewer than FEWEST sounds.

    inside: bool (N,), the sounds to use; the others go to the origin.
    """
    if inside.sum() < FEWEST or np.ptp(coordinates[inside], axis=0).max() <= np.finfo(np.float32).tiny:
        return None
    points = np.where(inside[:, None], coordinates, 0)
    points = (points - points[inside].mean(axis=0)) / points[inside].std()
    spread = points[inside].std(axis=0)
    axes = np.where(spread > FLAT * spread.max(), 1 / np.where(spread > 0, spread, 1), 0)
    variances, directions = spread_around(points[inside])
    slopes = derivatives(points * axes) * axes[:, None, None]
    along = tangents(variances, directions)
    return Cloud(inside, points, monomials(points * axes), slopes, variances, along)


def monomials(points):
    """All 20 monomials of degree at most 3 at each point. points: (n, 3). Returns float (n, 20)."""
    return np.stack([points[:, list(m)].prod(axis=1) for m in MONOMIALS], axis=1)


def derivatives(points):
    """Partial derivatives of the monomials, float (3, n, 20)."""
    result = np.zeros((3, len(points), len(MONOMIALS)))
    for axis in range(3):
        for place, monomial in enumerate(MONOMIALS):
            if count := monomial.count(axis):
                rest = list(monomial)
                rest.remove(axis)
                result[axis, :, place] = count * points[:, rest].prod(axis=1)
    return result


def fit(terms, targets):
    """Least squares with a faint ridge: float (20, F), coefficients of terms (n, 20) for targets (n, F)."""
    gram = terms.T @ terms
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
    return np.linalg.solve(gram, terms.T @ targets)


def held_out(terms, targets, inside, seed):
    """Estimates of the targets, each by a cubic fitted without its sound, float (N, F).

    terms: (N, 20); targets: (N, F); inside: bool (N,), the sounds that have a place in the cloud; the
    others are estimated by the mean. An estimate stays within the range of the targets that were fitted.
    """
    folds = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    estimates = np.empty_like(targets)
    for fold in range(FOLDS):
        test, train = folds == fold, folds != fold
        fitted = targets[train & inside]
        mean = fitted.mean(axis=0)
        estimates[test] = targets[train].mean(axis=0)
        known = fit(terms[train & inside], fitted - mean)
        placed = terms[test & inside] @ known + mean
        estimates[test & inside] = np.clip(placed, fitted.min(axis=0), fitted.max(axis=0))
    return estimates


def angles(cloud, targets, seed):
    """Angle between the gradients of each pair of factors in degrees, float (pairs,), see the module.

    targets: (N, F), of the sounds of the Cloud. Pairs as in combinations(). NaN where the sounds do not tell
    any direction.
    """
    some = np.flatnonzero(cloud.inside)
    terms, slopes, targets = cloud.terms[some], cloud.slopes[:, some], targets[some]
    F = targets.shape[1]
    pairs = np.array(list(combinations(range(F), 2)), dtype=int).reshape(-1, 2)
    total = np.zeros((2, len(pairs)))
    rng = np.random.default_rng(seed)
    for _ in range(SPLITS):
        quarters = np.array_split(rng.permutation(len(some)), 4)
        fits = np.stack([fit(terms[q], targets[q]) for q in quarters], axis=2)
        gradients = np.einsum("dnt,tfq->dnfq", slopes, fits, optimize=True)
        gradients = np.einsum("nde,enfq->dnfq", cloud.tangents, gradients, optimize=True)
        for k, (i, j) in enumerate(pairs):
            a, b = gradients[:, :, i, 0], gradients[:, :, i, 1]
            c, d = gradients[:, :, j, 2], gradients[:, :, j, 3]
            total[0, k] += ((a * c).sum(axis=0) * (b * d).sum(axis=0)).mean()
            total[1, k] += ((a * b).sum(axis=0) * (c * d).sum(axis=0)).mean()
    squared = np.where(total[1] > 0, total[0] / np.where(total[1] > 0, total[1], 1), np.nan)
    return np.degrees(np.arccos(np.sqrt(np.clip(squared, 0, 1))))


def spread_around(points, K=AROUND):
    """Variances of the K nearest sounds around each sound, rising, (n, 3), and their directions, (n, 3, 3).

    points: (n, 3). Directions are columns.
    """
    _, near = KDTree(points).query(points, min(K, len(points) - 1) + 1)  # each sound is the nearest to itself
    around = points[near[:, 1:]]
    around = around - around.mean(axis=1, keepdims=True)
    return np.linalg.eigh(around.transpose(0, 2, 1) @ around)


def density(variances):
    """Participation ratio of the sounds around each sound, mean: 1 to 3; NaN if all of these coincide.

    variances: (n, 3).
    """
    variances = variances[variances.sum(axis=1) > 0]
    if not len(variances):
        return np.nan
    return float((variances.sum(axis=1) ** 2 / (variances**2).sum(axis=1)).mean())


def tangents(variances, directions):
    """Projections on the directions along which the cloud extends around each sound, float (n, 3, 3)."""
    along = np.where((variances >= EXTENDED * variances[:, -1:])[:, None, :], directions, 0)
    return along @ along.transpose(0, 2, 1)
