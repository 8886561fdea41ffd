"""The paper's core hypothesis as numbers: is the 3-D cloud dense, is every factor a smooth colour progression
in it, and are these progressions perpendicular?

Conventions: the cloud is the Isomap picture. Sounds outside of its largest component have coordinates around
an origin of their own, unless the components were bridged. The factors of these sounds are estimated by the
mean, so that a graph in pieces cannot win.

Scores:
- `smoothness` of a factor: R2 of a cubic polynomial of the three coordinates, on sounds held out of its fit.
  A cubic can follow a bent progression. It cannot follow a patchwork, however tidy each patch is.
- `orthogonality` of two factors: the angle between the gradients of their cubics, 0 to 90 degrees. It exists
  only for factors that are smooth. Where the cloud is thin, a gradient is mostly noise and points anywhere.
  So each factor has two cubics, and the four cubics of a pair are fitted to sounds that they do not share.
  With gradients A and B of either factor,
  cos^2 = E (A_i . A_j)(B_i . B_j) / E (A_i . B_i)(A_j . B_j) over the sounds, which noise does not bias.
- `hypothesis`: the geometric mean of the smoothness of all factors (negative ones count as 0) times the mean
  sine of the angles of all pairs. It is 1 if everything holds, and 0 if one factor is not smooth.
- `density`: how many dimensions the cloud fills around a sound, 1 (strand) to 3 (volume), by the
  participation ratio of its neighbours. It only describes, because noise is dense, too.

Source: section 2.3 of the paper (smooth, perpendicular, dense); the scores are ours.
"""

from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np
import pandas
from scipy.spatial import KDTree
from shared.factors import FactorScores, r2, read_factors, standardized
from shared.scores import REPLICATES, analysis_parser, bootstrap, half_samples, write_scores

from analyse.isomap import AXES

ANALYSIS = {
    "of": "cloud",
    "order": 30,
    "reads": ["parameters", "isomap.coordinates", "isomap.bridges"],
    "takes": ["factors", "shuffles", "bootstrap", "seed"],
    "mem_mb": 1000,
    "heading": "The core hypothesis: smooth, perpendicular, dense",
    "text": "Hypothesis: geometric mean of the factors' smoothness times the mean sine of the angles between "
    "their gradients. It is 1 if all factors are smooth colour progressions over orthogonal coordinates, "
    "and 0 if one factor is not smooth. Density: 1 is a strand, 2 a sheet, 3 a volume; noise is dense, too.",
    "metrics": {
        "hypothesis": {"unit": "0 to 1", "better": "high"},
        "density": {"unit": "dimensions, 1 to 3", "better": ""},
        "smoothness": {
            "unit": "R2",
            "better": "high",
            "heading": "Smoothness in three dimensions",
            "text": "R2 of each factor from a cubic polynomial of the Isomap coordinates, on sounds held out "
            "of its fit.",
        },
        "orthogonality": {
            "unit": "degree",
            "better": "high",
            "heading": "Orthogonality in three dimensions",
            "text": "Angle between the gradients of two factors in the cloud, if both are smooth. Random "
            "directions have 57 degrees on average.",
        },
    },
}

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
    _, near = KDTree(points).query(points, min(K, len(points) - 1) + 1)  # each sound is the nearest to itself
    around = points[near[:, 1:]]
    around = around - around.mean(axis=1, keepdims=True)
    spread = np.linalg.eigvalsh(around.transpose(0, 2, 1) @ around)
    return float((spread.sum(axis=1) ** 2 / (spread**2).sum(axis=1)).mean())


def summary(smoothness, degrees):
    """Geometric mean of smoothness (..., F), negative as 0, times the mean sine of angles (..., pairs)."""
    smooth = np.clip(smoothness, 0, None).prod(axis=-1) ** (1 / np.shape(smoothness)[-1])
    if not np.shape(degrees)[-1]:
        return smooth
    return smooth * np.sin(np.radians(degrees)).mean(axis=-1)


class Cloud(NamedTuple):
    """N sounds in three dimensions, with what cubics need.

    inside: bool (N,), the sounds that have a place in the cloud; points: float (N, 3), centred and scaled;
    terms: float (N, 20), their monomials; slopes: float (3, N, 20), the derivatives of these.
    """

    inside: np.ndarray
    points: np.ndarray
    terms: np.ndarray
    slopes: np.ndarray


def make_cloud(coordinates, inside):
    """A Cloud of coordinates (N, 3). inside: bool (N,), the sounds to use; the others go to the origin."""
    points = np.where(inside[:, None], coordinates, 0)
    points = (points - points[inside].mean(axis=0)) / points[inside].std()
    return Cloud(inside, points, monomials(points), derivatives(points))


