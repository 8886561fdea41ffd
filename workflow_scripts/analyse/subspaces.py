"""Global disentanglement whatever the axes: which directions of an embedding carry which factor.

Everything here depends on inner products of sounds alone, so that turning the embedding changes nothing.

Probe: ridge regression of each factor (on its scale) from the embedding, each sound estimated from all
others. `probe_r2` is its R2.
Leakage: the probe of factor j also moves when factor i is turned. V_i / (V_i + V_j), V the variance of the
cubic main effect of either factor on the held-out probe of j: 0 if the probe carries j alone, 1/2 if it
cannot tell them apart; only of probes that tell j at all.
Main effect: turning factor j moves the embedding, on average over all others, along a curve x_j, cubic in the
factor. Its share of the embedding's variance (a first-order Sobol index, Lamboni et al. 2011).
Angle between two such curves, weighted by how far each direction moves: cos^2 = tr(C_i C_j) / (|C_i| |C_j|),
C_j the covariance of x_j (an RV coefficient, Robert & Escoufier 1976). For straight curves this is the angle
between two lines, the only principal angle; the smallest of several would be 0 wherever faint noise
directions meet. Only for factors whose main effect is above all shufflings.

Main effects are fitted twice, to halves of the sounds, and their sizes are products of one with the other:
the noise of either, which would add to a square, has no part in them.
"""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from numpy.polynomial import legendre
from scipy.stats import rankdata
from shared.factors import r2, read_factors
from shared.graphs import features
from shared.scores import REPLICATES, bootstrap, half_samples, interval, sample, score_parser, write_scores
from sklearn.linear_model import RidgeCV

DEGREE = 3
SPLITS = 4  # of the sounds into halves, averaged
PENALTIES = 10.0 ** np.arange(-6, 5)  # of the embedding's variance per sound
SOUNDS = 3000  # of a larger data set, so many are drawn


def curves(factors):
    """Legendre polynomials of degree 1 to 3 of each factor's rank, orthonormal over the sounds.

    factors: (N, F). Returns float (N, F, 3); zeros for a factor that does not vary.
    """
    place = (2 * rankdata(factors, axis=0) - 1) / len(factors) - 1
    terms = [np.sqrt(2 * d + 1) * legendre.legval(place, np.eye(DEGREE + 1)[d]) for d in range(1, DEGREE + 1)]
    terms = np.stack(terms, axis=-1)
    return np.where(np.ptp(factors, axis=0)[:, None] > 0, terms, 0)


def probe(points, targets):
    """Estimate of each target by ridge regression on all other sounds, float (N, F).

    points: (N, D), centred; targets: (N, F). Leave-one-out estimates in closed form, by scikit-learn. Each
    target has the penalty of PENALTIES with the least error of these: one choice of eleven, from N sounds.
    """
    points = points / np.sqrt((points**2).sum() / len(points))
    ridge = RidgeCV(PENALTIES, alpha_per_target=True, store_cv_results=True, scoring="neg_mean_squared_error")
    chosen = np.searchsorted(PENALTIES, ridge.fit(points, targets).alpha_)
    return np.take_along_axis(ridge.cv_results_, chosen[None, :, None], axis=2)[:, :, 0]


def carried(estimates, terms):
    """Variance of the main effect of each factor on each column, all factors fitted together: (F, columns).

    estimates: (N, columns); terms: (N, F, 3) as curves() gives.
    """
    fitted = coefficients(terms) @ estimates
    return (fitted.reshape(*terms.shape[1:], -1) ** 2).sum(axis=1)


def coefficients(terms):
    """Matrix that takes what varies over the sounds to its least-squares main effects, float (3 F, n)."""
    design = np.column_stack([np.ones(len(terms)), terms.reshape(len(terms), -1)])
    return np.linalg.pinv(design, rcond=1e-9)[1:]


def leakage(effects):
    """V_i / (V_i + V_j) of the probe of each factor j and each factor i, float (F, F), from carried()."""
    own = np.diagonal(effects)
    total = effects + own
    return np.where(total > 0, effects / np.where(total > 0, total, 1), np.nan)


def effects(gram, terms, seed):
    """Main effects of each factor and how they overlap, from products of two halves of the sounds.

    gram: (n, n), inner products of the embedding; terms: (n, F, 3). Returns sizes float (F,), tr C_j in the
    units of gram, and overlaps float (F, F), tr(C_i C_j); both may fall below 0. Means over SPLITS halvings.
    """
    n, F, degrees = terms.shape
    sizes, overlaps = np.zeros(F), np.zeros((F, F))
    rng = np.random.default_rng(seed)
    for _ in range(SPLITS):
        one, two = np.array_split(rng.permutation(n), 2)
        product = coefficients(terms[one]) @ gram[np.ix_(one, two)] @ coefficients(terms[two]).T
        product = product.reshape(F, degrees, F, degrees)
        sizes += np.einsum("fdfd->f", product)
        overlaps += np.einsum("iajb,jbia->ij", product, product)
    return sizes / SPLITS, overlaps / SPLITS


