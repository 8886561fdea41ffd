"""Global disentanglement whatever the axes: which directions of an embedding carry which factor.

Conventions: everything here depends on inner products of sounds alone, so that turning the embedding changes
nothing. Main effects are fitted twice, to halves of the sounds, and their sizes are products of one fit with
the other. The noise of a fit would add to its square; it has no part in these products.

Scores:
- `probe_r2` of a factor: R2 of a ridge regression of the factor (on its scale) from the embedding, the probe.
  Each sound is estimated from all others.
- `leakage`: the probe of factor j also moves when factor i is turned. V_i / (V_i + V_j), V the variance of
  the cubic main effect of either factor on the held-out probe of j. It is 0 if the probe carries j alone, and
  1/2 if it cannot tell them apart. It exists only for probes that tell j at all.
- `main_effect` of a factor: turning factor j moves the embedding, on average over all others, along a curve
  x_j, cubic in the factor. The score is the share of the embedding's variance that this curve has.
- `angle` between two such curves, weighted by how far each direction moves:
  cos^2 = tr(C_i C_j) / (|C_i| |C_j|), C_j the covariance of x_j. For straight curves this is the angle
  between two lines, their only principal angle. The smallest of several principal angles would be 0 wherever
  faint noise directions meet. The score exists only for factors whose main effect is above all shufflings.

Source: Alain & Bengio (2016) for probes. Main effects are first-order Sobol indices (Lamboni et al. 2011),
the angle is an RV coefficient (Robert & Escoufier 1976). The leakage is ours.
"""

from itertools import combinations, permutations

import numpy as np
from numpy.polynomial import legendre
from shared.factors import FactorScores, r2, ranks, read_factors, standardized
from shared.graphs import features
from shared.scores import REPLICATES, analysis_parser, bootstrap, half_samples, sample, write_scores

ANALYSIS = {
    "of": "cloud",
    "order": 50,
    "reads": ["parameters", "embeddings"],
    "takes": ["factors", "standardize", "shuffles", "bootstrap", "seed"],
    "metrics": {
        "probe_r2": {
            "unit": "share of variance",
            "better": "high",
            "heading": "Linear probes",
            "text": "R2 of a ridge regression of each factor from the embedding, each sound estimated from "
            "all others.",
        },
        "leakage": {
            "unit": "share of the probe",
            "better": "low",
            "heading": "Leakage",
            "text": "What the probe of the first factor tells of the second, as a share of both. It is 0 if "
            "the probe carries its own factor alone, and 0.5 if it cannot tell them apart. There is no value "
            "if the probe does not tell its own factor.",
        },
        "angle": {
            "unit": "degree",
            "better": "high",
            "heading": "Global disentanglement",
            "text": "Angle between the directions in which two factors move the embedding on average, 90 "
            "degrees if apart. Turning the embedding changes nothing.",
        },
        "main_effect": {
            "unit": "share of variance",
            "better": "",
            "heading": "Main effects",
            "text": "Share of the embedding's variance that a factor moves on average over all others.",
        },
    },
}

DEGREE = 3
SPLITS = 4  # of the sounds into halves, averaged
PENALTIES = 10.0 ** np.arange(-6, 5)  # of the embedding's variance per sound
SOUNDS = 3000  # of a larger data set, so many are drawn


def curves(factors):
    """Legendre polynomials of degree 1 to 3 of each factor's rank, orthonormal over the sounds.

    factors: (N, F). Returns float (N, F, 3); zeros for a factor that does not vary.
    """
    place = (2 * ranks(factors) - 1) / len(factors) - 1
    terms = [np.sqrt(2 * d + 1) * legendre.legval(place, np.eye(DEGREE + 1)[d]) for d in range(1, DEGREE + 1)]
    terms = np.stack(terms, axis=-1)
    return np.where(np.ptp(factors, axis=0)[:, None] > 0, terms, 0)


