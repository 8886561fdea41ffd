"""Nearest-neighbour regression of the factors from one embedding (Eq. 2 and 3 of the paper).

The estimate of a factor is its unweighted mean over the K nearest neighbours of a sound (Eq. 2),
on the factor's sampling scale. Scores leave the sound out of its own neighbours; with
`--include-self` (the released code) the estimates written to the table count it among its K
neighbours, and scores with the suffix `_with_self` stand beside the others.

Conventions: R2 is 1 - residual / total sum of squares, 1 for exact estimates, about 0 for chance,
negative if worse than the mean. The log-ratio is ln(estimate / true) (Eq. 3), 0 for exact estimates;
factors that are not always positive have none.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas
from files import beside
from scores import bootstrap_interval, write_scores


def neighborhoods(indices, K, include_self):
    """The K sounds that each estimate averages, int (N, K): the K nearest others, or self and K - 1."""
    if not include_self:
        return indices[:, :K]
    return np.column_stack([np.arange(len(indices)), indices[:, : K - 1]])


def estimate(factors, around, scales):
    """Mean of each factor over each neighbourhood, Eq. 2, taken on the factor's scale.

    factors: float (N, F); around: int (N, K); scales: F times `linear` or `log`.
    Returns float (N, F), in the factors' own units.
    """
    log = np.array([scale == "log" for scale in scales])
    values = factors.copy()
    values[:, log] = np.log(values[:, log])
    means = values[around].mean(axis=1)
    means[:, log] = np.exp(means[:, log])
    return means


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


def on_scale(factors, scales):
    """Factors on their sampling scales, float (N, F)."""
    columns = [np.log(c) if s == "log" else c for c, s in zip(factors.T, scales, strict=True)]
    return np.stack(columns, axis=1)


def score(metric, estimates, factors, scales):
    """One metric per factor. R2 is taken on the sampling scale, the log-ratio in the factors' units."""
    function = METRICS[metric][0]
    if metric == "r2":
        return function(on_scale(estimates, scales), on_scale(factors, scales))
    return function(estimates, factors)


def chance_level(metric, around, factors, scales, shuffles, seed):
    """Mean score per factor over shufflings of the sounds' factors on the same neighbour graph."""
    rng = np.random.default_rng(seed)
    total = np.zeros(factors.shape[1])
    for _ in range(shuffles):
        shuffled = factors[rng.permutation(len(factors))]
        total += score(metric, estimate(shuffled, around, scales), shuffled, scales)
    return total / shuffles


def score_rows(model, names, factors, scales, around, reference_around, suffix, settings):
    """Score rows of all metrics and factors for one choice of neighbourhoods.

    around, reference_around: int (N, K), of the model and of the reference; settings: shuffles,
    bootstrap, seed.
    """
    estimates = estimate(factors, around, scales)
    reference_estimates = estimate(factors, reference_around, scales)
    rows = []
    for metric, (_, unit, better) in METRICS.items():
        value = score(metric, estimates, factors, scales)
        low, high = bootstrap_interval(
            lambda i, metric=metric: score(metric, estimates[i], factors[i], scales),
            len(factors),
            settings["bootstrap"],
            settings["seed"],
        )
        chance = chance_level(metric, around, factors, scales, settings["shuffles"], settings["seed"])
        reference = score(metric, reference_estimates, factors, scales)
        for j, name in enumerate(names):
            note = ""
            if np.isnan(value[j]):
                positive = metric == "median_abs_log_ratio"
                note = "no log-ratio: not always positive" if positive else "does not vary"
            rows.append(
                {
                    "model": model,
                    "analysis": Path(__file__).stem,
                    "metric": metric + suffix,
                    "factor": name,
                    "value": value[j],
                    "low": low[j],
                    "high": high[j],
                    "chance": chance[j],
                    "reference": reference[j],
                    "unit": unit,
                    "better": better,
                    "n": len(factors),
                    "note": note,
                }
            )
    return rows


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parameters", required=True, help="CSV of the factors")
    parser.add_argument("--scales", type=json.loads, required=True, help="{factor: scale}, JSON")
    parser.add_argument("--neighbors", required=True, help="npz of the model's neighbours")
    parser.add_argument("--reference", required=True, help="npz of the reference's neighbours")
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    parser.add_argument("--K", type=int, required=True, help="neighbours per sound")
    parser.add_argument("--include-self", action="store_true", help="as the released code did")
    parser.add_argument("--shuffles", type=int, default=20, help="for the chance level")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples for the interval")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--estimates", required=True, help="CSV to write")
    parser.add_argument("--scores", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    names, scales = list(args.scales), list(args.scales.values())
    factors = pandas.read_csv(args.parameters)[names].to_numpy(dtype=float)
    indices = np.load(args.neighbors)["indices"]
    reference = np.load(args.reference)["indices"]
    settings = {"shuffles": args.shuffles, "bootstrap": args.bootstrap, "seed": args.seed}
    rows = []
    for with_self in [False, True] if args.include_self else [False]:
        around, reference_around = (neighborhoods(i, args.K, with_self) for i in (indices, reference))
        suffix = "_with_self" if with_self else ""
        rows += score_rows(args.model, names, factors, scales, around, reference_around, suffix, settings)
    estimates = estimate(factors, around, scales)
    table = pandas.DataFrame(estimates, columns=names)
    table.insert(0, "sound", np.arange(len(table)))
    for j, name in enumerate(names):
        if (factors[:, j] > 0).all():
            table[f"{name}_log_ratio"] = np.log(estimates[:, j] / factors[:, j])
    with beside(args.estimates) as draft:
        table.to_csv(draft, index=False, float_format="%.7g")
    write_scores(args.scores, rows)


if __name__ == "__main__":
    main()
