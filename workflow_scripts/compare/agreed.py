"""Sum up over several data sets with ratings how well models agree with listeners: a row per model and score.

Conventions: the value is the mean over data sets, each weighted by its number of sounds, as published tables
have it. The note has the number of data sets and the standard deviation over them. Replicates are means of
the data sets' own in the same way: an interval speaks of other sounds in the same experiments, not of other
experiments. A score that does not exist in a data set is left out there, and the row is `partial`.
Differences as in compare.py.
"""

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import pandas
from shared.files import written_whole
from shared.scores import COLUMNS, interval

from compare.compare import SCORE, differences, with_reference

SAME = ["unit", "better", "distance", "reduce"]  # columns that all data sets share


def read(results, pairs):
    """Score rows of some data sets and models, one below the other, and their replicates, (rows, R).

    results: folder; pairs: (data set, model).
    """
    paths = {pair: results / pair[0] / "agreement" / f"{pair[1]}.scores.csv" for pair in pairs}
    tables = [pandas.read_csv(path, dtype=str, keep_default_na=False) for path in paths.values()]
    replicates = [np.load(path.with_suffix(".npy")) for path in paths.values()]
    table = pandas.concat(tables, ignore_index=True)
    numbers = {name: pandas.to_numeric(table[name]) for name in ("value", "chance", "n")}
    return table.assign(**numbers), np.concatenate(replicates).astype(float)


def summed_up(rows, replicates, count):
    """One score of one model over the data sets: its cells and its replicates, float (R,).

    rows: DataFrame of that score, a row per data set; replicates: (rows, R); count: of all data sets.
    """
    known = np.isfinite(rows.value.to_numpy())
    used, drawn = rows[known], replicates[known]
    if not len(used):
        return {"note": "no data set has this score", "state": "undefined"}, np.full(
            replicates.shape[1], np.nan
        )
    weights = used.n.to_numpy(dtype=float) / used.n.sum()
    drawn = drawn[:, np.isfinite(drawn).any(axis=0)]
    drawn = weights @ drawn if drawn.size else np.empty(0)
    spread = f", standard deviation over them {used.value.std():.3f}" if len(used) > 1 else ""
    cells = {
        "value": weights @ used.value,
        "n": int(used.n.sum()),
        "note": f"{len(used)} of {count} data sets{spread}",
    }
    cells |= {"chance": weights @ used.chance, "state": "partial" if len(used) < count else ""}
    if len(drawn) and np.isfinite(drawn).all():
        cells |= dict(zip(("low", "high"), interval(drawn), strict=True))
    return cells, np.append(drawn, np.full(replicates.shape[1] - len(drawn), np.nan))


def summary(table, replicates, count):
    """Score rows over all data sets, a DataFrame of COLUMNS, and their replicates, float (rows, R)."""
    rows, drawn = [], []
    for key, group in table.groupby(["model", *SCORE], sort=False, dropna=False):
        cells, of_score = summed_up(group, replicates[group.index], count)
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
    parser.add_argument("--datasets", nargs="+", required=True, help="data sets with ratings")
    parser.add_argument("--models", nargs="+", required=True, help="models, layers and controls, in order")
    parser.add_argument("--without", nargs="*", default=[], help="dataset/model without scores")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--differences", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    pairs = product(args.datasets, args.models)
    found = read(args.results, [pair for pair in pairs if "/".join(pair) not in args.without])
    rows, replicates = summary(*found, len(args.datasets))
    order = {model: i for i, model in enumerate(args.models)}
    place = rows.model.map(order).argsort(kind="stable")
    rows, replicates = rows.iloc[place].reset_index(drop=True), replicates[place]
    with written_whole(args.output) as draft:
        with_reference(rows.map(in_words)).to_csv(draft, index=False)
    with written_whole(args.differences) as draft:
        differences(rows, replicates).to_csv(draft, index=False, float_format="%.4g")
