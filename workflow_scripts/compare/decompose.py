"""Statistics of a search: the variance of scores by what it is due to, how often models swap, intervals.

Conventions: `scores` is float (models, points, seeds, factors) throughout, without gaps. Models, points and
factors are fixed: those that were there. Seeds are drawn from all seeds. A seed may act alike on all
trainings (it draws the held-out blocks) or on each in its own way; both are what another seed changes.

Sources: Hays (1963) for omega squared; Searle, Casella & McCulloch (1992), Variance Components, for the mixed
model; Efron & Tibshirani (1993) for the jackknife.
"""

from itertools import combinations

import numpy as np
from scipy import stats

AXES = {"model": 0, "grid": 1, "factor": 3}  # the fixed axes; seeds are axis 2
LEAST_SEEDS = 3  # for an interval
LEAST_MODELS = 3  # for leaving one out


# --- the variance of scores -----------------------------------------------------------------------


def variances(scores):
    """Variance of scores that each term explains, {term: variance}; estimates, which may fall below 0.

    An effect is a contrast of the cells' means over seeds. What seeds add to the mean of its squares is the
    variance of the same contrast over seeds, over their number, and is taken off. scores: float (models,
    points, seeds, factors). An axis of length 1 has no term; with one seed nothing is taken off.
    """
    S, effects, found = scores.shape[2], {(): scores.mean(axis=tuple(AXES.values()), keepdims=True)}, {}
    names_there = [name for name, axis in AXES.items() if scores.shape[axis] > 1]
    for size in range(1, len(names_there) + 1):
        for names in combinations(names_there, size):
            others = tuple(axis for name, axis in AXES.items() if name not in names)
            parts = [part for less in range(size) for part in combinations(names, less)]
            effect = scores.mean(axis=others, keepdims=True) - sum(effects[part] for part in parts)
            effects[names] = effect  # of each seed
            by_seeds = effect.var(axis=2, ddof=1).mean() / S if S > 1 else 0.0
            found[" x ".join(names)] = (effect.mean(axis=2) ** 2).mean() - by_seeds
    return found | ({"seed": scores.var(axis=2, ddof=1).mean()} if S > 1 else {})


def shares(scores):
    """Share of the variance of scores of each term in %, {term: share}, and of the grid in all.

    scores: float (models, points, seeds, factors). Unclipped; NaN if all scores are equal.
    """
    found = variances(scores)
    total = sum(found.values()) if np.ptp(scores) else np.nan
    found = {term: 100 * value / total for term, value in found.items()}
    if "grid" in found:
        found["grid, in all"] = sum(share for term, share in found.items() if "grid" in term)
    return found


# --- how often two models swap --------------------------------------------------------------------


def flips(first, second):
    """How often (%) the order of two models flips between two trainings of each, and by another seed alone.

    first, second: mean scores, float (points, seeds). Returns two floats: at two points (and with two seeds,
    if there are several), and at one point with two seeds; NaN if there are no such two.
    """
    order = np.sign(first - second)
    P, S = order.shape
    same = (order**2).sum()
    of_points, of_seeds = (order.sum(axis=1) ** 2).sum(), (order.sum(axis=0) ** 2).sum()
    if S > 1:
        apart, pairs = order.sum() ** 2 - of_points - of_seeds + same, P * (P - 1) * S * (S - 1)
    else:
        apart, pairs = order.sum() ** 2 - same, P * (P - 1)
    among_seeds = P * S * (S - 1)
    return (
        50 * (1 - apart / pairs) if pairs else np.nan,
        50 * (1 - (of_points - same) / among_seeds) if among_seeds else np.nan,
    )


def swaps(scores):
    """flips() of every pair of models, float (pairs, 2). scores: float (models, points, seeds, factors)."""
    means = scores.mean(axis=3)
    pairs = combinations(range(len(means)), 2)
    return np.array([flips(means[a], means[b]) for a, b in pairs]).reshape(-1, 2)


# --- intervals ------------------------------------------------------------------------------------


def over_seeds(statistic, scores):
    """A statistic of scores and its 95 % interval over seeds, float (K,), (K,) and (K,): value, low, high.

    statistic: function from float (models, points, seeds, factors) to float (K,). The interval is that of the
    delete-one jackknife, with Student's t; NaN below LEAST_SEEDS seeds.
    """
    value, S = np.asarray(statistic(scores), dtype=float), scores.shape[2]
    if S < LEAST_SEEDS:
        return value, np.full_like(value, np.nan), np.full_like(value, np.nan)
    without = np.array([statistic(np.delete(scores, seed, axis=2)) for seed in range(S)])
    spread = np.sqrt((S - 1) / S * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    reach = stats.t.ppf(0.975, S - 1) * spread
    return value, value - reach, value + reach


def leaving_one_out(statistic, scores):
    """Least and most of a statistic when any one model is left out, float (K,) each; NaN for few models."""
    if len(scores) < LEAST_MODELS:
        empty = np.full_like(np.asarray(statistic(scores), dtype=float), np.nan)
        return empty, empty
    without = np.array([statistic(np.delete(scores, model, axis=0)) for model in range(len(scores))])
    return without.min(axis=0), without.max(axis=0)
