"""Model against model: how alike two embeddings of the same sounds are, and which factor parts them.

Conventions: a similarity is S_ab / sqrt(S_aa S_bb), and S_ab is a mean over sounds of what each sound adds to
it. These parts give the interval: a replicate is the value moved by the mean influence of half of the sounds
(the delete-half jackknife, linearised). Chance is the mean over shufflings of the sounds of one model. For
`cka`, `rsa` and `overlap` the mean over all shufflings is known: 0, 0 and K / (n - 1). Of more sounds than
SOUNDS so many are drawn, and their neighbours are those among them (K in proportion).

Scores:
- `cka`: linear CKA, debiased: the cosine of two U-centred Gram matrices. It does not grow with dimension.
- `rsa`: rank correlation, over pairs of sounds, of their distances in the two embeddings.
- `overlap`: share of a sound's K nearest neighbours that both embeddings list, mean over sounds.
- `procrustes`: nuclear norm of the cross-covariance of both embeddings, each centred, reduced to its first
  COMPONENTS principal components and of unit norm: the cosine that is left after the best rotation.
- `parted` of a factor: share of the variance of the difference of the two models' ranked, standardised
  distances that the factor's distances alone explain, the distances of all other factors held fixed (squared
  semi-partial correlation). The note names the model that follows the factor more.

Source: Song et al. 2012 and Nguyen et al. 2021 (CKA); Kriegeskorte et al. 2008 (RSA); Williams et al. 2021
(Procrustes).
"""

from pathlib import Path

import numpy as np
import pandas
from scipy.spatial.distance import pdist, squareform
from shared.arguments import parser_of
from shared.factors import evenly_spread, read_factors
from shared.files import checked, written_whole
from shared.graphs import features, restricted_to
from shared.names import CONTROLS
from shared.scores import HALVES, interval, sample

from compare.likeness import (
    NONE,
    apart,
    centred_ranks,
    cosines,
    gram_of,
    parts_of_overlap,
    parts_of_procrustes,
    parts_of_products,
    procrustes_by_chance,
    ranked_distances,
    reduced,
    replicated,
    similarity,
    u_centred,
    unit,
)

PAIRS = {
    "reads": ["parameters"],
    "takes": ["factors", "design", "isomap.K", "standardize", "reduce", "metric", "shuffles", "seed"],
}
COLUMNS = ["model_a", "model_b", "score", "factor", "value", "low", "high", "chance", "n", "note"]
CELLS = 160_000_000  # of all models' distances together at most, for memory: fewer sounds of more models
SOUNDS = 1024  # of a larger data set, so many are drawn
SHUFFLES = 2  # for the chance of Procrustes, which takes a singular value decomposition of each pair


def sounds_at_most(rows):
    """How many sounds are compared of this many models."""
    return min(SOUNDS, int(np.sqrt(2 * CELLS / rows)))


def shares(correlations, with_factors):
    """Share of the difference of two models that each factor explains alone, (..., pairs, F).

    correlations: (..., pairs), of their ranked distances; with_factors: (..., models, F), with what each
    factor has of its own.
    """
    i, j = np.triu_indices(with_factors.shape[-2], 1)
    rest = 2 * (1 - correlations)[..., None]
    gaps = (with_factors[..., i, :] - with_factors[..., j, :]) ** 2
    return np.where(rest > NONE, np.minimum(gaps / np.where(rest > NONE, rest, 1), 1), np.nan)


def measure_distances(condensed, factors, shuffles, drawn):
    """Columns of `rsa`, and of `parted` of each factor with the sign of its gap: a list of 1 + F.

    condensed: (P, models + F) float32, of unit norm: ranked distances of the models, then those of the
    factors, apart(); factors: F.
    """
    n, (_, _, seed) = int((np.sqrt(8 * len(condensed) + 1) + 1) / 2), drawn
    columns = condensed.shape[1]
    models = columns - factors
    values, influences = cosines(parts_of_products(condensed, n), 2)
    i, j = np.triu_indices(columns)
    two, crossed = (i < j) & (j < models), (i < models) & (j >= models)
    needed = two | crossed
    replicates = replicated(values[needed], influences[:, needed], drawn)
    of_models, of_factors = replicates[:, two[needed]], replicates[:, crossed[needed]]
    low, high = interval(of_models)
    columns_of = [{"value": values[two], "low": low, "high": high, "chance": 0.0}]
    own = values[crossed].reshape(models, factors)
    explained = shares(values[two], own)
    spread = shares(of_models, of_factors.reshape(-1, models, factors))

    rng, by_chance = np.random.default_rng(seed), []
    place = squareform(np.arange(len(condensed)), checks=False)
    upper = np.triu_indices(n, 1)
    for _ in range(shuffles):
        order = rng.permutation(n)
        moved = condensed[place[np.ix_(order, order)][upper], models:]
        by_chance.append(shares(values[two], condensed[:, :models].T @ moved))
    a, b = np.triu_indices(models, 1)
    for f in range(factors):
        low, high = interval(spread[..., f])
        scores = {"value": explained[:, f], "low": low, "high": high}
        scores["chance"] = np.mean([shuffled[:, f] for shuffled in by_chance], axis=0)
        columns_of.append(scores | {"follows": own[a, f] - own[b, f]})
    return columns_of


