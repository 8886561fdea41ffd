"""Invariance: how little an embedding moves with one factor or nuisance, all others left to themselves.

Within/between: rms distance of sounds that are alike in a factor (within NEAR of it by rank, or of equal
value) over the rms distance of all sounds. 1: the embedding does not depend on the factor. For three
factors that move it alike and independently it is sqrt(2/3). Its square is 1 minus the share of variance
that the factor explains, curved or not (the correlation ratio, a first-order Sobol index).
Mantel: partial rank correlation, over pairs of sounds, of their distance in the embedding with their
distance in one factor, the distances in all other factors and nuisances held fixed (Smouse, Long & Sokal
1986; ranks, because few far sounds would rule otherwise). 0: invariant.

Nuisances that are seeds have no distance and no two alike; a nuisance of few whole numbers (a text) has
those of equal value alike, and no Mantel correlation.
"""

import json
from pathlib import Path

import numpy as np
import pandas
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata
from shared.graphs import features
from shared.scales import on_scale
from shared.scores import REPLICATES, half_samples, sample, score_parser, write_scores

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
    rank, and those of its own value.
    """
    n = len(squared)
    between = squared.sum() / (n * (n - 1))
    found = []
    for column in values.T:
        rank = rankdata(column)  # equal values share theirs
        like = np.abs(rank[:, None] - rank) <= max(1, NEAR * n)
        found.append(mean_within(squared, like) if np.ptp(column) > 0 else np.nan)
    return np.sqrt(np.array(found) / between)


def equal_ratio(squared, column):
    """The same for a nuisance without order: a sound's like are those of its own value."""
    n = len(squared)
    like = column[:, None] == column
    within = mean_within(squared, like) if not like.all() else np.nan
    return np.sqrt(within / (squared.sum() / (n * (n - 1))))


def ranked(distances):
    """Ranks of the pairs of condensed distances as a square matrix, float32 (n, n), centred."""
    rank = rankdata(distances)
    return squareform((rank - rank.mean()).astype(np.float32))


def partial_mantel(embedding, others):
    """Partial correlation of an embedding's ranked distances with each factor's, float (columns,).

    embedding: (n, n); others: list of (n, n). NaN where a factor does not vary.
    """
    pairs = np.triu_indices(len(embedding), 1)
    columns = np.stack([matrix[pairs] for matrix in (embedding, *others)])
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.corrcoef(columns)
    varies = np.isfinite(np.diag(correlation))
    result = np.full(len(columns), np.nan)
    if varies[0]:
        precision = np.linalg.pinv(correlation[np.ix_(varies, varies)])
        result[varies] = -precision[0] / np.sqrt(precision[0, 0] * np.diag(precision))
    return result[1:]


def settings_of(table, factors, nuisances):
    """What varies: factors on their scales and nuisances with an order, {name: (N,)}; those without, too."""
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
    return ordered, equal, seeds


def analyse(points, ordered, equal, shuffles, repeats, seed):
    """Ratios and Mantel correlations: {metric: {name: (value, replicates, chance)}}.

    points: (n, D); ordered, equal: {name: (n,)} as settings_of() gives.
    """
    distances = pdist(points)
    squared = squareform(distances**2)
    values = np.stack(list(ordered.values()), axis=1)
    embedding = ranked(distances)
    others = [ranked(pdist(column[:, None])) for column in values.T]
    n, columns = values.shape

    def ratios(i, order=slice(None)):
        part = squared[np.ix_(i, i)]
        alike = [equal_ratio(part, column[order][i]) for column in equal.values()]
        return np.concatenate([ratio(part, values[order][i]), alike])

    def mantels(i):
        return partial_mantel(embedding[np.ix_(i, i)], [other[np.ix_(i, i)] for other in others])

    def scored(i):
        return np.concatenate([ratios(i), mantels(i)])

    everything = np.arange(n)
    value = scored(everything)
    replicates = half_samples(scored, value, n, min(repeats, REPLICATES), seed)
    rng = np.random.default_rng(seed)
    chance = []
    for _ in range(shuffles):
        order = rng.permutation(n)
        moved = [other[np.ix_(order, order)] for other in others]
        chance.append(np.concatenate([ratios(everything, order), partial_mantel(embedding, moved)]))
    chance = np.mean(chance, axis=0)
    cells = [(value[k], replicates[:, k], chance[k]) for k in range(len(value))]
    split = columns + len(equal)
    return {
        "within_between": dict(zip([*ordered, *equal], cells[:split], strict=True)),
        "mantel": dict(zip(ordered, cells[split:], strict=True)),
    }


def score_rows(same, factors, found, seeds):
    """Rows of scores.csv. A nuisance should not be encoded, so 1 (a ratio) or 0 (Mantel) is better."""
    units = {"within_between": "ratio, 1 is invariant", "mantel": "partial rank correlation, 0 is invariant"}
    better = {"within_between": "high", "mantel": "low"}
    rows = []
    for metric, scores in found.items():
        for name, (value, replicates, chance) in scores.items():
            row = {"metric": metric, "factor": name, "unit": units[metric]}
            row["better"] = "" if name in factors else better[metric]
            cells = {"value": value, "replicates": replicates, "chance": chance}
            rows.append(
                same | row | (cells if np.isfinite(value) else {"note": "does not vary, or no two are alike"})
            )
        for name in seeds:
            note = "a seed: no two sounds are alike in it; a ladder tells"
            rows.append(same | {"metric": metric, "factor": name, "unit": units[metric], "note": note})
    return rows


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--nuisances", type=json.loads, default={}, help="{nuisance: entry}, JSON")
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--standardize", action="store_true", help="features to unit variance first")
    args = parser.parse_args(argv)
    table = pandas.read_csv(args.parameters)
    some = sample(len(table), args.seed, SOUNDS)
    points = features(np.load(args.embeddings)[some], args.standardize)
    ordered, equal, seeds = settings_of(table.iloc[some], args.factors, args.nuisances)
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": len(some)}
    if np.ptp(points, axis=0).max() > 0:
        found = analyse(points, ordered, equal, args.shuffles, args.bootstrap, args.seed)
        rows = score_rows(same, args.factors, found, seeds)
    else:
        note = "the embedding is constant: it does not vary with anything"
        rows = [same | {"metric": "within_between", "factor": f, "note": note} for f in args.factors]
    write_scores(args.scores, rows)
