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
  x_j, a spline in the factor. It has as many degrees of freedom as err least on sounds that are left out: a
  code that winds (a pitch in semitones) needs many. The score is the share of the embedding's variance that
  this curve has.
- `unexplained`: 1 minus the sum of the main effects. Interactions of factors, nuisances and noise share it.
- `angle` between two such curves, weighted by how far each direction moves:
  cos^2 = tr(C_i C_j) / (|C_i| |C_j|), C_j the covariance of x_j. For straight curves this is the angle
  between two lines, their only principal angle. The smallest of several principal angles would be 0 wherever
  faint noise directions meet. The score exists only for factors whose main effect is above all shufflings.

Source: Alain & Bengio (2016) for probes. Main effects are first-order Sobol indices (Lamboni et al. 2011),
the angle is an RV coefficient (Robert & Escoufier 1976). The leakage is ours.
"""

from itertools import combinations, permutations

import numpy as np
from shared.factors import FactorScores, evenly_spread, r2, read_factors, standardized
from shared.graphs import features, principal_components
from shared.scores import HALVES, analysis_parser, half_samples, sample, write_scores

from analyse.curves import chosen_freedom, cubics, curves

ANALYSIS = {
    "of": "cloud",
    "order": 50,
    "reads": ["parameters", "embeddings"],
    "takes": ["factors", "design", "standardize", "reduce", "shuffles", "bootstrap", "seed"],
    "metrics": {
        "probe_r2": {
            "unit": "share of variance",
            "better": "high",
            "heading": "Linear probes",
            "text": "R2 of a ridge regression of each factor from the embedding, each sound estimated from "
            "all others. What it tells can be read by a straight line; it may move the embedding little.",
        },
        "leakage": {
            "unit": "share of the probe",
            "better": "low",
            "heading": "Leakage",
            "text": "What the probe of the first factor tells of the second, as a share of both. It is 0 if "
            "the probe carries its own factor alone, and 0.5 if it cannot tell them apart. There is no value "
            "if the probe does not tell its own factor. It is near 0 for nearly every model.",
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
            "text": "Share of the embedding's variance that a factor moves on average over all others. A "
            "large share is neither good nor bad.",
        },
        "unexplained": {
            "unit": "share of variance",
            "better": "",
            "heading": "What main effects leave",
            "text": "1 minus the sum of all main effects: interactions of factors, nuisances and noise.",
        },
    },
}

SPLITS = 4  # of the sounds into halves, averaged
PENALTIES = 10.0 ** np.arange(-6, 5)  # of the embedding's variance per sound
SOUNDS = 3000  # of a larger data set, so many are drawn
COMPONENTS = 256  # principal ones, from which the probes of halves are fitted: only their spread is used
REFITS = 60  # of probes, for the intervals


def probe(components, targets):
    """Estimate of each target by ridge regression on all other sounds, float (N, F).

    components: (N, D), principal_components() of the sounds; targets: (N, F). Leave-one-out estimates in
    closed form: the residual of a fit to all sounds, over 1 minus the sound's leverage. Each target has the
    penalty of PENALTIES with the least error of these: one choice of eleven, from N sounds. NaN if all sounds
    coincide.
    """
    components = components / (np.sqrt((components**2).sum() / len(components)) or np.nan)
    squares = components**2
    values, mean = squares.sum(axis=0), targets.mean(axis=0)
    slopes = components.T @ (targets - mean)
    best, least = np.full(targets.shape, np.nan), np.full(targets.shape[1], np.inf)
    for penalty in PENALTIES:
        leverage = 1 / len(targets) + squares @ (1 / (values + penalty))
        fitted = mean + components @ (slopes / (values + penalty)[:, None])
        residuals = (targets - fitted) / (1 - leverage)[:, None]
        errors = (residuals**2).mean(axis=0)
        best = np.where(errors < least, targets - residuals, best)
        least = np.minimum(errors, least)
    return best


def carried(estimates, paths):
    """Variance of the main effect of each factor on each column, all factors fitted together: (F, columns).

    estimates: (N, columns); paths: Curves of the N sounds.
    """
    return paths.sums((coefficients(paths.terms) @ estimates) ** 2)


def coefficients(terms):
    """Matrix that takes what varies over the sounds to its least-squares main effects, float (P, n)."""
    design = np.column_stack([np.ones(len(terms)), terms])
    return (np.linalg.pinv(design.T @ design, rcond=1e-10, hermitian=True) @ design.T)[1:]


def leakage(effects):
    """V_i / (V_i + V_j) of the probe of each factor j and each factor i, float (F, F), from carried()."""
    own = np.diagonal(effects)
    total = effects + own
    return np.where(total > 0, effects / np.where(total > 0, total, 1), np.nan)


def halvings(gram, seed):
    """SPLITS halvings of n sounds: a list of (first half, second half, their inner products).

    gram: (n, n), inner products of the embedding.
    """
    rng = np.random.default_rng(seed)
    halves = [np.array_split(rng.permutation(len(gram)), 2) for _ in range(SPLITS)]
    return [(one, two, gram[np.ix_(one, two)]) for one, two in halves]


def effects(halved, paths):
    """Main effects of each factor and how they overlap, from products of two halves of the sounds.

    halved: of halvings(); paths: Curves of the sounds. Returns sizes float (F,), tr C_j in the units of the
    inner products, and overlaps float (F, F), tr(C_i C_j); both may fall below 0. Means over the halvings.
    """
    sizes, overlaps = np.zeros(paths.factors), np.zeros((paths.factors, paths.factors))
    for one, two, inner in halved:
        products = coefficients(paths.terms[one]) @ inner @ coefficients(paths.terms[two]).T
        sizes += paths.sums(np.diagonal(products))
        overlaps += paths.sums(paths.sums(products * products.T).T)
    return sizes / len(halved), overlaps / len(halved)


def angles(overlaps):
    """Angle between the main effects of each pair of factors in degrees, float (pairs,); NaN if unknown."""
    i, j = np.triu_indices(len(overlaps), 1)
    norms = overlaps[i, i] * overlaps[j, j]
    known = (overlaps[i, i] > 0) & (overlaps[j, j] > 0)
    squared = overlaps[i, j] / np.sqrt(np.where(known, norms, 1))
    return np.where(known, np.degrees(np.arccos(np.sqrt(np.clip(squared, 0, 1)))), np.nan)


def measure_probes(points, targets, paths, orders, places, repeats, seed):
    """FactorScores of the R2 of each factor's probe, and of the leakage of each of permutations(factors, 2).

    points: (N, D); targets: (N, F), standardized; paths: Curves; orders: shufflings, (shuffles, N); places:
    of half_samples(). A leakage is NaN if the probe does not tell its own factor, or if the other factor does
    not vary.
    """
    N, F = targets.shape
    both = np.concatenate([targets, *(targets[order] for order in orders)], axis=1)
    components = principal_components(points)
    estimates = probe(components, both)
    scores = r2(estimates, both).reshape(-1, F)
    own = carried(estimates[:, :F], paths)
    leaks = leakage(own)

    def refitted(i):
        few = components[i, :COMPONENTS]
        estimates = probe(principal_components(few - few.mean(axis=0)), targets[i])
        return np.concatenate([r2(estimates, targets[i]), leakage(carried(estimates, paths.at(i))).ravel()])

    values = np.concatenate([scores[0], leaks.ravel()])
    replicates = half_samples(refitted, values, N, min(repeats, REFITS), seed, places)
    probes = FactorScores(scores[0], np.minimum(replicates[:, :F], 1), scores[1:])

    # the other factor alone is shuffled: a shuffled probe would say nothing
    shuffled = np.mean([carried(estimates[:, :F], paths.at(order)) for order in orders], axis=0)
    np.fill_diagonal(shuffled, np.diagonal(own))
    j, i = np.array(list(permutations(range(F), 2)), dtype=int).reshape(-1, 2).T
    tells = probes.above_chance()[j] & (np.ptp(targets, axis=0)[i] > 0)
    return probes, FactorScores(
        np.where(tells, leaks[i, j], np.nan),
        np.clip(replicates[:, F:].reshape(-1, F, F)[:, i, j], 0, 1),
        leakage(shuffled)[None, i, j],
    )


def measure_effects(gram, paths, factors, orders, places, repeats, seed):
    """FactorScores of each factor's main effect, of what they leave (one column), and of the angle of each of
    combinations(factors, 2).

    gram: (N, N), inner products of the centred embedding; paths: Curves of the factors, (N, F); orders:
    shufflings, (shuffles, N); places: of half_samples(). An angle is NaN unless both main effects are above
    chance.
    """
    N, F = factors.shape

    def scored(some):
        part = gram[np.ix_(some, some)]
        variance = (np.trace(part) - part.mean() * len(part)) / len(part)
        sizes, overlaps = effects(halvings(part, seed), paths.at(some))
        shares = sizes / variance if variance > 0 else np.full(F, np.nan)
        return np.concatenate([shares, [1 - shares.sum()], angles(overlaps)])

    values = scored(np.arange(N))
    replicates = half_samples(scored, values, N, min(repeats, HALVES), seed, places)
    # for its share one factor alone is shuffled, so that the others still explain what they move
    alone = np.empty((len(orders), F))
    halved, variance = halvings(gram, seed), np.trace(gram) / N
    for k, order in enumerate(orders):
        for j in range(F):
            terms = np.where(paths.of == j, paths.terms[order], paths.terms)
            alone[k, j] = effects(halved, paths._replace(terms=terms))[0][j] / variance
    varies = np.ptp(factors, axis=0) > 0
    main_effects = FactorScores(np.where(varies, values[:F], 0), replicates[:, :F], alone)
    rest = FactorScores(values[F : F + 1], replicates[:, F : F + 1])

    i, j = np.triu_indices(F, 1)
    degrees = np.clip(replicates[:, F + 1 :], 0, 90)
    is_moved = main_effects.above_chance()
    known = is_moved[i] & is_moved[j] & np.isfinite(degrees).all(axis=0)
    return main_effects, rest, FactorScores(np.where(known, values[F + 1 :], np.nan), degrees)


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


def effect_rows(names, freedom, main_effects, rest, turned):
    """Score rows of main_effect, unexplained and angle. freedom: int (F,), of the curves."""
    rows = [
        {"metric": "main_effect", "factor": name, "note": f"by a curve of {freedom[j]} degrees of freedom"}
        | main_effects.cells(j, "is not known")
        for j, name in enumerate(names)
    ]
    note = "1 minus the main effects; no chance level: noise leaves all"
    rows.append({"metric": "unexplained", "note": note} | rest.cells(0, "is not known"))
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
    points = features(np.load(args.embeddings)[some], args.standardize, args.reduce)
    points -= points.mean(axis=0)
    rng = np.random.default_rng(args.seed)
    orders = [rng.permutation(len(some)) for _ in range(args.shuffles)]
    if np.ptp(points, axis=0).max() > 0:
        gram = points @ points.T
        freedom = chosen_freedom(gram, factors)
        drawn = orders, evenly_spread(factors, args.factors, args.design), args.bootstrap, args.seed
        rows = probe_rows(names, *measure_probes(points, standardized(factors), cubics(factors), *drawn))
        effects_and_angles = measure_effects(gram, curves(factors, freedom), factors, *drawn)
        rows += effect_rows(names, freedom, *effects_and_angles)
    else:
        note = {"note": "the embedding is constant"}
        rows = [note | {"metric": m, "factor": f} for m in ("probe_r2", "main_effect") for f in names]
    write_scores(args, [row | {"n": len(some)} for row in rows])