def table_of(names, score, columns, n, factor=""):
    """Rows of the table for one score. columns: {name: (pairs,)}; names: of the models."""
    i, j = np.triu_indices(len(names), 1)
    names = np.array(names)
    table = pandas.DataFrame({"model_a": names[i], "model_b": names[j], "score": score, "factor": factor})
    table = table.assign(n=n, note="", **{key: columns[key] for key in ("value", "low", "high", "chance")})
    if "follows" in columns:
        table["note"] = np.where(columns["follows"] > 0, names[i], names[j]) + " follows it more"
    unknown = ~np.isfinite(table.value)
    table.loc[unknown, ["low", "high", "chance"]] = np.nan
    alike = "the factor does not vary, or the two have the same distances"
    table.loc[unknown, "note"] = alike if factor else "one of the two embeddings is constant"
    return table[COLUMNS]


def compared(names, points_of, neighbors, factors, shuffles, drawn):
    """The table of all pairs, a DataFrame of COLUMNS.

    names: of the models; points_of: function from a name to its embedding, float (n, D); neighbors: int
    (models, n, K), among these sounds; factors: {name: (n,)}.
    """
    n = neighbors.shape[1]
    condensed = np.zeros((n * (n - 1) // 2, len(names) + len(factors)), dtype=np.float32)
    points = []
    for column, name in enumerate(names):
        gram = gram_of(points_of(name))
        condensed[:, column] = unit(u_centred(gram)[:, None])[:, 0]
        points.append(reduced(gram))
    rows = parts_of_products(condensed[:, : len(names)], n)
    tables = [table_of(names, "cka", similarity(rows, 2, drawn, 0.0), n)]
    for column, name in enumerate(names):
        condensed[:, column] = unit(ranked_distances(gram_of(points_of(name)))[:, None])[:, 0]
    distances = [centred_ranks(pdist(values[:, None])) for values in factors.values()]
    condensed[:, len(names) :] = apart(np.stack(distances, axis=1))
    rsa, *parted = measure_distances(condensed, len(factors), shuffles, drawn)
    del condensed
    tables.append(table_of(names, "rsa", rsa, n))
    rows, by_chance = parts_of_overlap(neighbors), neighbors.shape[2] / (n - 1)
    tables.append(table_of(names, "overlap", similarity(rows, 2, drawn, by_chance), n))
    by_chance = procrustes_by_chance(points, min(shuffles, SHUFFLES), drawn[2])
    rows = parts_of_procrustes(points)
    tables.append(table_of(names, "procrustes", similarity(rows, 1, drawn, by_chance), n))
    tables += [table_of(names, "parted", c, n, f) for f, c in zip(factors, parted, strict=True)]
    return pandas.concat(tables, ignore_index=True)


def near(path, some, K):
    """The K nearest neighbours of some sounds among these, int32 (n, K), from a file of lists."""
    lists = np.load(checked(path))
    return restricted_to(lists["indices"], lists["distances"], some, K)[0].astype(np.int32)


def main(argv=None):
    parser = parser_of(__doc__, PAIRS)
    parser.add_argument("--results", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--models", nargs="+", required=True, help="models, their layers and controls")
    parser.add_argument("--output", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    factors = read_factors(args.parameters, args.factors)
    some = sample(len(factors), args.seed, sounds_at_most(len(args.models)))
    K = max(1, round(args.K * len(some) / len(factors)))
    neighbors = np.stack([near(args.results / "neighbors" / f"{name}.npz", some, K) for name in args.models])

    def points_of(name):
        of_models = () if name in CONTROLS else (args.reduce, args.metric)
        path = args.results / "embeddings" / f"{name}.npy"
        return features(np.load(checked(path))[some], args.standardize, *of_models)

    drawn = evenly_spread(factors[some], args.factors, args.design), HALVES, args.seed
    columns = dict(zip(args.factors, factors[some].T, strict=True))
    table = compared(args.models, points_of, neighbors, columns, args.shuffles, drawn)
    with written_whole(args.output) as draft:
        table.to_csv(draft, index=False, float_format="%.4g")
