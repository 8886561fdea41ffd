"""Sum up over several data sets how well models agree with listeners: a row per model and score.

It serves the data sets with ratings (analysis `agreement`) and the listening experiments (`experiment`).

Conventions: the value is the mean over the data sets that have the score, each weighted by its number of
sounds, as published tables of ratings have it, or experiments equally. The note has the number of data sets
and the standard deviation over them. Replicates are means of the data sets' own in the same way: an interval
speaks of other sounds in the same experiments, not of other experiments. A score that does not exist for a
model in a data set is left out there, and the row is `partial`. But a model that has no curve in an
experiment, or a flat one, follows listeners in nothing: its `correlation` counts as 0 there. Differences as
in compare.py.
"""

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import pandas
from shared.files import checked, written_whole
from shared.scores import COLUMNS, interval

from compare.compare import SCORE, differences, with_reference

ABSENT = {"correlation": 0.0}  # what a score of an experiment counts that does not exist
SAME = ["unit", "better", "distance", "reduce"]  # columns that all data sets share


def read(results, analysis, pairs):
    """Score rows of some data sets and models, one below the other, and their replicates, (rows, R).

    results: folder; pairs: (data set, model). The rows have the column `dataset` as well.
    """
    paths = {pair: results / pair[0] / analysis / f"{pair[1]}.scores.csv" for pair in pairs}
    tables = [
        pandas.read_csv(checked(path), dtype=str, keep_default_na=False).assign(dataset=dataset)
        for (dataset, _), path in paths.items()
    ]
    replicates = [np.load(checked(path.with_suffix(".npy"))) for path in paths.values()]
    table = pandas.concat(tables, ignore_index=True)
    numbers = {name: pandas.to_numeric(table[name]) for name in ("value", "chance", "n")}
    return table.assign(**numbers), np.concatenate(replicates).astype(float)


def summed_up(rows, replicates, count, equally):
    """One score of one model over the data sets: its cells and its replicates, float (R,).

    rows: DataFrame of that score, a row per data set; replicates: (rows, R); count: of all data sets that
    have it; equally: whether data sets of many sounds weigh no more.
    """
    known, words = np.isfinite(rows.value.to_numpy()), ""
    nothing = ABSENT.get(rows.metric.iloc[0]) if equally else None
    if nothing is not None and not known.all():
        words = f", the others counted as {nothing:g}"
        replicates = np.where(known[:, None], replicates, nothing)
        rows = rows.fillna({"value": nothing, "chance": nothing})
    there, known = known.sum(), np.isfinite(rows.value.to_numpy())
    used, drawn = rows[known], replicates[known]
    if not len(used):
        return {"note": "no data set has this score", "state": "undefined"}, np.full(
            replicates.shape[1], np.nan
        )
    weights = np.ones(len(used)) if equally else used.n.to_numpy(dtype=float)
    weights /= weights.sum()
    drawn = drawn[:, np.isfinite(drawn).any(axis=0)]
    drawn = weights @ drawn if drawn.size else np.empty(0)
    spread = f", standard deviation over them {used.value.std():.3f}" if len(used) > 1 else ""
    cells = {
        "value": weights @ used.value,
        "n": int(used.n.sum()),
        "note": f"{there} of {count} data sets{words}{spread}",
    }
    cells |= {"chance": weights @ used.chance, "state": "partial" if there < count else ""}
    if len(drawn) and np.isfinite(drawn).all():
        cells |= dict(zip(("low", "high"), interval(drawn), strict=True))
    return cells, np.append(drawn, np.full(replicates.shape[1] - len(drawn), np.nan))


def summary(table, replicates, equally=False):
    """Score rows over all data sets, a DataFrame of COLUMNS, and their replicates, float (rows, R)."""
    rows, drawn = [], []
    counts = table.groupby(SCORE, dropna=False).dataset.nunique()
    for key, group in table.groupby(["model", *SCORE], sort=False, dropna=False):
        cells, of_score = summed_up(group, replicates[group.index], counts[key[1:]], equally)
        rows.append(dict(zip(["model", *SCORE], key, strict=True)) | dict(group.iloc[0][SAME]) | cells)
        drawn.append(of_score)
    return pandas.DataFrame(rows, columns=COLUMNS), np.array(drawn)


def in_words(cell):
    """A cell of a table of scores as it is written: a number in six digits, empty if there is none."""
    if isinstance(cell, float):
        return f"{cell:.6g}" if np.isfinite(cell) else ""
    return cell


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--analysis", required=True, help="that sets models beside listeners")
    parser.add_argument(
        "--equally", action="store_true", help="data sets weigh the same, whatever their size"
    )
    parser.add_argument("--datasets", nargs="+", required=True, help="data sets that went through it")
    parser.add_argument("--models", nargs="+", required=True, help="models, layers and controls, in order")
    parser.add_argument("--without", nargs="*", default=[], help="dataset/model without scores")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--differences", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    pairs = product(args.datasets, args.models)
    found = read(args.results, args.analysis, [pair for pair in pairs if "/".join(pair) not in args.without])
    rows, replicates = summary(*found, args.equally)
    order = {model: i for i, model in enumerate(args.models)}
    place = rows.model.map(order).argsort(kind="stable")
    rows, replicates = rows.iloc[place].reset_index(drop=True), replicates[place]
    with written_whole(args.output) as draft:
        with_reference(rows.map(in_words)).to_csv(draft, index=False)
    with written_whole(args.differences) as draft:
        differences(rows, replicates).to_csv(draft, index=False, float_format="%.4g")
