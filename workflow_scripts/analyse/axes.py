"""Disentanglement along the embedding's own axes (its units): does one axis carry one factor?

These scores change when an embedding is turned; that is their point. All models are compared on the same
number of axes: AXES (or twice the number of factors, if more), taken in turn for each factor by how much
of the axis' variance the factor's cubic main effect explains. They are chosen on one half of the sounds,
the scores are of the other half; shuffling the factors repeats both. An embedding of fewer axes keeps all
that vary.

DCI (Eastwood & Williams 2018), with a forest of extremely randomised trees per factor. The importance of
an axis is the rise of the squared error, on sounds that the trees have not seen, when that axis is
shuffled. Disentanglement: 1 - entropy of an axis' importances over factors, mean weighted by importance.
Completeness of a factor: 1 - entropy of its importances over as many axes as any model has. Both have
intervals from REFITS halves of the sounds, in which axes and forests are chosen anew. Informativeness: R2.
SAP (Kumar et al. 2018): difference of the squared correlations of a factor with its best two axes.
MIG (Chen et al. 2018): difference of the mutual informations of a factor and its best two axes, over the
factor's entropy; in BINS bins of equal counts, bias corrected (Miller 1955).
Modularity (Ridgeway & Mozer 2018): 1 - squared mutual informations of an axis with all factors but its
best, over (F - 1) times the best, squared; mean over the axes that carry a factor at all.

Disentanglement, completeness and modularity are of what the axes tell. Of noise, or of shuffled factors, they
tell nothing, so that there is neither a value nor a chance level.
"""

from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from shared.factors import r2, read_factors
from shared.graphs import features
from shared.scores import REPLICATES, bootstrap, half_samples, interval, sample, score_parser, write_scores
from sklearn.ensemble import ExtraTreesRegressor

from analyse.subspaces import SOUNDS, curves

AXES = 16
BINS = 8
TREES = 30
LEAF = 3  # sounds
REFITS = 20


def choose_axes(points, terms, count):
    """Axes that vary with the factors, each factor's next best in turn, int (count,) or fewer.

    points: (n, D); terms: (n, F, 3), the factors' curves.
    """
    scale = points.std(axis=0)
    standard = (points - points.mean(axis=0)) / np.where(scale > 0, scale, 1)
    slopes = terms.reshape(len(terms), -1).T @ standard / len(points)
    explained = (slopes.reshape(*terms.shape[1:], -1) ** 2).sum(axis=1)
    ranking = np.argsort(-explained, axis=1, kind="stable")
    in_turn = ranking.T.ravel()  # every factor's best, then every factor's second, ...
    return np.array([axis for axis in dict.fromkeys(in_turn.tolist()) if scale[axis] > 0][:count])


def importances(fitted, held, targets, held_targets, seed):
    """Squared error and its rise when an axis is shuffled, of each held-out sound.

    fitted, held: (n, A) and (m, A); targets: (n, F) and (m, F). Returns estimates float (m, F) and rises
    float (m, A, F).
    """
    m, A = held.shape
    order = np.random.default_rng(seed).permutation(m)
    shuffled = np.repeat(held[None], A + 1, axis=0)
    for axis in range(A):
        shuffled[axis, :, axis] = held[order, axis]
    estimates, rises = [], []
    for target, held_target in zip(targets.T, held_targets.T, strict=True):
        forest = ExtraTreesRegressor(TREES, min_samples_leaf=LEAF, random_state=seed)
        found = forest.fit(fitted, target).predict(shuffled.reshape(-1, A)).reshape(A + 1, m)
        errors = (found - held_target) ** 2
        estimates.append(found[-1])
        rises.append((errors[:-1] - errors[-1]).T)
    return np.stack(estimates, axis=1), np.stack(rises, axis=2)


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


def bins(values):
    """Bin of each value among BINS of equal counts, equal values in one, int (n, columns)."""
    return np.minimum((rankdata(values, axis=0) - 0.5) / len(values) * BINS, BINS - 1).astype(int)


def entropy(codes):
    """Entropy in nats of int codes (n,), and the number of codes that occur."""
    counts = np.bincount(codes)
    share = counts[counts > 0] / len(codes)
    return -(share * np.log(share)).sum(), len(share)


def mutual_information(axes, factors):
    """Mutual information in nats of each axis and factor, float (A, F), from 0 to the lesser entropy.

    axes: int bins (n, A); factors: int bins (n, F). The plug-in estimate less its first-order bias,
    (cells - bins of one - bins of the other + 1) / 2n, counting those that occur (Miller 1955).
    """
    result = np.zeros((axes.shape[1], factors.shape[1]))
    alone = [entropy(codes) for codes in factors.T]
    for a, axis in enumerate(axes.T):
        h_axis, k_axis = entropy(axis)
        for f, (h_factor, k_factor) in enumerate(alone):
            h_both, k_both = entropy(axis * BINS + factors[:, f])
            bias = (k_both - k_axis - k_factor + 1) / (2 * len(axis))
            result[a, f] = np.clip(h_axis + h_factor - h_both - bias, 0, min(h_axis, h_factor))
    return result


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