def probe(points, targets):
    """Estimate of each target by ridge regression on all other sounds, float (N, F).

    points: (N, D), centred; targets: (N, F). Leave-one-out estimates in closed form: the residual of a fit to
    all sounds, over 1 minus the sound's leverage. Each target has the penalty of PENALTIES with the least
    error of these: one choice of eleven, from N sounds. The penalties share one eigendecomposition.
    """
    points = points / np.sqrt((points**2).sum() / len(points))
    N, D = points.shape
    values, vectors = np.linalg.eigh(points.T @ points if D <= N else points @ points.T)
    values = np.maximum(values, 0)
    components = points @ vectors if D <= N else vectors * np.sqrt(values)  # principal ones, (N, min(N, D))
    mean = targets.mean(axis=0)
    slopes = components.T @ (targets - mean)
    best, least = np.full(targets.shape, np.nan), np.full(targets.shape[1], np.inf)
    for penalty in PENALTIES:
        leverage = 1 / N + components**2 @ (1 / (values + penalty))
        fitted = mean + components @ (slopes / (values + penalty)[:, None])
        residuals = (targets - fitted) / (1 - leverage)[:, None]
        errors = (residuals**2).mean(axis=0)
        best = np.where(errors < least, targets - residuals, best)
        least = np.minimum(errors, least)
    return best


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