def measure_smoothness(cloud, targets, shuffles, repeats, seed):
    """FactorScores of the smoothness of each factor. targets: float (N, F), standardized."""
    N, F = targets.shape
    rng = np.random.default_rng(seed)
    shuffled = [targets[rng.permutation(N)] for _ in range(shuffles)]
    both = np.concatenate([targets, *shuffled], axis=1)
    estimates = held_out(cloud.terms, both, cloud.inside, seed)
    by_chance = r2(estimates[:, F:], both[:, F:]).reshape(shuffles, F)
    estimates = estimates[:, :F]
    replicates = bootstrap(lambda i: r2(estimates[i], targets[i]), N, repeats, seed)
    return FactorScores(r2(estimates, targets), replicates, by_chance)


def measure_angles(cloud, targets, repeats, seed):
    """FactorScores of the angle of each pair of factors, smooth or not. targets: float (N, F), standardized.

    NaN where the sounds, or halves of them, do not tell the directions.
    """

    def angles_of(some):
        return angles(cloud.terms[some], cloud.slopes[:, some], targets[some], seed)

    degrees = angles_of(np.flatnonzero(cloud.inside))
    repeats = min(repeats, REPLICATES)
    halves = half_samples(lambda i: angles_of(i[cloud.inside[i]]), degrees, len(cloud.inside), repeats, seed)
    halves = np.clip(halves, 0, 90)
    return FactorScores(np.where(np.isfinite(halves).all(axis=0), degrees, np.nan), halves)


def score_hypothesis(smoothness, turned, are_smooth):
    """FactorScores, of one column, of the hypothesis.

    smoothness: FactorScores of F factors; turned: FactorScores of the angles of their pairs; are_smooth:
    bool (pairs,), whether both factors of a pair are smooth.
    """
    unknown = ~np.isfinite(turned.value)
    # An unknown angle counts as 0: if one of its factors is not smooth, the hypothesis is near 0 anyway.
    value = summary(smoothness.value, np.where(unknown, 0, turned.value))
    replicates = summary(smoothness.replicates[: len(turned.replicates)], np.nan_to_num(turned.replicates))
    # The unknown angle of two smooth factors would decide: no score, unless another factor makes it 0.
    if (are_smooth & unknown).any() and (smoothness.value > 0).all():
        value = np.nan
    perpendicular = np.full((len(smoothness.shuffled), len(unknown)), 90)
    shuffled = summary(smoothness.shuffled, perpendicular)
    return FactorScores(np.array([value]), replicates[:, None], shuffled[:, None])


def analyse(cloud, names, factors, shuffles, repeats, seed):
    """Score rows of one cloud. factors: float (N, F), those of the names, on their scales."""
    targets = standardized(factors)
    smoothness = measure_smoothness(cloud, targets, shuffles, repeats, seed)
    turned = measure_angles(cloud, targets, repeats, seed)
    is_smooth = smoothness.above_chance()
    are_smooth = np.array([a and b for a, b in combinations(is_smooth, 2)], dtype=bool)
    hypothesis = score_hypothesis(smoothness, turned, are_smooth)
    note = "a factor does not vary, or the sounds do not tell the directions of two"
    density_note = "no chance level: does not depend on the factors"
    return [
        *smoothness_rows(names, smoothness),
        *orthogonality_rows(names, turned, are_smooth),
        {"metric": "hypothesis"} | hypothesis.cells(0, note),
        {"metric": "density", "value": density(cloud.points[cloud.inside]), "note": density_note},
    ]


def smoothness_rows(names, smoothness):
    """Score rows of the smoothness of each factor."""
    return [
        {"metric": "smoothness", "factor": name} | smoothness.cells(j, "does not vary")
        for j, name in enumerate(names)
    ]


def orthogonality_rows(names, turned, are_smooth):
    """Score rows of the angle of each pair of factors. are_smooth: bool (pairs,)."""
    rows = []
    for k, (one, other) in enumerate(combinations(names, 2)):
        row = {"metric": "orthogonality", "factor": one, "other": other}
        row["note"] = (
            "no chance level: shuffled factors have no direction; two at random would be at 57 degrees"
        )
        if are_smooth[k]:
            row |= turned.cells(k, "the sounds do not tell the directions")
        else:
            row["note"] = "one of the two is not smooth: its gradient means nothing"
        rows.append(row)
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    table = pandas.read_csv(args.coordinates)
    bridged = len(pandas.read_csv(args.bridges)) > 0
    inside = np.ones(len(table), bool) if bridged else (table.component == 0).to_numpy()
    coordinates = table[list(AXES)].to_numpy()
    width = np.ptp(coordinates[inside], axis=0).max()
    if width > np.finfo(np.float32).tiny and inside.sum() >= FEWEST:
        cloud = make_cloud(coordinates, inside)
        rows = analyse(cloud, names, factors, args.shuffles, args.bootstrap, args.seed)
    else:
        note = {"note": f"the cloud is a point, or its largest component has fewer than {FEWEST} sounds"}
        rows = [note | {"metric": metric} for metric in ("hypothesis", "density")]
        rows += [note | {"metric": "smoothness", "factor": name} for name in names]
    write_scores(args, [row | {"n": int(inside.sum())} for row in rows])
