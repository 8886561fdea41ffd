"""Invariance: how little an embedding moves with one factor or nuisance, all others left to themselves.

Conventions: a nuisance that is a seed has no distance, and no two sounds are alike in it, so that it has no
score. In a nuisance of few whole numbers (a text), sounds of equal value are alike; it has no Mantel
correlation. A nuisance should not be encoded: the more invariant embedding is better. Scores of factors only
describe.

Scores:
- `within_between`: rms distance of sounds that are alike in a factor (within NEAR of it by rank, or of equal
  value) over the rms distance of all sounds. 1: the embedding does not depend on the factor. Three factors
  that move it alike and independently have sqrt(2/3). Its square is 1 minus the share of variance that the
  factor explains, curved or not (the correlation ratio, a first-order Sobol index).
- `mantel`: partial rank correlation, over pairs of sounds, of their distance in the embedding with their
  distance in one factor, the distances in all other factors and nuisances held fixed. 0: invariant. Ranks,
  because few far sounds would rule otherwise.

Source: Smouse, Long & Sokal (1986) for the partial Mantel correlation, Gamboa et al. (2022) for the ratio by
ranks.
"""

from typing import NamedTuple

import numpy as np
import pandas
from scipy.spatial.distance import pdist, squareform
from shared.factors import FactorScores, evenly_spread, ranks
from shared.graphs import features
from shared.scales import on_scale
from shared.scores import HALVES, analysis_parser, half_samples, sample, write_scores

ANALYSIS = {
    "of": "cloud",
    "order": 70,
    "reads": ["parameters", "embeddings"],
    "takes": [
        *("factors", "nuisances", "design", "standardize", "reduce", "metric"),
        *("shuffles", "bootstrap", "seed"),
    ],
    "metrics": {
        "within_between": {
            "unit": "ratio, 1 is invariant",
            "better": "",  # the rows of nuisances say `high`
            "heading": "Invariance: within/between distances",
            "text": "rms distance of sounds that are alike in a factor or nuisance over that of all sounds. "
            "1 is invariant: the factor does not move the embedding. Of a factor whose code winds, the main "
            "effect says more.",
        },
        "mantel": {
            "unit": "partial rank correlation, 0 is invariant",
            "better": "",  # the rows of nuisances say `low`
            "heading": "Invariance: partial Mantel correlation",
            "text": "Rank correlation of distances in the embedding with distances in one factor, all others "
            "held fixed. 0 is invariant, or a code that brings far values close: a probe may read it still.",
        },
    },
}

BETTER = {"within_between": "high", "mantel": "low"}  # of a nuisance
NEAR = 0.05  # of the sounds, to both sides in the order of a factor
SOUNDS = 1500  # of a larger data set, so many are drawn: distances grow with the square
CATEGORIES = 32  # whole numbers beyond this are seeds


def mean_within(squared, like):
    """Mean squared distance of pairs that are alike, bool (n, n); NaN if there are none."""
    pairs = like.sum() - len(like)  # a sound is no pair with itself
    return np.einsum("ij,ij->", squared, like) / pairs if pairs else np.nan


def ratio(squared, values):
    """Within/between ratio of each factor, float (columns,).

    squared: (n, n), squared distances; values: (n, columns). A sound's like are those within NEAR of it by
    rank, and those of its own value. NaN if all sounds coincide.
    """
    n = len(squared)
    between = squared.sum() / (n * (n - 1)) or np.nan
    within = []
    for column, rank in zip(values.T, ranks(values).T, strict=True):
        like = np.abs(rank[:, None] - rank) <= max(1, NEAR * n)
        within.append(mean_within(squared, like) if np.ptp(column) > 0 else np.nan)
    return np.sqrt(np.array(within) / between)


def equal_ratio(squared, column):
    """The same for a nuisance without order: a sound's like are those of its own value."""
    n = len(squared)
    like = column[:, None] == column
    within = mean_within(squared, like) if not like.all() else np.nan
    return np.sqrt(within / (squared.sum() / (n * (n - 1)) or np.nan))


def ranked(distances):
    """Ranks of the pairs of condensed distances as a square matrix, float32 (n, n), centred."""
    rank = ranks(distances)[:, 0]
    return squareform((rank - rank.mean()).astype(np.float32))


