"""What a shallow network on top of each model adds: sentences and tables of the page, if a run has heads."""

import pandas
from shared.names import CONTROLS, base_of, is_head, is_layer

from report.tables import EMPTY_CELL

FEW = 3  # models: shares of fewer speak of these alone
REACHED = {  # score of search.csv: column of the table
    "blocks": "held-out blocks",
    "sounds": "held-out sounds",
    "optimism": "sounds minus blocks",
}
ADDED = {  # analysis.metric: column, unit of the table of levels
    "knn.r2": ("neighbours", "R2, high is better"),
    "hypothesis.hypothesis": ("hypothesis", "0 to 1, high is better"),
    "threshold.threshold_jnd": ("threshold", "JND, low is better"),
}


def cells_of(search, **keys):
    """The one row of a table with these cells as {column: text}, or None. search: DataFrame of str."""
    for key, value in keys.items():
        search = search[search[key] == value]
    return EMPTY_CELL | search.iloc[0].to_dict() if len(search) else None


def of_kind(search, kind):
    """What the page says of the search of one kind of heads: a dict.

    search: DataFrame of str, search.csv. `shares` is {term: row}, empty if no model took part;
    `without` is the row of the value of a setting without which the grid's share is least; this,
    `swaps` and `optimism` are rows, or None; `models` and `points` are numbers.
    """
    of = search[search.kind == kind]
    shares, without = of[of.score == "share"], of[of.score == "share_without"]
    least = pandas.to_numeric(without.value, errors="coerce").sort_values(kind="stable").index[:1]
    return {
        "kind": kind,
        "shares": {term: cells_of(shares, of=term) for term in shares.of},
        "without": cells_of(without.loc[least]),
        "swaps": cells_of(of, score="swaps", of=""),
        "optimism": cells_of(of, score="optimism", of="", factor=""),
        "models": int(shares.n.iloc[0]) if len(shares) else 0,
        "points": of.point[of.point != ""].nunique(),
    }


def reached(search, kind):
    """The table of the R2 that each model reaches with a head, as score_tables.html.j2 shows it."""
    of = search[
        (search.kind == kind) & search.score.isin([*REACHED]) & (search.factor == "") & (search.of != "")
    ]
    cells = {
        model: {REACHED[row["score"]]: EMPTY_CELL | row for row in rows.to_dict("records")}
        for model, rows in of.groupby("of", sort=False)
    }
    return {
        "name": kind,
        "heading": f"What {kind} heads reach",
        "text": "Mean R2 over the factors at the point of the grid that the other seeds choose. Intervals "
        "are over seeds. Chance: the same with shuffled factors.",
        "notes": False,
        "columns": dict.fromkeys(REACHED.values(), "R2"),
        "cells": cells,
        "differences": {},
    }


def added(scores, rows):
    """The table of scores from the raw embedding through the heads, as score_tables.html.j2 shows it.

    scores: DataFrame of str, rows of scores.csv of the data set that teaches the heads and of its ladder;
    rows: models, layers and heads, in order.
    """
    headed = {base_of(row) for row in rows if is_head(row)}
    rows = [row for row in [*rows, *CONTROLS] if base_of(row) in headed and not is_layer(base_of(row))]
    columns, cells = {}, {row: {} for row in rows}
    keys = scores.analysis + "." + scores.metric
    for key, (name, unit) in ADDED.items():
        for row in scores[(keys == key) & scores.model.isin(rows)].to_dict("records"):
            column = ", ".join(filter(None, [row["factor"], name]))
            columns[column] = unit
            cells[row["model"]][column] = row
    return {
        "name": "levels",
        "heading": "From the raw embedding through the heads",
        "text": "The same scores of each embedding and of the hidden activations of the heads on it. "
        "The sounds of this data set taught the heads, those of its ladder did not. The heads on chance show "
        "what can be memorised of the former. Intervals are over sounds, for the one head that was kept.",
        "notes": False,
        "columns": columns,
        "cells": cells,
        "differences": {},
    }


def levels(path, results, rows, datasets, read):
    """What the template shows of heads, or None without a search: {name, of, kinds, tables, few, drawn}.

    path: of search.csv, or None; results: folder of all results; rows: models, layers and heads; datasets: of
    read_datasets(); read: reads a table of which every cell is text. `of` is the data set that teaches the
    heads, `drawn` those with a figure of levels, `name` that of the tables on the page.
    """
    if path is None:
        return None
    search, of = read(path), path.parent.name
    ladder = next(dataset["ladder"] for dataset in datasets if dataset["name"] == of)
    names = [of, *([ladder] if ladder else [])]
    scores = pandas.concat([read(results / dataset / "scores.csv") for dataset in names])
    kinds = [*dict.fromkeys(search.kind)]
    return {
        "name": "levels",
        "of": of,
        "few": FEW,
        "kinds": [of_kind(search, kind) for kind in kinds],
        "tables": [*(reached(search, kind) for kind in kinds), added(scores, rows)],
        "drawn": [dataset["name"] for dataset in datasets if "levels" in dataset["figures"]],
    }
