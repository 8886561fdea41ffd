"""How well distances between sounds agree with the dissimilarities that listeners rated.

Conventions
-----------
`distances` and `ratings` are symmetric, float (n, n); larger is less alike. A pair that nobody rated is NaN
in `ratings`, and so is the diagonal. An anchor is a sound to which the others are compared. A score of
anchors is the mean over those that have one.

Sources: Tukey, Ann. Math. Stat. 29, 1958, for the jackknife; Nili et al., PLoS Comput. Biol. 10, 2014, for
the noise ceiling; Tian et al., ISMIR 2025 (arXiv 2507.07764), for the scores of anchors,
triplets and NDCG.
"""

import numpy as np
from scipy.stats import kendalltau, rankdata

STATISTICS = ("spearman", "kendall", "spearman_pairs", "kendall_pairs", "triplets", "ndcg")
GROUPS = 100  # of sounds, at most, that are left out in turn
MARGIN = 0.1  # of the range of the ratings: ratings that differ by less have no order


def spread_to_one(ratings):
    """Ratings (listeners, n, n) in shares of each listener's own range, 0 to 1; 0 if all are equal."""
    low, high = (function(ratings, axis=(1, 2), keepdims=True) for function in (np.nanmin, np.nanmax))
    return (ratings - low) / np.where(high > low, high - low, 1)


def spearman(x, y):
    """Rank correlation of two vectors, equal values sharing their rank; NaN if one of them is constant."""
    x, y = (rankdata(values) - (len(values) + 1) / 2 for values in (x, y))
    norm = np.sqrt((x**2).sum() * (y**2).sum())
    return (x * y).sum() / norm if norm > 0 else np.nan


def kendall(x, y):
    """Kendall's tau-b of two vectors; NaN if one of them is constant."""
    return kendalltau(x, y).statistic


def triplets(distances, ratings, margin=MARGIN):
    """Share of pairs of others that distances order as ratings do, of those whose ratings differ by more than
    the margin; distances that are equal order nothing. NaN if there is no such pair.
    """
    told = ratings[:, None] - ratings[None, :]
    found = distances[:, None] - distances[None, :]
    clear = told > margin  # each pair once
    return (found[clear] > 0).mean() if clear.any() else np.nan


def ndcg(distances, ratings):
    """Normalised discounted cumulative gain of the others, nearest first; the gain is 1 - rating.

    The others that are equally far share their discounts. NaN if every gain is 0.
    """
    gains = 1 - ratings
    discounts = 1 / np.log2(np.arange(len(gains)) + 2)
    _, place, count = np.unique(distances, return_inverse=True, return_counts=True)
    shared = np.bincount(np.repeat(np.arange(len(count)), count), discounts) / count
    best = (np.sort(gains)[::-1] * discounts).sum()
    return (gains * shared[place]).sum() / best if best > 0 else np.nan


def of_anchors(statistic, distances, ratings):
    """Mean of a statistic of vectors over the anchors that have one; NaN if none has."""
    values = []
    for far, told in zip(distances, ratings, strict=True):
        known = np.isfinite(told)
        values.append(statistic(far[known], told[known]) if known.sum() > 1 else np.nan)
    values = np.array(values, dtype=float)
    return values[np.isfinite(values)].mean() if np.isfinite(values).any() else np.nan


def of_pairs(statistic, distances, ratings):
    """A statistic of vectors over all rated pairs; NaN for fewer than two."""
    pairs = np.triu_indices(len(ratings), 1)
    known = np.isfinite(ratings[pairs])
    far, told = distances[pairs][known], ratings[pairs][known]
    return statistic(far, told) if len(told) > 1 else np.nan


def agreement(distances, ratings):
    """All STATISTICS of distances with one listener's ratings or their mean, float (6,). ratings: 0 to 1."""
    return np.array(
        [
            of_anchors(spearman, distances, ratings),
            of_anchors(kendall, distances, ratings),
            of_pairs(spearman, distances, ratings),
            of_pairs(kendall, distances, ratings),
            of_anchors(triplets, distances, ratings),
            of_anchors(ndcg, distances, ratings),
        ]
    )