def angles(overlaps):
    """Angle between the main effects of each pair of factors in degrees, float (pairs,); NaN if unknown."""
    i, j = np.triu_indices(len(overlaps), 1)
    norms = overlaps[i, i] * overlaps[j, j]
    known = (overlaps[i, i] > 0) & (overlaps[j, j] > 0)
    squared = overlaps[i, j] / np.sqrt(np.where(known, norms, 1))
    return np.where(known, np.degrees(np.arccos(np.sqrt(np.clip(squared, 0, 1)))), np.nan)


def probe_rows(same, names, points, targets, terms, orders, settings):
    """Rows of probe_r2 and leakage. orders: the shufflings, (shuffles, N); settings: repeats, seed."""
    repeats, seed = settings
    N, F = targets.shape
    both = np.concatenate([targets, *(targets[order] for order in orders)], axis=1)
    estimates = probe(points, both)
    scores = r2(estimates, both).reshape(-1, F)
    estimates = estimates[:, :F]
    replicates = bootstrap(lambda i: r2(estimates[i], targets[i]), N, repeats, seed)
    told = interval(replicates)[0] > scores[1:].max(axis=0)
    own = carried(estimates, terms)
    leaks = leakage(own)
    # the other factor alone is shuffled: a shuffled probe would say nothing
    shuffled = np.mean([carried(estimates, terms[order]) for order in orders], axis=0)
    np.fill_diagonal(shuffled, np.diagonal(own))
    leak_chance = leakage(shuffled)
    repeats = min(repeats, REPLICATES)
    leak_replicates = half_samples(
        lambda i: leakage(carried(estimates[i], terms[i])), leaks, N, repeats, seed
    )
    rows = []
    for j, name in enumerate(names):
        row = {"metric": "probe_r2", "factor": name, "unit": "share of variance", "better": "high"}
        value = {"value": scores[0, j], "replicates": replicates[:, j], "chance": scores[1:, j].mean()}
        rows.append(same | row | (value if np.isfinite(scores[0, j]) else {"note": "does not vary"}))
    for j, i in permutations(range(F), 2):
        row = {"metric": "leakage", "factor": names[j], "other": names[i], "unit": "share of the probe"}
        value = {"value": leaks[i, j], "chance": leak_chance[i, j]}
        value["replicates"] = np.clip(leak_replicates[:, i, j], 0, 1)
        if not (told[j] and np.ptp(targets[:, i]) > 0):
            value = {"note": "the probe does not tell its own factor, or one of them does not vary"}
        rows.append(same | row | {"better": "low"} | value)
    return rows


def angle_rows(same, names, points, terms, orders, settings):
    """Rows of main_effect and angle."""
    repeats, seed = min(settings[0], REPLICATES), settings[1]
    N, F = terms.shape[:2]
    gram = points @ points.T
    squares = np.diagonal(gram)

    def scored(i, some_terms):
        variance = squares[i].mean() - (points[i].mean(axis=0) ** 2).sum()
        sizes, overlaps = effects(gram[np.ix_(i, i)], some_terms, seed)
        return np.concatenate([sizes / variance, angles(overlaps)])

    everything = np.arange(N)
    value = scored(everything, terms)
    replicates = half_samples(lambda i: scored(i, terms[i]), value, N, repeats, seed)
    replicates[:, F:] = np.clip(replicates[:, F:], 0, 90)
    # for its share one factor alone is shuffled, so that the others still explain what they move
    alone = np.empty((len(orders), F))
    for k, order in enumerate(orders):
        for j in range(F):
            mixed = terms.copy()
            mixed[:, j] = terms[order, j]
            alone[k, j] = scored(everything, mixed)[j]
    encoded = interval(replicates[:, :F])[0] > alone.max(axis=0)
    rows = []
    for j, name in enumerate(names):
        row = {"metric": "main_effect", "factor": name, "unit": "share of variance"}
        cells = {"value": value[j], "replicates": replicates[:, j], "chance": alone[:, j].mean()}
        rows.append(same | row | cells)
    for k, (i, j) in enumerate(combinations(range(F), 2), start=F):
        row = {"metric": "angle", "factor": names[i], "other": names[j], "unit": "degree", "better": "high"}
        note = "no chance level: shuffled factors have no direction"
        cells = {"value": value[k], "replicates": replicates[:, k], "note": note}
        if not (encoded[i] and encoded[j] and np.isfinite(replicates[:, k]).all()):
            cells = {"note": "one of the two has no main effect above chance"}
        rows.append(same | row | cells)
    return rows


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--standardize", action="store_true", help="features to unit variance first")
    args = parser.parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    some = sample(len(factors), args.seed, SOUNDS)
    factors = factors[some]
    points = features(np.load(args.embeddings)[some], args.standardize)
    targets = (factors - factors.mean(axis=0)) / np.where(np.ptp(factors, axis=0) > 0, factors.std(axis=0), 1)
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": len(some)}
    rng = np.random.default_rng(args.seed)
    orders = [rng.permutation(len(some)) for _ in range(args.shuffles)]
    settings = args.bootstrap, args.seed
    if np.ptp(points, axis=0).max() > 0:
        rows = probe_rows(same, names, points, targets, curves(factors), orders, settings)
        rows += angle_rows(same, names, points, curves(factors), orders, settings)
    else:
        same["note"] = "the embedding is constant"
        rows = [same | {"metric": m, "factor": f} for m in ("probe_r2", "main_effect") for f in names]
    write_scores(args.scores, rows)
