"""Tables of scores, as the report shows them: with their headings, and with the differences that are real.

Conventions: a metric per factor is a table of its own, with the factors (or pairs of factors) as columns. The
other scores of an analysis are one table with the metrics as columns. A table is called `analysis.metric` or
`analysis`; its heading and text stand in the ANALYSIS table of the analysis' file.
"""

import math

from compare.compare import SCORE
from shared.names import CONTROLS, METRICS

WIDEST = 30  # columns of a table that the page shows
EMPTY_CELL = dict.fromkeys(("value", "low", "high", "chance", "reference", "n", "state", "note"), "")


def number(value):
    """A value in at most four significant digits, or an empty string if there is none."""
    if value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    value = float(value)
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.4g}"


def distances_of(scores):
    """How distances between sounds were measured, in words; empty if no model has a score.

    scores: DataFrame of str, of a data set. The controls keep Euclidean distances of all their dimensions.
    """
    rows = scores[(scores.distance != "") & ~scores.model.isin(CONTROLS)]
    if not len(rows):
        return ""
    distance, reduce = rows.distance.iloc[0], rows["reduce"].iloc[0]
    words = distance.replace("euclidean", "Euclidean")
    if reduce:
        kind, count = reduce.split()
        words += f", of {count} principal components" + " of unit variance" * (kind == "whiten")
    is_plain = distance == METRICS[0] and not reduce
    return words if is_plain else f"{words} (controls: Euclidean, of all dimensions)"


def describe(analyses, name):
    """What the declaration of an analysis says of one of its tables: {heading, text, notes}.

    analyses: {analysis: its ANALYSIS table}; name: of the table. `notes` is whether notes stand beside the
    values, too. A table that is not declared is headed by its own name.
    """
    analysis, _, metric = name.partition(".")
    declared = analyses.get(analysis, {})
    if metric:
        declared = declared.get("metrics", {}).get(metric, {})
    return {
        "heading": declared.get("heading") or (metric or analysis).replace("_", " "),
        "text": declared.get("text", ""),
        "notes": bool(declared.get("notes")),
    }


def place_of(analyses, name, metrics):
    """The place of a table on the page, as a sort key.

    Analyses stand by their number `order`, those without one last and by name. Within an analysis, tables
    stand as their metrics are declared; a table of several metrics stands where the first of them does.
    """
    analysis = name.partition(".")[0]
    declared = analyses.get(analysis, {})
    known = list(declared.get("metrics", {}))
    first = min(known.index(metric) if metric in known else len(known) for metric in metrics)
    return declared.get("order", math.inf), analysis, first


def score_tables(scores, differences, models, analyses):
    """Tables of the page, in order: a list of {name, heading, text, notes, columns, cells, differences}.

    scores: DataFrame of str, the data set's scores.csv; differences: DataFrame, its differences.csv, which
    has millions of rows for hundreds of models; models: names in the order of the config; analyses:
    {analysis: its ANALYSIS table}. Of each table, `columns` is {column: unit}, `cells` is
    {model: {column: row of scores}}, and `differences` says per column which models really differ.
    """
    scores = scores[(scores.metric != "failure") & scores.model.isin(models)]
    scores = scores.assign(
        table=(scores.analysis + "." + scores.metric).where(scores.factor != "", scores.analysis),
        column=[
            f"{factor} \N{RIGHTWARDS ARROW} {other}" if other else factor or metric.replace("_", " ")
            for metric, factor, other in zip(scores.metric, scores.factor, scores.other, strict=True)
        ],
    )
    compared = dict(list(differences.groupby(SCORE, sort=False, observed=True)))
    tables, places = [], {}
    for name, rows in scores.groupby("table", sort=False):
        cells = {model: {} for model in models if model in set(rows.model)}
        for row in rows.to_dict("records"):
            cells[row["model"]][row["column"]] = row
        # a row that only says why it is empty may lack the unit
        kinds = rows.sort_values("unit", key=lambda unit: unit == "", kind="stable")
        kinds = kinds.drop_duplicates("column").set_index("column").loc[rows.column.unique()]
        keys = dict(zip(kinds.index, kinds[SCORE].itertuples(index=False, name=None), strict=True))
        table = {"name": name, **describe(analyses, name), "cells": cells}
        table["columns"] = {
            column: f"{unit}, {better} is better" if better else unit
            for column, unit, better in kinds[["unit", "better"]].itertuples()
        }
        table["differences"] = {
            column: real_differences(compared.get(keys[column], ()), kinds.better[column])
            for column in table["columns"]
        }
        tables.append(table)
        places[name] = place_of(analyses, name, rows.metric.unique())
    return sorted(tables, key=lambda table: places[table["name"]])


def real_differences(pairs, better):
    """In words: how many pairs of models really differ on a score, and which are the best, if any is.

    pairs: rows of differences.csv on one score; better: high, low or empty.
    """
    if not len(pairs):
        return ""
    text = f"{(pairs.real == 'yes').sum()} of {len(pairs)} pairs differ"
    if not better:
        return text
    sign = 1 if better == "high" else -1
    gaps = pairs.assign(gap=sign * pairs.difference)
    beaten = {row.other_model if row.gap > 0 else row.model for row in gaps.itertuples() if row.gap}
    models = list(dict.fromkeys([*gaps.model, *gaps.other_model]))
    best = [model for model in models if model not in beaten][:1]
    level = gaps[(gaps.real != "yes") & (gaps.model.isin(best) | gaps.other_model.isin(best))]
    near = {*level.model, *level.other_model} - {*best}
    alike = [model for model in models if model in near]
    if not best or len(alike) == len(models) - 1:
        return text
    return f"{text}; best: {', '.join([*best, *alike])}"


def shown_note(cell, notes):
    """The note that stands beside a cell's value: if there is no value, if the value rests on a part of the
    sounds, or if the table shows all its notes (`notes`)."""
    return cell["note"] if notes or not cell["value"] or cell["state"] == "partial" else ""


def card_scores(tables):
    """What the models' cards show of the tables: a list of {name, heading, columns, rows}, for JSON.

    tables: as score_tables returns them; those too wide for the page are left out. `columns` lists
    [name, unit], `rows` is {model: [cell or None for each column]}, and a cell lists the texts of value, low,
    high, chance, reference and the note that is shown.
    """
    return [
        {
            "name": table["name"],
            "heading": table["heading"],
            "columns": list(table["columns"].items()),
            "rows": {
                model: [card_cell(cells.get(column), table["notes"]) for column in table["columns"]]
                for model, cells in table["cells"].items()
                if model not in CONTROLS
            },
        }
        for table in tables
        if len(table["columns"]) <= WIDEST
    ]


def card_cell(cell, notes):
    """A cell of a card: a list of six texts, or None if the model has no such score."""
    if cell is None:
        return None
    numbers = [number(cell[key]) for key in ("value", "low", "high", "chance", "reference")]
    return [*numbers, shown_note(cell, notes)]
