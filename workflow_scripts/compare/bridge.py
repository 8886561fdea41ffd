"""The bridge to published leaderboards: which scores of GEAR go with which tasks, over models.

Every score of a model (of every data set, metric and factor) is correlated with every task of every
leaderboard, over the models that have both.

Conventions:
- `rho` is Spearman's rank correlation, with mean ranks for ties. It is of the score as it stands: where low
  is better (`better`), a negative rho says that good models here are good models there. A threshold that was
  not reached ranks above all others.
- `p` is two-sided and by permutation of the models: all n! orders up to EXACT of them, else drawn ones. A
  first round of FIRST draws serves all pairs. Pairs with p up to SECOND get a new round, so long that one
  pair alone could be found. A p-value of drawn orders counts the true one among them, and is never 0.
- `p_adjusted` is Benjamini and Yekutieli's, over all pairs of all leaderboards: of those that are `found`
  (below LEVEL) at most 5 in 100 are false on average, however the pairs depend on each other. Benjamini and
  Hochberg's would be smaller, but it wants positive dependence. Here every pair rests on the same models,
  and one score may rise as another falls.
- Fewer than FEWEST models with both give no rho: the note says so. Neither do scores that are all the same.

It takes these models as a sample. Models of one family (such as the eleven of GURA) are less than so many.

Sources: Spearman, Am. J. Psychol. 15, 1904; Benjamini & Yekutieli, Ann. Stat. 29, 2001; Phipson & Smyth,
Stat. Appl. Genet. Mol. Biol. 9, 2010 (p-values that are never 0).
"""

import argparse
import json
import math
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas
from shared.files import written_whole
from shared.leaderboards import joined, read_leaderboard

from compare.compare import LEVEL, NOT_REACHED, SCORE

FEWEST = 8  # models: with 7 one task alone has 1 chance in 2,520 of a perfect order either way
EXACT = 9  # models, at most, of which all orders are tried
FIRST, SECOND = 9_999, 0.001  # draws of the first round; p-values up to this get a second
MOST = 4_000_000  # draws, at most
CHUNK = 100_000  # orders that are in memory at once
TINY = 1e-9  # correlations that differ by less are equal
COLUMNS = [
    *("leaderboard", "task", "dataset", *SCORE, "better"),
    *("rho", "n", "p", "p_adjusted", "found", "note"),
]


def harmonic(count):
    """1 + 1/2 + ... + 1/count: what arbitrary dependence costs."""
    return float((1 / np.arange(1, count + 1)).sum())


def benjamini_yekutieli(p):
    """P-values adjusted for being many, float (m,): the expected share of false ones among those below a
    level is below that level, whatever the dependence between them.
    """
    order = np.argsort(p)[::-1]
    steps = p[order] * len(p) * harmonic(len(p)) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1)
    return adjusted


