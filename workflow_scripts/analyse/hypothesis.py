"""The paper's core hypothesis as numbers: is the 3-D cloud dense, with every factor a smooth colour
progression, and are these progressions perpendicular?

Smoothness of a factor: R2 of a cubic polynomial of the three Isomap coordinates, on sounds held out of
its fit. A cubic can follow a bent progression, not a patchwork, however tidy each patch is.
Orthogonality of two factors: the angle between the gradients of their cubics, 0 to 90 degrees. Where the
cloud is thin a gradient is mostly noise, which would point anywhere; so each factor has two cubics, and all
four of a pair are fitted to sounds that they do not share. With gradients A, B of either factor,
cos^2 = E (A_i . A_j)(B_i . B_j) / E (A_i . B_i)(A_j . B_j) over the sounds, which noise does not bias; only
for factors that are smooth at all.
Density: how many dimensions the cloud fills around a sound, 1 (strand) to 3 (volume), by the
participation ratio of its neighbours; it only describes, because noise is dense.
Hypothesis: geometric mean of the smoothness of all factors (negative ones count as 0) times the mean
sine of the angles of all pairs: 1 if everything holds, 0 if one factor is not smooth.

Sounds outside of the largest component (unless the components were bridged) have coordinates of their
own origin: their factors are estimated by the mean, so that a graph in pieces cannot win.
"""

from itertools import combinations, combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas
from shared.factors import r2, read_factors
from shared.graphs import nearest_neighbors
from shared.scores import REPLICATES, bootstrap, half_samples, interval, score_parser, write_scores

from analyse.isomap import AXES

