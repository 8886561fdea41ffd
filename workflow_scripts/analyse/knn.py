"""Nearest-neighbour regression of the factors from one embedding (Eq. 2 and 3 of the paper).

The estimate of a factor is its mean over the K nearest neighbours of a sound (Eq. 2), unweighted and on the
factor's sampling scale.

Conventions: scores leave the sound out of its own neighbours. With `--include-self`, as in the released
code, the estimates in the table count the sound among its K neighbours, and scores with the suffix
`_with_self` stand beside the others.

Scores: `r2` is 1 - residual / total sum of squares: 1 for exact estimates, about 0 at chance, negative if
the estimates are worse than the mean. `median_abs_log_ratio` is the median of |ln(estimate / true)| (Eq. 3),
0 for exact estimates; a factor that is not always positive has none.
"""

import numpy as np
import pandas
from shared.factors import evenly_spread, r2, to_scales
from shared.files import written_whole
from shared.graphs import restricted_to
from shared.scales import off_scale
from shared.scores import REPLICATES, analysis_parser, half_samples, write_scores

ANALYSIS = {
    "of": "cloud",
    "order": 40,
    "reads": ["parameters", "neighbors"],
    "takes": [
        *("factors", "design", "knn.K", "knn.include_self", "reduce", "metric"),
        *("shuffles", "bootstrap", "seed"),
    ],
    "writes": {"estimates": "{model}.csv"},
    "metrics": {
        "r2": {
            "unit": "share of variance",
            "better": "high",
            "heading": "R2 of nearest-neighbour regression",
            "text": "Share of a factor's variance that the mean over a sound's K nearest neighbours "
            "explains, the sound itself left out. 1 is exact; chance is about -1/K. Above chance, sounds "
            "that the model takes for alike share the factor; a readout may tell more.",
        },
        "median_abs_log_ratio": {
            "unit": "ln ratio",
            "better": "low",
            "heading": "Median absolute log-ratio of nearest-neighbour regression",
            "text": "Median over sounds of |ln(estimate / true)|, the sound itself left out. 0 is exact.",
        },
        "r2_with_self": {
            "unit": "share of variance",
            "better": "high",
            "heading": "R2, the sound among its own neighbours",
            "text": "The paper's released code did it so; chance is about 1/K.",
        },
        "median_abs_log_ratio_with_self": {
            "unit": "ln ratio",
            "better": "low",
            "heading": "Median absolute log-ratio, the sound among its own neighbours",
            "text": "The paper's released code did it so. Figure 4 shows these estimates.",
        },
    },
}

METRICS = ("r2", "median_abs_log_ratio")
NOTED = 0.01  # share of the sounds


def neighborhoods(indices, K, include_self):
    """The K sounds that each estimate averages, int (N, K): the K nearest others, or self and K - 1."""
    if not include_self:
        return indices[:, :K]
    return np.column_stack([np.arange(len(indices)), indices[:, : K - 1]])


def estimate(factors, around, scales):
    """Mean of each factor over each neighbourhood, Eq. 2, taken on the factor's scale.

    factors: float (N, F); around: int (N, K); scales: F keys of scales.SCALES.
    Returns float (N, F), in the factors' own units.
    """
    means = to_scales(factors, scales)[around].mean(axis=1)
    return np.stack([off_scale(c, s) for c, s in zip(means.T, scales, strict=True)], axis=1)


def median_abs_log_ratio(estimates, factors):
    """Median of |ln(estimate / true)| per factor, float (F,), Eq. 3; NaN for factors not positive."""
    positive = (factors > 0).all(axis=0) & (estimates > 0).all(axis=0)
    result = np.full(factors.shape[1], np.nan)
    result[positive] = np.median(np.abs(np.log(estimates[:, positive] / factors[:, positive])), axis=0)
    return result


def score(metric, estimates, factors, scales):
    """One metric per factor. R2 is taken on the sampling scale, the log-ratio in the factors' units."""
    if metric == "r2":
        return r2(to_scales(estimates, scales), to_scales(factors, scales))
    return median_abs_log_ratio(estimates, factors)


def chance_level(metric, around, factors, scales, shuffles, seed):
    """Mean score per factor over shufflings of the sounds' factors on the same neighbour graph."""
    rng = np.random.default_rng(seed)
    total = np.zeros(factors.shape[1])
    for _ in range(shuffles):
        shuffled = factors[rng.permutation(len(factors))]
        total += score(metric, estimate(shuffled, around, scales), shuffled, scales)
    return total / shuffles