def fits_of_halves(terms, sounds, N, seed):
    """Weights of all sounds in the main effects of halves of some sounds: float (2, SPLITS, 3 F, N).

    terms: (n, F, 3), of the n `sounds`, int (n,), among all N. The first axis is the half. Sounds of the
    other half have weight 0.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((2, SPLITS, terms[0].size, N))
    for split in range(SPLITS):
        for half, some in enumerate(np.array_split(rng.permutation(len(sounds)), 2)):
            weights[half, split][:, sounds[some]] = coefficients(terms[some])
    return weights


def effects(gram, weights, F):
    """Main effects of each factor and how they overlap, from products of two halves of the sounds.

    gram: (N, N), inner products of the embedding; weights: as fits_of_halves() gives them. Returns sizes
    float (F,), tr C_j in the units of gram, and overlaps float (F, F), tr(C_i C_j); both may fall below 0.
    Means over SPLITS halvings.
    """
    one, two = weights
    products = (one.reshape(-1, len(gram)) @ gram).reshape(one.shape) @ two.transpose(0, 2, 1)
    products = products.reshape(SPLITS, F, DEGREE, F, DEGREE)
    sizes = np.einsum("sfdfd->f", products)
    overlaps = np.einsum("siajb,sjbia->ij", products, products)
    return sizes / SPLITS, overlaps / SPLITS


def angles(overlaps):
    """Angle between the main effects of each pair of factors in degrees, float (pairs,); NaN if unknown."""
    i, j = np.triu_indices(len(overlaps), 1)
    norms = overlaps[i, i] * overlaps[j, j]
    known = (overlaps[i, i] > 0) & (overlaps[j, j] > 0)
    squared = overlaps[i, j] / np.sqrt(np.where(known, norms, 1))
    return np.where(known, np.degrees(np.arccos(np.sqrt(np.clip(squared, 0, 1)))), np.nan)


def measure_probes(points, targets, terms, orders, repeats, seed):
    """FactorScores of the R2 of each factor's probe, and of the leakage of each of permutations(factors, 2).

    points: (N, D); targets: (N, F), standardized; terms: (N, F, 3); orders: shufflings, (shuffles, N). A
    leakage is NaN if the probe does not tell its own factor, or if the other factor does not vary.
    """
    N, F = targets.shape
    both = np.concatenate([targets, *(targets[order] for order in orders)], axis=1)
    estimates = probe(points, both)
    scores = r2(estimates, both).reshape(-1, F)
    estimates = estimates[:, :F]
    replicates = bootstrap(lambda i: r2(estimates[i], targets[i]), N, repeats, seed)
    probes = FactorScores(scores[0], replicates, scores[1:])

    own = carried(estimates, terms)
    leaks = leakage(own)
    # the other factor alone is shuffled: a shuffled probe would say nothing
    shuffled = np.mean([carried(estimates, terms[order]) for order in orders], axis=0)
    np.fill_diagonal(shuffled, np.diagonal(own))
    repeats = min(repeats, REPLICATES)
    replicates = half_samples(lambda i: leakage(carried(estimates[i], terms[i])), leaks, N, repeats, seed)
    j, i = np.array(list(permutations(range(F), 2)), dtype=int).reshape(-1, 2).T
    tells = probes.above_chance()[j] & (np.ptp(targets, axis=0)[i] > 0)
    return probes, FactorScores(
        np.where(tells, leaks[i, j], np.nan),
        np.clip(replicates[:, i, j], 0, 1),
        leakage(shuffled)[None, i, j],
    )


def measure_effects(points, terms, orders, repeats, seed):
    """FactorScores of each factor's main effect, and of the angle of each of combinations(factors, 2).

    points: (N, D); terms: (N, F, 3); orders: shufflings, (shuffles, N). An angle is NaN unless both main
    effects are above chance.
    """
    N, F = terms.shape[:2]
    gram = points @ points.T
    squares = np.diagonal(gram)

    def scored(sounds, some_terms):
        share = np.bincount(sounds, minlength=N) / len(sounds)
        variance = share @ squares - ((share @ points) ** 2).sum()
        sizes, overlaps = effects(gram, fits_of_halves(some_terms, sounds, N, seed), F)
        return np.concatenate([sizes / variance, angles(overlaps)])

    everything = np.arange(N)
    values = scored(everything, terms)
    repeats = min(repeats, REPLICATES)
    replicates = half_samples(lambda sounds: scored(sounds, terms[sounds]), values, N, repeats, seed)
    # for its share one factor alone is shuffled, so that the others still explain what they move
    alone = np.empty((len(orders), F))
    for k, order in enumerate(orders):
        for j in range(F):
            mixed = terms.copy()
            mixed[:, j] = terms[order, j]
            alone[k, j] = scored(everything, mixed)[j]
    main_effects = FactorScores(values[:F], replicates[:, :F], alone)

    i, j = np.triu_indices(F, 1)
    degrees = np.clip(replicates[:, F:], 0, 90)
    is_moved = main_effects.above_chance()
    known = is_moved[i] & is_moved[j] & np.isfinite(degrees).all(axis=0)
    return main_effects, FactorScores(np.where(known, values[F:], np.nan), degrees)


def probe_rows(names, probes, leaks):
    """Score rows of probe_r2 and leakage."""
    rows = [
        {"metric": "probe_r2", "factor": name} | probes.cells(j, "does not vary")
        for j, name in enumerate(names)
    ]
    note = "the probe does not tell its own factor, or one of them does not vary"
    for k, (name, other) in enumerate(permutations(names, 2)):
        rows.append({"metric": "leakage", "factor": name, "other": other} | leaks.cells(k, note))
    return rows


def effect_rows(names, main_effects, turned):
    """Score rows of main_effect and angle."""
    rows = [
        {"metric": "main_effect", "factor": name} | main_effects.cells(j, "is not known")
        for j, name in enumerate(names)
    ]
    unknown = "one of the two has no main effect above chance"
    for k, (name, other) in enumerate(combinations(names, 2)):
        row = {"metric": "angle", "factor": name, "other": other}
        row["note"] = "no chance level: shuffled factors have no direction"
        rows.append(row | turned.cells(k, unknown))
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    some = sample(len(factors), args.seed, SOUNDS)
    factors = factors[some]
    points = features(np.load(args.embeddings)[some], args.standardize)
    rng = np.random.default_rng(args.seed)
    orders = [rng.permutation(len(some)) for _ in range(args.shuffles)]
    if np.ptp(points, axis=0).max() > 0:
        drawn = orders, args.bootstrap, args.seed
        rows = probe_rows(names, *measure_probes(points, standardized(factors), curves(factors), *drawn))
        rows += effect_rows(names, *measure_effects(points, curves(factors), *drawn))
    else:
        note = {"note": "the embedding is constant"}
        rows = [note | {"metric": m, "factor": f} for m in ("probe_r2", "main_effect") for f in names]
    write_scores(args, [row | {"n": len(some)} for row in rows])