DEGREE = 3
FOLDS = 10
SPLITS = 8  # of the sounds into quarters, averaged
RIDGE = 1e-6  # of the mean eigenvalue: where the cloud is flat, some monomials vanish
FEWEST = 23  # sounds: with fewer, some fold leaves a cubic more terms than sounds
AROUND = 20  # sounds whose spread is the density at a sound
MONOMIALS = [m for degree in range(DEGREE + 1) for m in combinations_with_replacement(range(3), degree)]


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
    others are estimated by the mean.
    """
    folds = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    estimates = np.empty_like(targets)
    for fold in range(FOLDS):
        test, train = folds == fold, folds != fold
        mean = targets[train & inside].mean(axis=0)
        estimates[test] = targets[train].mean(axis=0)
        known = fit(terms[train & inside], targets[train & inside] - mean)
        estimates[test & inside] = terms[test & inside] @ known + mean
    return estimates


def angles(terms, slopes, targets, seed):
    """Angle between the gradients of each pair of factors in degrees, float (pairs,), see the module.

    terms: (n, 20); slopes: their derivatives (3, n, 20); targets: (n, F). Pairs as in combinations(). NaN
    where the sounds do not tell any direction.
    """
    n, F = targets.shape
    pairs = np.array(list(combinations(range(F), 2))).reshape(-1, 2)
    total = np.zeros((2, len(pairs)))
    rng = np.random.default_rng(seed)
    for _ in range(SPLITS):
        quarters = np.array_split(rng.permutation(n), 4)
        fits = np.stack([fit(terms[q], targets[q]) for q in quarters], axis=2)
        gradients = np.einsum("dnt,tfq->dnfq", slopes, fits, optimize=True)
        for k, (i, j) in enumerate(pairs):
            a, b = gradients[:, :, i, 0], gradients[:, :, i, 1]
            c, d = gradients[:, :, j, 2], gradients[:, :, j, 3]
            total[0, k] += ((a * c).sum(axis=0) * (b * d).sum(axis=0)).mean()
            total[1, k] += ((a * b).sum(axis=0) * (c * d).sum(axis=0)).mean()
    squared = np.where(total[1] > 0, total[0] / np.where(total[1] > 0, total[1], 1), np.nan)
    return np.degrees(np.arccos(np.sqrt(np.clip(squared, 0, 1))))


def density(points, K=AROUND):
    """Participation ratio of the K nearest sounds around each sound, mean: 1 to 3. points: (n, 3)."""
    around = points[nearest_neighbors(points, min(K, len(points) - 1))[0]]
    around = around - around.mean(axis=1, keepdims=True)
    spread = np.linalg.eigvalsh(around.transpose(0, 2, 1) @ around)
    return float((spread.sum(axis=1) ** 2 / (spread**2).sum(axis=1)).mean())


def summary(smoothness, degrees):
    """Geometric mean of smoothness (..., F), negative as 0, times the mean sine of angles (..., pairs)."""
    smooth = np.clip(smoothness, 0, None).prod(axis=-1) ** (1 / np.shape(smoothness)[-1])
    if not np.shape(degrees)[-1]:
        return smooth
    return smooth * np.sin(np.radians(degrees)).mean(axis=-1)


def analyse(coordinates, inside, factors, shuffles, repeats, seed):
    """Everything that the module names, of one cloud.

    coordinates: (N, 3); inside: bool (N,), the sounds to use; factors: (N, F) on their scales. Returns
    (value, replicates, chance) of the smoothness, (value, replicates, which pairs have two smooth factors)
    of the angles, (value, replicates, chance) of the hypothesis; and the density.
    """
    points = np.where(inside[:, None], coordinates, 0)
    points = (points - points[inside].mean(axis=0)) / points[inside].std()
    targets = (factors - factors.mean(axis=0)) / np.where(np.ptp(factors, axis=0) > 0, factors.std(axis=0), 1)
    terms, slopes = monomials(points), derivatives(points)
    F = targets.shape[1]
    rng = np.random.default_rng(seed)
    shuffled = [targets[rng.permutation(len(targets))] for _ in range(shuffles)]
    both = np.concatenate([targets, *shuffled], axis=1)
    estimates = held_out(terms, both, inside, seed)
    smooth = r2(estimates[:, :F], targets)
    smooth_replicates = bootstrap(lambda i: r2(estimates[i, :F], targets[i]), len(targets), repeats, seed)
    smooth_chance = r2(estimates[:, F:], both[:, F:]).reshape(shuffles, F)
    rows = np.flatnonzero(inside)

    def turned(some, wanted):
        return angles(terms[some], slopes[:, some], wanted[some], seed)

    degrees = turned(rows, targets)
    few = min(repeats, REPLICATES)
    halves = half_samples(lambda i: turned(i[inside[i]], targets), degrees, len(inside), few, seed)
    halves = np.clip(halves, 0, 90)
    degrees = np.where(np.isfinite(halves).all(axis=0), degrees, np.nan)
    low, _ = interval(smooth_replicates)
    is_smooth = low > smooth_chance.max(axis=0)  # above all shufflings
    which = [bool(is_smooth[i] and is_smooth[j]) for i, j in combinations(range(F), 2)]
    low, _ = interval(smooth_replicates)
    is_smooth = low > smooth_chance.max(axis=0)  # above all shufflings
    which = [bool(is_smooth[i] and is_smooth[j]) for i, j in combinations(range(F), 2)]
    # the directions of a factor that is not smooth are unknown; so near 0 they hardly matter
    known = np.where(np.isfinite(degrees), degrees, 0)
    whole = summary(smooth, known), summary(smooth_replicates[:few], np.nan_to_num(halves))
    # a pair with a factor that is not smooth has no angle to speak of and counts as 0
    known = np.where(np.isfinite(degrees), degrees, 0)
    whole = summary(smooth, known), summary(smooth_replicates[:few], np.nan_to_num(halves))
    if (np.array(which, dtype=bool) & ~np.isfinite(degrees)).any() and (smooth > 0).all():
        whole = np.nan, []
    return (
        (smooth, smooth_replicates, smooth_chance.mean(axis=0)),
        (degrees, halves, which),
        (*whole, summary(smooth_chance, np.full((shuffles, len(which)), 90)).mean()),
        density(points[inside]),
    )


def score_rows(same, names, found):
    """Rows of scores.csv from what analyse() returns. same: columns that all rows share."""
    smooth, turned, whole, dense = found
    rows = []
    for j, name in enumerate(names):
        keep = {"metric": "smoothness", "factor": name, "unit": "R2", "better": "high"}
        value = {"value": smooth[0][j], "replicates": smooth[1][:, j], "chance": smooth[2][j]}
        rows.append(same | keep | (value if np.isfinite(smooth[0][j]) else {"note": "does not vary"}))
    for k, (i, j) in enumerate(combinations(range(len(names)), 2)):
        keep = {"metric": "orthogonality", "factor": names[i], "other": names[j], "unit": "degree"}
        note = "no chance level: shuffled factors have no direction; two at random would be at 57 degrees"
        value = {"value": turned[0][k], "replicates": turned[1][:, k], "note": note}
        if not turned[2][k]:
            value = {"note": "one of the two is not smooth: its gradient means nothing"}
        elif not np.isfinite(turned[0][k]):
            value = {"note": "the sounds do not tell the directions"}
        rows.append(same | keep | {"better": "high"} | value)
    value = {"value": whole[0], "replicates": whole[1], "chance": whole[2]}
    if not np.isfinite(whole[0]):
        value = {"note": "a factor does not vary, or the sounds do not tell the directions of two"}
    rows.append(same | {"metric": "hypothesis", "unit": "0 to 1", "better": "high"} | value)
    note = "no chance level: does not depend on the factors"
    rows.append(same | {"metric": "density", "value": dense, "unit": "dimensions, 1 to 3", "note": note})
    return rows


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--coordinates", required=True, help="CSV of sound, x, y, z, component")
    parser.add_argument("--bridges", required=True, help="CSV of the bridges; if any, the cloud is one piece")
    args = parser.parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    cloud = pandas.read_csv(args.coordinates)
    bridged = len(pandas.read_csv(args.bridges)) > 0
    inside = np.ones(len(cloud), bool) if bridged else (cloud.component == 0).to_numpy()
    coordinates = cloud[list(AXES)].to_numpy()
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": int(inside.sum())}
    width = np.ptp(coordinates[inside], axis=0).max()
    if not width > np.finfo(np.float32).tiny or inside.sum() < FEWEST:
        note = f"the cloud is a point, or its largest component has fewer than {FEWEST} sounds"
        rows = [same | {"metric": m, "note": note} for m in ("hypothesis", "density")]
        rows += [same | {"metric": "smoothness", "factor": name, "note": note} for name in names]
    else:
        settings = args.shuffles, args.bootstrap, args.seed
        rows = score_rows(same, names, analyse(coordinates, inside, factors, *settings))
    write_scores(args.scores, rows)
