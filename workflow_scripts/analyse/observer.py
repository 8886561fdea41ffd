"""The observer of an embedding in the triangular method, and the fit of its threshold.

The observer gets three sounds, of which two are alike. It takes the two nearest embeddings (Euclidean) as the
pair and the third as the odd one; chance is 1/3. As for listeners, the psychometric function of that method
for one Gaussian dimension turns the proportion correct into d' (Frijters, J. Math. Psychol. 19, 1979; Ennis,
J. Sens. Stud. 8, 1993). With noise in many dimensions, d' is that of the one-dimensional observer with the
same proportion correct.

The curve d' = (step / threshold)^beta is fitted to all trials. The fit is the highest posterior on a grid of
threshold (uniform), beta and lapse rate.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

CHANCE = 1 / 3
CEILING = 5.0  # of d', 96 % correct: some dozens of trials can hardly tell it from more
D_PRIMES = np.linspace(0, 20, 2001)
BETAS = 0.5 * 6 ** (np.arange(-4, 10) / 9)  # 0.23 to 3
BETA_PRIOR = 1.1, 0.35  # median, spread of ln: noise in 1 to 128 dimensions has 1.0 to 1.3
LAPSES = np.array([0, 0.02, 0.05, 0.1])
LAPSE_PRIOR = 0.03  # mean of an exponential


class Grid(NamedTuple):
    """Grid of the fit, of G points."""

    thresholds: np.ndarray  # float (G,), JND
    betas: np.ndarray  # float (G,)
    lapses: np.ndarray  # float (G,)
    prior: np.ndarray  # float (G,), its logarithm


class Ends(NamedTuple):
    """Smallest and largest step of a ladder, JND."""

    smallest: float
    largest: float


def triangular(d_prime):
    """Proportion correct of the triangular method at a d' of the one-dimensional Gaussian observer.

    2 int_0^inf [Phi(-z sqrt 3 + d' sqrt(2/3)) + Phi(-z sqrt 3 - d' sqrt(2/3))] phi(z) dz.
    """
    z = np.linspace(0, 8, 801)[:, None]
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    shift = np.ravel(d_prime) * np.sqrt(2 / 3)
    both = ndtr(shift - z * np.sqrt(3)) + ndtr(-shift - z * np.sqrt(3))
    return np.trapezoid(2 * both * density, z, axis=0).reshape(np.shape(d_prime))


PROPORTIONS = triangular(D_PRIMES)


def judge(points, pairs, moved):
    """Whether the observer finds the odd sound, float (T,): 1, 0, or the chance of a guess among ties.

    points: float (N, D); pairs: int (T, 2), the plain sounds; moved: int (T,).
    """
    result = np.zeros(len(moved))
    for start in range(0, len(moved), 256):
        part = slice(start, start + 256)
        a, b, c = (points[i] for i in (*pairs[part].T, moved[part]))
        distances = np.stack([((x - y) ** 2).sum(axis=1) for x, y in ((a, b), (a, c), (b, c))])
        nearest = distances == distances.min(axis=0)
        result[part] = nearest[0] / nearest.sum(axis=0)
    return result


def parameter_grid(ends):
    """The Grid of a ladder. Its thresholds reach three octaves beyond the ends of the ladder."""
    thresholds = 2 ** np.arange(np.log2(ends.smallest) - 3, np.log2(ends.largest) + 3, 1 / 8)
    thresholds, betas, lapses = (g.ravel() for g in np.meshgrid(thresholds, BETAS, LAPSES, indexing="ij"))
    median, spread = BETA_PRIOR
    prior = -0.5 * (np.log(betas / median) / spread) ** 2 - lapses / LAPSE_PRIOR
    return Grid(thresholds, betas, lapses, prior)


def grid_proportions(steps, grid):
    """Proportion correct at each step and grid point, float (S, G). steps: float (S,), JND."""
    proportions = np.interp((steps[:, None] / grid.thresholds) ** grid.betas, D_PRIMES, PROPORTIONS)
    return np.clip(proportions - grid.lapses * (proportions - CHANCE), 1e-9, 1 - 1e-9)


def log_likelihoods(correct, place, where, proportions, points):
    """Log-likelihood of the trials of each base point on the grid, float (points, G).

    correct: float (T,); place: int (T,), base points; where: int (T,), the row of `proportions` (S, G).
    """
    right, wrong = np.zeros((2, points, len(proportions)))
    np.add.at(right, (place, where), correct)
    np.add.at(wrong, (place, where), 1 - correct)
    return right @ np.log(proportions) + wrong @ np.log1p(-proportions)


def fit(likelihoods, weights, grid, find=np.argmax):
    """The grid point of the highest posterior, int (R,).

    likelihoods: float (points, G), of base points; weights: float (R, points), how often each counts.
    """
    blocks = np.array_split(weights, len(weights) // 256 + 1)
    return np.concatenate([find(block @ likelihoods + grid.prior, axis=1) for block in blocks])


def highest(likelihoods, weights, grid):
    """The logarithm of that posterior, float (R,)."""
    return fit(likelihoods, weights, grid, np.max)


def without_slope_prior(grid):
    """The Grid of a fit that leaves the slope to the answers alone."""
    return grid._replace(prior=-grid.lapses / LAPSE_PRIOR)


def d_prime_at_one(best, grid):
    """d' at one JND of grid points, float (R,), up to CEILING."""
    return np.minimum(grid.thresholds[best] ** -grid.betas[best], CEILING)
