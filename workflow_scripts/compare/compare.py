"""Gather the scores of every analysis and model of a data set in one tidy table, and say which models really
differ.

Conventions: the `reference` of a score is the score of the control of this name. A failed model has one
row: `analysis` is the stage that failed, `metric` is `failure`, `state` is `failed`, `note` is the
reason, as the log of that stage gives it.

Differences: every two models are compared on every score by the replicates that both have on the same
sounds. Their difference over its standard error is compared with Student's distribution. The p-values of
all pairs and factors of one metric are adjusted together, so that in some 95 of 100 such tables no
difference that is called real is due to the choice of sounds. Thresholds are compared by their logarithm.
A threshold that was not reached counts as the largest step of the ladder: its difference to one that was
reached is at least the one stated (`censored`). Two that were not reached are not compared.
The comparison speaks of another draw of the sounds and of nothing else. What the intervals hold fixed
(the neighbour graph, the Isomap cloud), it holds fixed as well. It does not speak of another training,
nor of how much a difference matters.

Source: Holm, Scand. J. Stat. 6, 1979.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas
from scipy.special import stdtr
from shared.files import checked, written_whole
from shared.logs import reason
from shared.names import CONTROLS, is_layer
from shared.scores import COLUMNS, interval

SCORE = ["analysis", "metric", "factor", "other"]  # what two models are compared on
LEVEL = 0.05
NOT_REACHED = "not reached"  # state of a threshold
RATIOS = ("threshold", "threshold_jnd")  # metrics whose error grows with them


def with_reference(table):
    """The table, `reference` of each score filled in from the control's rows. table: of str, COLUMNS."""
    known = table[table.model == "reference"].drop_duplicates(SCORE)[[*SCORE, "value"]]
    references = table[SCORE].merge(known, on=SCORE, how="left").value.fillna("")
    return table.assign(reference=references.to_numpy())


def holm(p):
    """P-values adjusted for being many (Holm 1979), float (n,): the familywise error stays below them."""
    order = np.argsort(p)
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def paired(values, replicates):
    """P-value of the difference of every two models on one score, two-sided, float (P,).

    values: (M,); replicates: (M, R), of the same sounds in each column. Pairs as in np.triu_indices.
    """
    first, second = np.triu_indices(len(values), 1)
    gap = np.abs(values[first] - values[second])
    error = (replicates[first] - replicates[second]).std(axis=1, ddof=1)
    p = 2 * stdtr(replicates.shape[1] - 1, -gap / np.where(error > 0, error, 1))
    return np.where(error > 0, p, gap == 0)


def differences_of_score(score, group, replicates):
    """Every two models on one score, as a DataFrame of the columns of differences() up to p, or None.

    score: values of SCORE; group: score rows of the models; replicates: float (models, R), NaN where there
    are none. None if fewer than two models have replicates.
    """
    drawn = replicates.astype(float)
    drawn = drawn[:, np.isfinite(drawn).any(axis=0)]
    whole = np.isfinite(drawn).all(axis=1)
    if whole.sum() < 2 or drawn.shape[1] < 2:
        return None
    names, values, drawn = group.model.to_numpy()[whole], group.value.to_numpy()[whole], drawn[whole]
    first, second = np.triu_indices(len(names), 1)
    low, high = interval((drawn[first] - drawn[second]).T)
    scale = np.log if score[1] in RATIOS else np.asarray
    columns = dict(zip(SCORE, score, strict=True)) | {"model": names[first], "other_model": names[second]}
    columns |= {"difference": values[first] - values[second], "low": low, "high": high}
    columns |= {"p": paired(scale(values), scale(drawn))}
    not_reached = (group.state == NOT_REACHED).to_numpy()[whole]
    columns["censored"] = np.where(not_reached[first] | not_reached[second], "yes", "")
    return pandas.DataFrame(columns)[~(not_reached[first] & not_reached[second])]


def differences(table, replicates):
    """Every two models on every score that both have replicates of.

    Layers are left out: with them the adjustment would be harder for the models.

    table: score rows of all models; replicates: float (rows, R), NaN where there are none. Returns a
    DataFrame of analysis, metric, factor, other, model, other_model, difference (of the first minus the
    second), low, high (95 %, this pair alone), p, censored (`yes` or empty), p_adjusted, real (the same).
    """
    numbers = ["difference", "low", "high", "p", "censored", "p_adjusted", "real"]
    columns = [*SCORE, "model", "other_model", *numbers]
    table = table.assign(value=pandas.to_numeric(table.value), row=np.arange(len(table)))
    not_reached = (table.state == NOT_REACHED).to_numpy()
    with_end = np.isfinite(replicates[not_reached]).any(axis=1)
    ends = np.nanmax(replicates[not_reached][with_end], axis=1)  # replicates end at the largest step
    table.loc[table.index[not_reached][with_end], "value"] = ends
    layers = table.model.map(is_layer).astype(bool)
    table = table[~table.model.isin(CONTROLS) & ~layers & np.isfinite(table.value)]
    metrics = []
    for _, of_metric in table.groupby(["analysis", "metric"], sort=False):
        scores = [
            differences_of_score(score, group, replicates[group.row])
            for score, group in of_metric.groupby(SCORE, sort=False)
        ]
        scores = [pairs for pairs in scores if pairs is not None and len(pairs)]
        if scores:
            pairs = pandas.concat(scores)
            adjusted = holm(pairs.p.to_numpy())
            metrics.append(pairs.assign(p_adjusted=adjusted, real=np.where(adjusted < LEVEL, "yes", "")))
    return pandas.concat(metrics) if metrics else pandas.DataFrame(columns=columns)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--analyses", nargs="+", required=True, help="names of the analyses")
    parser.add_argument(
        "--models", nargs="+", required=True, help="models, their layers and controls, in order"
    )
    parser.add_argument("--without", nargs="*", default=[], help="analysis/model without scores")
    parser.add_argument("--failed", nargs="*", default=[], help="dataset:model:stage:log")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--differences", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    paths = [
        args.results / analysis / f"{model}.scores.csv"
        for model in args.models
        for analysis in args.analyses
        if f"{analysis}/{model}" not in args.without
    ]
    tables = [pandas.read_csv(checked(path), dtype=str, keep_default_na=False) for path in paths]
    replicates = [np.load(checked(path.with_suffix(".npy"))) for path in paths]
    failed = [word.split(":", 3) for word in args.failed if word]
    rows = [
        {"model": model, "analysis": stage, "metric": "failure", "state": "failed", "note": reason(log)}
        for _, model, stage, log in failed
    ]
    failures = pandas.DataFrame(rows, columns=COLUMNS, dtype=str).fillna("")
    scores = pandas.concat([*tables, failures], ignore_index=True)[COLUMNS]
    with written_whole(args.output) as draft:
        with_reference(scores).to_csv(draft, index=False)
    compared = scores.iloc[:0] if not tables else pandas.concat(tables, ignore_index=True)
    stacked = np.concatenate(replicates) if replicates else np.empty((0, 0))
    with written_whole(args.differences) as draft:
        differences(compared, stacked).to_csv(draft, index=False, float_format="%.4g")