def mean_agreement(distances, ratings):
    """Mean of agreement() over listeners, float (6,), NaN where none has one. ratings: (listeners, n, n)."""
    return mean_of_known(np.array([agreement(distances, of_one) for of_one in ratings]))


def mean_of_known(values):
    """Mean over the first axis of what is no NaN; NaN where all are."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)


def ranked(ratings):
    """Ratings of each listener as ranks among their own rated pairs, in shares of 1: (listeners, n, n)."""
    result = np.full_like(ratings, np.nan)
    for own, ranks in zip(ratings, result, strict=True):
        known = np.isfinite(own)
        ranks[known] = rankdata(own[known]) / known.sum()
    return result


def noise_ceiling(ratings):
    """What the best possible model could reach, as two bounds: float (2, 6), NaN for one listener alone.

    The agreement of each listener with the mean of all others, and with the mean of all, both averaged
    over listeners. The first is what a model reaches that knows what these listeners share as well as the
    other listeners tell it; no model is likely to exceed the second, which each listener's own noise helps.
    Listeners are averaged by their ranks, since they use a scale differently. ratings: (listeners, n, n).
    """
    if len(ratings) < 2:
        return np.full((2, len(STATISTICS)), np.nan)
    ranks = ranked(ratings)
    everyone = mean_of_known(ranks)
    lower, upper = [], []
    for listener, own in enumerate(ratings):
        others = mean_of_known(np.delete(ranks, listener, axis=0))
        shared = np.where(np.isfinite(others), own, np.nan)  # pairs that another one rated, too
        lower.append(agreement(np.nan_to_num(others), shared))
        upper.append(agreement(np.nan_to_num(everyone), own))
    return np.array([mean_of_known(np.array(lower)), mean_of_known(np.array(upper))])


def shuffled_agreement(distances, ratings, shuffles, seed):
    """mean_agreement() with the ratings of other sounds, float (shuffles, 6): whole sounds are exchanged."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(distances)) for _ in range(shuffles)]
    return np.array([mean_agreement(distances, ratings[:, order][:, :, order]) for order in orders])


def left_out(statistic, value, n, repeats, seed):
    """Replicates of a statistic of few sounds that copies of a sound would distort, float (repeats, F).

    Each sound, or each of GROUPS groups, is left out once; by how much that moves the statistic is its
    influence. A replicate is `value` plus the influences times standard normal numbers, so that its variance
    is that of the jackknife. Half of so few sounds would make intervals too wide (see docs/measures.md).

    statistic: function from an int array of sounds, rising, to float (F,); value: float (F,), that of all n.
    The same seed gives the same numbers for every model, so that two models compare in pairs.
    """
    rng = np.random.default_rng(seed)
    groups = np.array_split(rng.permutation(n), min(n, GROUPS))
    drawn = np.array([statistic(np.setdiff1d(np.arange(n), group)) for group in groups])
    influence = np.sqrt((len(groups) - 1) / len(groups)) * (drawn - drawn.mean(axis=0))
    return value + rng.standard_normal((repeats, len(groups))) @ influence


def partial(told, explaining, held):
    """Rank correlation of two vectors with a third held fixed; NaN if one is constant or tells another.

    told, explaining, held: float (pairs,).
    """
    te, th, eh = spearman(told, explaining), spearman(told, held), spearman(explaining, held)
    left = (1 - th**2) * (1 - eh**2)
    return (te - th * eh) / np.sqrt(left) if left > 1e-9 else np.nan


def explained_rest(distances, ratings, differences):
    """What of the mean ratings other differences explain that the distances do not, float (descriptors,).

    Partial rank correlation over the rated pairs. differences: (descriptors, n, n), absolute differences;
    ratings: (listeners, n, n).
    """
    told = mean_of_known(ratings)
    pairs = np.triu_indices(len(told), 1)
    known = np.isfinite(told[pairs])
    told, held = told[pairs][known], distances[pairs][known]
    return np.array([partial(told, between[pairs][known], held) for between in differences])
