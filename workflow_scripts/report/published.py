"""What the page says of published leaderboards: which scores of GEAR go with which tasks."""

import math
from itertools import product

import pandas
from compare.bridge import COLUMNS, EXACT, FEWEST, LEVEL, harmonic
from shared.leaderboards import joined, read_leaderboard, unknown_names

from report.tables import number


def score_name(row):
    """A score in words: `r2 of f1 (knn, tones)`. row: of leaderboards.csv."""
    metric = row["metric"].replace("_", " ")
    of = f"{row['factor']} \N{RIGHTWARDS ARROW} {row['other']}" if row["other"] else row["factor"]
    better = f", {row['better']} is better" if row["better"] else ""
    return f"{metric}{f' of {of}' if of else ''} ({row['analysis']}, {row['dataset']}{better})"


def of_task(name, pairs):
    """A row of the page's table: what goes with one task. pairs: the tested rows of leaderboards.csv."""
    found = pairs[pairs.found == "yes"]
    best = found.loc[found.rho.abs().idxmax()].to_dict()
    numbers = {key: number(f"{best[key]:.3g}") for key in ("p", "p_adjusted")}
    known = {"task": name, "found": len(found), "of": len(pairs), "n": int(best["n"])}
    return known | {"score": score_name(best), "rho": f"{best['rho']:.2f}"} | numbers


def fewest_pairs(tested, counted):
    """How many pairs at least must be as strong as can be before one counts as found, 1 if one alone can be.

    tested: DataFrame of a leaderboard's pairs with a p-value; counted: pairs of all leaderboards. Of few
    models even the same order has no small p.
    """
    models = int(tested.n.max())
    if models > EXACT:
        return 1
    return math.ceil(2 / math.factorial(models) * counted * harmonic(counted) / LEVEL)


def leaderboards(paths, boards, published):
    """What the template shows of each leaderboard, a list of {name, models, unknown, few, rows, ...}.

    paths: of leaderboards.csv, or none; boards: [{name, path}]; published: {model: names}. `few`: that no
    pair could be tested; else pairs, counted, found, low and high (numbers of models), fewest (see
    fewest_pairs), and rows of the tasks with a find.
    """
    words = {name: str for name in COLUMNS if name not in ("rho", "n", "p", "p_adjusted")}
    tables = [pandas.read_csv(path, dtype=words).fillna(dict.fromkeys(words, "")) for path in paths]
    shown = []
    for table, board in product(tables, boards):
        counted = int(table.p.notna().sum())
        entries = read_leaderboard(board["path"])
        models = list(joined(entries, published))
        tested = table[(table.leaderboard == board["name"]) & table.p.notna()]
        told = {"name": board["name"], "models": models, "few": not len(tested), "rows": []}
        told |= {"fewest_models": FEWEST}
        told |= {"unknown": unknown_names(entries, published)}
        if len(tested):
            groups = tested.groupby("task", sort=False)
            told |= {"pairs": len(tested), "found": int((tested.found == "yes").sum()), "counted": counted}
            told |= {"low": int(tested.n.min()), "high": int(tested.n.max())}
            told |= {"fewest": fewest_pairs(tested, counted)}
            told |= {"rows": [of_task(name, pairs) for name, pairs in groups if (pairs.found == "yes").any()]}
        shown.append(told)
    return shown
