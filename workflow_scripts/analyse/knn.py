"""Nearest-neighbour regression of the factors from one embedding (Eq. 2 and 3 of the paper).

The estimate of a factor is its unweighted mean over the K nearest neighbours of a sound (Eq. 2),
on the factor's sampling scale. Scores leave the sound out of its own neighbours; with
`--include-self` (the released code) the estimates written to the table count it among its K
neighbours, and scores with the suffix `_with_self` stand beside the others.

Conventions: R2 is 1 - residual / total sum of squares, 1 for exact estimates, about 0 for chance,
negative if worse than the mean. The log-ratio is ln(estimate / true) (Eq. 3), 0 for exact estimates;
factors that are not always positive have none.
"""

from pathlib import Path

import numpy as np
import pandas
from shared.files import written_whole
from shared.scales import off_scale, on_scale
from shared.scores import bootstrap, score_parser, write_scores


def neighborhoods(indices, K, include_self):
    """The K sounds that each estimate averages, int (N, K): the K nearest others, or self and K - 1."""
    if not include_self:
        return indices[:, :K]
    return np.column_stack([np.arange(len(indices)), indices[:, : K - 1]])


def to_scales(factors, scales):
    """Factors on their sampling scales, float (N, F)."""
    return np.stack([on_scale(c, s) for c, s in zip(factors.T, scales, strict=True)], axis=1)


def read_factors(path, factors):
    """Factors of every sound on their sampling scales, float (N, F). factors: {name: {scale, ...}}."""
    scales = [entry["scale"] for entry in factors.values()]
    return to_scales(pandas.read_csv(path)[list(factors)].to_numpy(dtype=float), scales)


def estimate(factors, around, scales):
    """Mean of each factor over each neighbourhood, Eq. 2, taken on the factor's scale.

    factors: float (N, F); around: int (N, K); scales: F keys of scales.SCALES.
    Returns float (N, F), in the factors' own units.
    """
    means = to_scales(factors, scales)[around].mean(axis=1)
    return np.stack([off_scale(c, s) for c, s in zip(means.T, scales, strict=True)], axis=1)


def r2(estimates, factors):
    """Coefficient of determination per factor, float (F,); NaN for a factor that does not vary."""
    residual = ((factors - estimates) ** 2).sum(axis=0)
    total = ((factors - factors.mean(axis=0)) ** 2).sum(axis=0)
    return 1 - residual / np.where(np.ptp(factors, axis=0) > 0, total, np.nan)


def median_abs_log_ratio(estimates, factors):
    """Median of |ln(estimate / true)| per factor, float (F,), Eq. 3; NaN for factors not positive."""
    positive = (factors > 0).all(axis=0) & (estimates > 0).all(axis=0)
    result = np.full(factors.shape[1], np.nan)
    result[positive] = np.median(np.abs(np.log(estimates[:, positive] / factors[:, positive])), axis=0)
    return result


METRICS = {  # name: function of (estimates, factors), unit, which way is better
    "r2": (r2, "share of variance", "high"),
    "median_abs_log_ratio": (median_abs_log_ratio, "ln ratio", "low"),
}


def score(metric, estimates, factors, scales):
    """One metric per factor. R2 is taken on the sampling scale, the log-ratio in the factors' units."""
    function = METRICS[metric][0]
    if metric == "r2":
        return function(to_scales(estimates, scales), to_scales(factors, scales))
    return function(estimates, factors)


def chance_level(metric, around, factors, scales, shuffles, seed):
    """Mean score per factor over shufflings of the sounds' factors on the same neighbour graph."""
    rng = np.random.default_rng(seed)
    total = np.zeros(factors.shape[1])
    for _ in range(shuffles):
        shuffled = factors[rng.permutation(len(factors))]
        total += score(metric, estimate(shuffled, around, scales), shuffled, scales)
    return total / shuffles


def has_ratio(factors):
    """Factors whose range lies above 0, bool (F,): an estimate of the others has no ratio to the truth.

    factors: {name: (entry, values (N,))}; the range is the entry's, or that of the values.
    """
    return np.array([entry.get("low", values.min()) > 0 for entry, values in factors.values()])


def score_rows(model, names, factors, scales, around, suffix, settings):
    """Score rows of all metrics and factors for one choice of neighbourhoods.

    around: int (N, K); settings: shuffles, bootstrap, seed, ratio (bool (F,), the factors that have a
    log-ratio).
    """
    estimates = estimate(factors, around, scales)
    rows = []
    for metric, (_, unit, better) in METRICS.items():
        value = score(metric, estimates, factors, scales)
        if metric == "median_abs_log_ratio":
            value = np.where(settings["ratio"], value, np.nan)
        replicates = bootstrap(
            lambda i, metric=metric: score(metric, estimates[i], factors[i], scales),
            len(factors),
            settings["bootstrap"],
            settings["seed"],
        )
        chance = chance_level(metric, around, factors, scales, settings["shuffles"], settings["seed"])
        for j, name in enumerate(names):
            note = ""
            absent = np.isnan(value[j])
            if absent:
                positive = metric == "median_abs_log_ratio"
                note = "no log-ratio: not always positive" if positive else "does not vary"
            rows.append(
                {
                    "model": model,
                    "analysis": Path(__file__).stem,
                    "metric": metric + suffix,
                    "factor": name,
                    "value": value[j],
                    "replicates": [] if absent else replicates[:, j],
                    "chance": np.nan if absent else chance[j],
                    "unit": unit,
                    "better": better,
                    "n": len(factors),
                    "note": note,
                }
            )
    return rows


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--neighbors", required=True, help="npz of the model's neighbours")
    parser.add_argument("--K", type=int, required=True, help="neighbours per sound")
    parser.add_argument("--include-self", action="store_true", help="as the released code did")
    parser.add_argument("--estimates", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    names = list(args.factors)
    scales = [entry["scale"] for entry in args.factors.values()]
    factors = pandas.read_csv(args.parameters)[names].to_numpy(dtype=float)
    indices = np.load(args.neighbors)["indices"]
    ratio = has_ratio(
        {name: (args.factors[name], values) for name, values in zip(names, factors.T, strict=True)}
    )
    settings = {"shuffles": args.shuffles, "bootstrap": args.bootstrap, "seed": args.seed, "ratio": ratio}
    rows = []
    for with_self in [False, True] if args.include_self else [False]:
        around = neighborhoods(indices, args.K, with_self)
        suffix = "_with_self" if with_self else ""
        rows += score_rows(args.model, names, factors, scales, around, suffix, settings)
    estimates = estimate(factors, around, scales)
    table = pandas.DataFrame(estimates, columns=names)
    table.insert(0, "sound", np.arange(len(table)))
    for j, name in enumerate(names):
        if ratio[j]:
            table[f"{name}_log_ratio"] = np.log(estimates[:, j] / factors[:, j])
    with written_whole(args.estimates) as draft:
        table.to_csv(draft, index=False, float_format="%.7g")
    write_scores(args.scores, rows)