def has_ratio(entries, factors):
    """Factors whose range lies above 0, bool (F,): an estimate of the others has no ratio to the truth.

    entries: {name: entry}; factors: float (N, F). The range is the entry's, or that of the values.
    """
    lows = [
        entry.get("low", least) for entry, least in zip(entries.values(), factors.min(axis=0), strict=True)
    ]
    return np.array(lows) > 0


def ties_note(ties, K):
    """Note on neighbourhoods whose last neighbour was drawn among equally far ones; empty if few were.

    ties: bool (N, k_max), whether the next neighbour is as far; K: the others in a neighbourhood.
    """
    share = ties[:, K - 1].mean() if K else 0
    return f"{share:.0%} of sounds: last neighbours drawn among equally far ones" if share >= NOTED else ""


def measured(indices, factors, scales, K, variants):
    """Both of METRICS for each variant of neighbourhoods and each factor, float (variants, 2, F).

    indices: int (N, at least K); factors: float (N, F); variants: of include_self.
    """
    estimates = [estimate(factors, neighborhoods(indices, K, own), scales) for own in variants]
    return np.array([[score(metric, e, factors, scales) for metric in METRICS] for e in estimates])


def redrawn(lists, factors, scales, K, variants, value, places, repeats, seed):
    """Replicates of what measured() gives, float (repeats, variants, 2, F).

    The graph is part of what other sounds would change. So each half of the sounds has its own: with half of
    the neighbours, which then lie as near. lists: indices and distances, (N, k_max); places: of
    half_samples().
    """
    few = max(K // 2, 1)
    indices, distances = (kind[:, : 2 * K] for kind in lists)

    def of_half(rows):
        among = restricted_to(indices, distances, rows, few)[0]
        return measured(among, factors[rows], scales, few, variants).ravel()

    drawn = half_samples(of_half, value.ravel(), len(factors), repeats, seed, places)
    drawn = drawn.reshape(-1, *value.shape)
    return np.stack([np.minimum(drawn[:, :, 0], 1), np.maximum(drawn[:, :, 1], 0)], axis=2)


def score_rows(args, lists, ties, factors):
    """Score rows of both metrics and all factors, with the sound among its own neighbours too if asked for.

    args: of the parser; lists: indices and distances, (N, k_max); ties: of ties_note(); factors: (N, F).
    """
    scales = [entry["scale"] for entry in args.factors.values()]
    variants = [False, True] if args.include_self else [False]
    value = measured(lists[0], factors, scales, args.K, variants)
    even = evenly_spread(to_scales(factors, scales), args.factors, args.design)
    drawn = min(args.bootstrap, REPLICATES), args.seed
    replicates = redrawn(lists, factors, scales, args.K, variants, value, even, *drawn)
    rows = []
    for v, own in enumerate(variants):
        around, tied = neighborhoods(lists[0], args.K, own), ties_note(ties, args.K - own)
        for m, metric in enumerate(METRICS):
            chance = chance_level(metric, around, factors, scales, args.shuffles, args.seed)
            known = has_ratio(args.factors, factors) if metric == METRICS[1] else np.isfinite(value[v, m])
            note = "no log-ratio: not always positive" if metric == METRICS[1] else "does not vary"
            for j, name in enumerate(args.factors):
                cells = {"value": value[v, m, j], "replicates": replicates[:, v, m, j], "chance": chance[j]}
                cells |= {"note": tied} if tied else {}
                row = {"metric": metric + "_with_self" * own, "factor": name, "n": len(factors)}
                rows.append(row | (cells if known[j] and np.isfinite(value[v, m, j]) else {"note": note}))
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    names = list(args.factors)
    scales = [entry["scale"] for entry in args.factors.values()]
    factors = pandas.read_csv(args.parameters)[names].to_numpy(dtype=float)
    found = np.load(args.neighbors)
    rows = score_rows(args, (found["indices"], found["distances"]), found["ties"], factors)
    estimates = estimate(factors, neighborhoods(found["indices"], args.K, args.include_self), scales)
    ratio = has_ratio(args.factors, factors)
    table = pandas.DataFrame(estimates, columns=names)
    table.insert(0, "sound", np.arange(len(table)))
    for j, name in enumerate(names):
        if ratio[j]:
            table[f"{name}_log_ratio"] = np.log(estimates[:, j] / factors[:, j])
    with written_whole(args.estimates) as draft:
        table.to_csv(draft, index=False, float_format="%.7g")
    write_scores(args, rows)