def partial_mantel(matrices):
    """Partial correlation of an embedding's ranked distances with each factor's, float (columns,).

    matrices: (n, n, 1 + columns), symmetric, 0 for a sound with itself; the embedding comes first. NaN where
    a factor does not vary.
    """
    pairs = len(matrices) * (len(matrices) - 1)
    columns = matrices.reshape(-1, matrices.shape[2]).astype(float)  # each pair twice: no matter
    mean, products = np.ones(len(columns)) @ columns / pairs, columns.T @ columns / pairs
    covariance = products - np.outer(mean, mean)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    varies = spread > 1e-6 * np.sqrt(np.diag(products))
    correlation = covariance / np.outer(*[np.where(varies, spread, 1)] * 2)
    result = np.full(len(mean), np.nan)
    if varies[0]:
        precision = np.linalg.pinv(correlation[np.ix_(varies, varies)])
        result[varies] = -precision[0] / np.sqrt(precision[0, 0] * np.diag(precision))
    return result[1:]


class Varied(NamedTuple):
    """What varies from sound to sound.

    ordered: {name: float (n,)}, factors on their scales and nuisances with an order; equal: {name: (n,)},
    nuisances of few whole numbers; seeds: names of nuisances of which no two sounds are alike.
    """

    ordered: dict
    equal: dict
    seeds: list


def read_varied(table, factors, nuisances):
    """Varied of the sounds of a table. factors, nuisances: {name: entry}."""
    ordered = {name: on_scale(table[name].to_numpy(float), f["scale"]) for name, f in factors.items()}
    equal, seeds = {}, []
    for name, nuisance in nuisances.items():
        values = table[f"nuisance_{name}"].to_numpy()
        if "integers" not in nuisance:
            ordered[name] = values.astype(float)
        elif nuisance["integers"] <= CATEGORIES:
            equal[name] = values
        else:
            seeds.append(name)
    return Varied(ordered, equal, seeds)


def measure(points, varied, places, shuffles, repeats, seed):
    """{metric: FactorScores}. points: (n, D); varied: of the n sounds; places: of half_samples().

    Columns of within_between are those of `ordered`, then those of `equal`; mantel has those of `ordered`.
    """
    distances = pdist(points)
    squared = squareform(distances**2)
    values = np.stack(list(varied.ordered.values()), axis=1)
    matrices = [ranked(distances), *(ranked(pdist(column[:, None])) for column in values.T)]
    matrices = np.stack(matrices, axis=2)
    n, columns = values.shape

    def ratios(i, order=slice(None)):
        part = squared[np.ix_(i, i)]
        alike = [equal_ratio(part, column[order][i]) for column in varied.equal.values()]
        return np.concatenate([ratio(part, values[order][i]), alike])

    def scored(i):
        return np.concatenate([ratios(i), partial_mantel(matrices[np.ix_(i, i)])])

    everything = np.arange(n)
    value = scored(everything)
    replicates = half_samples(scored, value, n, min(repeats, HALVES), seed, places)
    rng = np.random.default_rng(seed)
    shuffled = []
    for _ in range(shuffles):
        order = rng.permutation(n)
        moved = matrices[np.ix_(order, order)]
        moved[:, :, 0] = matrices[:, :, 0]
        shuffled.append(np.concatenate([ratios(everything, order), partial_mantel(moved)]))
    shuffled = np.array(shuffled)
    split = columns + len(varied.equal)
    return {
        "within_between": FactorScores(value[:split], replicates[:, :split], shuffled[:, :split]),
        "mantel": FactorScores(value[split:], replicates[:, split:], shuffled[:, split:]),
    }


def score_rows(factors, varied, scores):
    """Score rows of what measure() returns. factors: names of the factors; the other names are nuisances."""
    rows = []
    for metric, names in (("within_between", [*varied.ordered, *varied.equal]), ("mantel", varied.ordered)):
        for column, name in enumerate(names):
            row = {"metric": metric, "factor": name} | ({} if name in factors else {"better": BETTER[metric]})
            rows.append(row | scores[metric].cells(column, "does not vary, or no two are alike"))
        for name in varied.seeds:
            note = "a seed: no two sounds are alike in it; a ladder tells"
            rows.append({"metric": metric, "factor": name, "note": note})
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    table = pandas.read_csv(args.parameters)
    some = sample(len(table), args.seed, SOUNDS)
    points = features(np.load(args.embeddings)[some], args.standardize, args.reduce, args.metric)
    varied = read_varied(table.iloc[some], args.factors, args.nuisances)
    if np.ptp(points, axis=0).max() > 0:
        factors = np.stack([varied.ordered[name] for name in args.factors], axis=1)
        places = evenly_spread(factors, args.factors, args.design)
        scores = measure(points, varied, places, args.shuffles, args.bootstrap, args.seed)
        rows = score_rows(args.factors, varied, scores)
    else:
        note = {"note": "the embedding is constant: it does not vary with anything"}
        rows = [note | {"metric": "within_between", "factor": factor} for factor in args.factors]
    write_scores(args, [row | {"n": len(some)} for row in rows])