def unit_ranks(values):
    """Ranks of each column, mean 0 and length 1; of a column that is constant NaN. values: (n, columns)."""
    from scipy.stats import rankdata  # takes half a second, which the report need not spend

    ranks = rankdata(values, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.linalg.norm(ranks, axis=0)
    return ranks / np.where(length > 0, length, np.nan)


def orders(n, count, rng):
    """Yield orders of n models, int (rows, n): all of them up to EXACT models, else `count` drawn ones."""
    if n <= EXACT:
        yield np.array(list(permutations(range(n))))
        return
    for start in range(0, count, CHUNK):
        rows = min(CHUNK, count - start)
        yield rng.permuted(np.tile(np.arange(n, dtype=np.int8), (rows, 1)), axis=1)


def p_values(x, y, rho, count, seed):
    """Two-sided p-values of rank correlations by permutation, float (P,).

    x, y: unit ranks of each pair, (P, n), all of the same n; rho: (P,); count: draws. Ranks without ties have
    one null distribution, so pairs whose ranks are the same but for their order share their draws.
    """
    n, rng = x.shape[1], np.random.default_rng(seed)
    in_order = np.round(np.hstack([np.sort(x, axis=1), np.sort(y, axis=1)]), 9)
    kinds, kind_of = np.unique(in_order, axis=0, return_inverse=True)
    kind_of = kind_of.ravel()
    hits, total = np.zeros(len(rho)), 0
    for chunk in orders(n, count, rng):
        for kind, ranks in enumerate(kinds):
            drawn = np.sort(np.abs(ranks[:n][chunk] @ ranks[n:]))
            of_kind = kind_of == kind
            hits[of_kind] += len(drawn) - np.searchsorted(drawn, np.abs(rho[of_kind]) - TINY)
        total += len(chunk)
    return hits / total if n <= EXACT else (hits + 1) / (total + 1)


def pairs_of(scores, tasks):
    """Yield (score, task, models with both) for every pair, in order: column numbers and bool (M,).

    scores: (M, S); tasks: (M, T); NaN where a model has none.
    """
    known, run = ~np.isnan(scores), ~np.isnan(tasks)
    for s in range(scores.shape[1]):
        for t in range(tasks.shape[1]):
            yield s, t, known[:, s] & run[:, t]


def correlated(scores, tasks, seed=0):
    """Every score with every task: a DataFrame of score, task (column numbers), rho, n, p, note.

    scores: float (M, S), infinite for a threshold beyond the ladder; tasks: (M, T); NaN where a model has
    none.
    """
    rows, ranks = [], []
    for s, t, both in pairs_of(scores, tasks):
        n, note, rho = int(both.sum()), "", math.nan
        if n < FEWEST:
            note = f"too few models: {n}, and {FEWEST} are needed"
        else:
            x, y = unit_ranks(np.stack([scores[both, s], tasks[both, t]], axis=1)).T
            rho = float(x @ y)
            if math.isnan(rho):
                note = f"the {'task' if np.isnan(y).any() else 'score'} is the same for all models"
            else:
                ranks.append((x, y))
        rows.append({"score": s, "task": t, "rho": rho, "n": n, "p": math.nan, "note": note})
    table = pandas.DataFrame(rows, columns=["score", "task", "rho", "n", "p", "note"])
    table = table.astype({"rho": float, "p": float})
    tested = table.index[np.isfinite(table.rho)]
    table.loc[tested, "p"] = permuted(ranks, table.loc[tested], seed)
    return table


def permuted(ranks, table, seed):
    """P-values of the pairs of a table, float (P,), in two rounds. ranks: unit ranks (x, y) of each pair."""
    p, rho, sizes = np.full(len(table), math.nan), table.rho.to_numpy(), table.n.to_numpy()
    second = min(MOST, math.ceil(2 * max(1, len(table)) * harmonic(len(table)) / LEVEL))
    for n in sorted({*sizes}):
        some = np.flatnonzero(sizes == n)
        for count, number in ((FIRST, 0), (second, 1)):
            if number:
                some = some[p[some] <= SECOND]
            if not len(some) or (number and n <= EXACT):
                continue
            x, y = (np.stack([ranks[i][side] for i in some]) for side in (0, 1))
            p[some] = p_values(x, y, rho[some], count, [seed, int(n), number])
    return p


def scores_of(tables, models):
    """The scores of models on all data sets: (keys, values).

    tables: {data set: its scores.csv as DataFrame of str}; models: names. Returns a list of (data set,
    analysis, metric, factor, other, better) and float (models, scores), NaN where a model has no score.
    """
    columns = {}
    for dataset, table in tables.items():
        rows = table[table.model.isin(models) & (table.metric != "failure")]
        values = pandas.to_numeric(rows.value).where(rows.state != NOT_REACHED, math.inf)
        keys = rows[SCORE].itertuples(index=False, name=None)
        for key, model, better, value in zip(keys, rows.model, rows.better, values, strict=True):
            column = columns.setdefault((dataset, *key), {"better": ""})
            column["better"] = column["better"] or better
            column[model] = value
    keys = [(*key, column["better"]) for key, column in columns.items()]
    values = [[column.get(model, math.nan) for model in models] for column in columns.values()]
    return keys, np.array(values, dtype=float).reshape(len(keys), len(models)).T


def bridge(tables, boards, published, seed=0):
    """Every score of a run with every task of every leaderboard: a DataFrame of COLUMNS.

    tables: {data set: DataFrame of its scores.csv}; boards: {name: scores as read_leaderboard() has them};
    published: {model: its published names}.
    """
    parts = []
    for name, board in boards.items():
        models = joined(board, published)
        tasks = list(dict.fromkeys(task for scores in board.values() for task in scores))
        of_tasks = [[board[there].get(task, math.nan) for task in tasks] for there in models.values()]
        keys, values = scores_of(tables, list(models))
        found = correlated(values, np.array(of_tasks, dtype=float).reshape(-1, len(tasks)), seed)
        told = pandas.DataFrame([keys[s] for s in found.score], columns=["dataset", *SCORE, "better"])
        names = found.task.map(dict(enumerate(tasks)))
        parts.append(told.assign(leaderboard=name, **found.drop(columns="score").assign(task=names)))
    table = pandas.concat(parts, ignore_index=True).assign(p_adjusted=math.nan, found="")
    tested = np.isfinite(table.p)
    table.loc[tested, "p_adjusted"] = benjamini_yekutieli(table.p[tested].to_numpy())
    table.loc[table.p_adjusted < LEVEL, "found"] = "yes"
    return table[COLUMNS]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--datasets", nargs="+", required=True, help="data sets of the run")
    parser.add_argument("--leaderboards", type=json.loads, required=True, help="[{name, path}], JSON")
    parser.add_argument("--published", type=json.loads, required=True, help="{model: [names]}, JSON")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    tables = {
        name: pandas.read_csv(args.results / name / "scores.csv", dtype=str, keep_default_na=False)
        for name in args.datasets
    }
    boards = {board["name"]: read_leaderboard(board["path"]) for board in args.leaderboards}
    table = bridge(tables, boards, args.published, args.seed)
    with written_whole(args.output) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