def modularity(information):
    """Mean modularity of axes that carry a factor, NaN if there is none. information: (A, F), nats."""
    information = information[information.max(axis=1, initial=0) > 0]
    if not len(information):
        return np.nan
    best = information.max(axis=1)
    rest = (information**2).sum(axis=1) - best**2
    return float((1 - rest / (max(information.shape[1] - 1, 1) * best**2)).mean())


def halves(points, factors, count, seed):
    """Chosen axes and factors of the two halves of the sounds: (fitted, held), each ((n, A), (n, F))."""
    order = np.random.default_rng(seed).permutation(len(points))
    one, two = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    chosen = choose_axes(points[one], curves(factors[one]), count)
    return (points[one][:, chosen], factors[one]), (points[two][:, chosen], factors[two])


def analyse(points, factors, shuffles, repeats, seed):
    """Everything that the module names: {metric: (value, replicates, chance)}, per factor or one number.

    points: (N, D); factors: (N, F) on their scales.
    """
    F = factors.shape[1]
    count = max(AXES, 2 * F)
    rng = np.random.default_rng(seed)
    drawn = [np.arange(len(points)), *(rng.permutation(len(points)) for _ in range(shuffles))]
    found = []
    for order in drawn:
        (fitted, known), (held, truth) = halves(points, factors[order], count, seed)
        estimates, rises = importances(fitted, held, known, truth, seed)
        information = mutual_information(bins(held), bins(truth))
        found.append((held, truth, estimates, rises, information))
    held, truth, estimates, rises, information = found[0]
    n = len(held)
    carrying = information.max(axis=1) > max(other[4].max() for other in found[1:])
    entropies = np.array([entropy(codes)[0] for codes in bins(truth).T])
    codes, factor_codes = bins(held), bins(truth)

    def mig(some_information):
        return gap(some_information) / np.where(entropies > 0, entropies, np.nan)

    def refitted(i):
        (fitted, known), (held, truth) = halves(points[i], factors[i], count, seed)
        return dci(importances(fitted, held, known, truth, seed)[1].mean(axis=0), count)

    scores = dci(rises.mean(axis=0), count)
    refits = np.clip(half_samples(refitted, scores, len(points), min(repeats, REFITS), seed), 0, 1)
    disentanglement, completeness = scores[0], scores[1:]
    migs, saps = mig(information), gap(correlations(held, truth))

    def information_scores(i):
        some = mutual_information(codes[i], factor_codes[i])
        return np.append(mig(some), modularity(some[carrying]))

    informativeness = bootstrap(lambda i: r2(estimates[i], truth[i]), n, repeats, seed)
    # what the axes do not tell has no place among them
    untold = np.array([r2(other[2], other[1]) for other in found[1:]])
    told = interval(informativeness)[0] > untold.max(axis=0)
    completeness = np.where(told, completeness, np.nan)
    disentanglement = disentanglement if told.any() else np.nan
    modular = modularity(information[carrying])
    few = min(repeats, REPLICATES)
    informed = half_samples(information_scores, np.append(migs, modular), n, few, seed)
    informed = np.clip(informed, 0, 1)
    return {
        "informativeness": (
            r2(estimates, truth),
            informativeness,
            untold.mean(axis=0),
        ),
        "disentanglement": (disentanglement, refits[:, 0], np.nan),
        "completeness": (completeness, refits[:, 1:], np.full(F, np.nan)),
        "mig": (migs, informed[:, :F], np.mean([mig(other[4]) for other in found[1:]], axis=0)),
        "sap": (
            saps,
            bootstrap(lambda i: gap(correlations(held[i], truth[i])), n, repeats, seed),
            np.mean([gap(correlations(*other[:2])) for other in found[1:]], axis=0),
        ),
        "modularity": (modular, informed[:, F], np.nan),
    }


def score_rows(same, names, found):
    """Rows of scores.csv from what analyse() returns. same: columns that all rows share."""
    rows = []
    for metric, (value, replicates, chance) in found.items():
        unit = "share of variance" if metric in ("informativeness", "sap") else "0 to 1"
        row = same | {"metric": metric, "unit": unit, "better": "high"}
        row["note"] = "no chance level" if np.isnan(chance).all() else ""
        if np.ndim(value) == 0:
            cells = {"value": value, "replicates": replicates, "chance": chance}
            rows.append(row | (cells if np.isfinite(value) else {"note": "the axes tell no factor"}))
            continue
        for j, name in enumerate(names):
            cells = {"value": value[j], "replicates": replicates[:, j], "chance": chance[j]}
            absent = {"note": "the axes do not tell this factor, or it does not vary"}
            rows.append(row | {"factor": name} | (cells if np.isfinite(value[j]) else absent))
    return rows


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    args = parser.parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    some = sample(len(factors), args.seed, SOUNDS)
    points, factors = features(np.load(args.embeddings)[some], False), factors[some]
    count = min(max(AXES, 2 * len(names)), points.shape[1])
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": len(some) - len(some) // 2}
    if np.ptp(points, axis=0).max() > 0:
        found = analyse(points, factors, args.shuffles, args.bootstrap, args.seed)
        rows = score_rows(same, names, found)
        rows = [row | {"note": f"{count} axes; {row['note']}".removesuffix("; ")} for row in rows]
    else:
        rows = [same | {"metric": "disentanglement", "note": "the embedding is constant"}]
    write_scores(args.scores, rows)
