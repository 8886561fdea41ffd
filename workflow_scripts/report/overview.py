"""Which model encodes what: the scores of the report's first table, on one scale for all of them.

A score is rescaled so that chance is 0 and the control `reference` (the true factors) is 1. Nothing is
clipped: noise falls below 0, and an embedding that serves a measure better than the factors do above 1.
"""

import math

MEASURES = {  # analysis.metric: name, what 1 and 0 mean
    "subspaces.probe_r2": (
        "linear probe",
        "Share of the factor's variance that a ridge regression reads from the embedding: is it there?",
    ),
    "knn.r2": (
        "neighbours",
        "Share of the factor's variance that the mean over the nearest neighbours explains: do distances "
        "follow it?",
    ),
    "hypothesis.smoothness": (
        "Isomap in 3-D",
        "Share of the factor's variance that a smooth function of the three Isomap coordinates explains: "
        "does one see it?",
    ),
}
LEAST = 0.05  # between chance and reference, for a score to be rescaled
REACH = (-1.0, 2.0)  # of the drawn axis at most; what lies beyond is an arrow
OCTAVES = (-5.0, 7.0)  # of the axis of thresholds, log2 of JND


def as_number(text):
    """A cell of scores.csv as a float, NaN if it is empty."""
    return float(text) if text not in ("", None) else math.nan


def rescaled(value, chance, reference):
    """(value - chance) / (reference - chance), or NaN where the two are less than LEAST apart or unknown."""
    span = reference - chance
    return (value - chance) / span if abs(span) >= LEAST else math.nan


def place_of(row):
    """Score, low and high of a row of scores.csv on the scale of chance 0 and reference 1: three floats."""
    chance, reference = as_number(row["chance"]), as_number(row["reference"])
    return [rescaled(as_number(row[key]), chance, reference) for key in ("value", "low", "high")]


def mark(place, ends, width):
    """Where a place with its interval is drawn on an axis of some width, or None if it has no place.

    place: [value, low, high]; ends: of the axis. Returns {x, low, high, beyond}: pixels, and -1 or 1 if the
    value lies beyond the left or the right end.
    """
    value, low, high = place
    if math.isnan(value):
        return None

    def pixel(v):
        return round(width * min(1.0, max(0.0, (v - ends[0]) / (ends[1] - ends[0]))), 1)

    low, high = (value if math.isnan(low) else low), (value if math.isnan(high) else high)
    beyond = -1 if value < ends[0] else 1 if value > ends[1] else 0
    return {"x": pixel(value), "low": pixel(low), "high": pixel(high), "beyond": beyond}


def axis_of(places):
    """Ends of an axis that holds these places, 0 and 1, within REACH. places: list of [value, low, high]."""
    known = [v for place in places for v in place if not math.isnan(v)]
    return max(REACH[0], min([-0.1, *known]) - 0.02), min(REACH[1], max([1.1, *known]) + 0.02)


def overview(scores, thresholds, factors, models, width=120):
    """The table of a data set: {measures, rows, listeners}.

    scores: DataFrame of str, of the data set; thresholds: the same of a ladder around it, or None; factors,
    models: names, in order; width: of a strip, pixels. `measures` is {key: {name, text, zero, one}}, the
    last two being the pixels of chance and reference. `rows` is {model: {factor: cell}}. A cell holds
    `scores`, per measure {row, place, mark}, and `threshold`, as threshold_cell returns it, or None.
    `listeners` is the pixel of listeners' threshold.
    """
    measures, rows = {}, {model: {f: {"scores": {}, "threshold": None} for f in factors} for model in models}
    for key, (name, text) in MEASURES.items():
        of_measure = rows_of(scores, key, factors, models)
        places = [place_of(row) for row in of_measure]
        if all(math.isnan(place[0]) for place in places):
            continue
        ends = axis_of(places)
        zero, one = (mark([v, v, v], ends, width)["x"] for v in (0.0, 1.0))
        measures[key] = {"name": name, "text": text, "zero": zero, "one": one}
        for row, place in zip(of_measure, places, strict=True):
            cell = {"row": row, "place": place, "mark": mark(place, ends, width)}
            rows[row["model"]][row["factor"]]["scores"][key] = cell
    if thresholds is not None:
        for row in rows_of(thresholds, "threshold.threshold_jnd", factors, models):
            rows[row["model"]][row["factor"]]["threshold"] = threshold_cell(row, width)
    return {"measures": measures, "rows": rows, "listeners": mark([0.0] * 3, OCTAVES, width)["x"]}


def rows_of(scores, key, factors, models):
    """The rows of one score, `analysis.metric`, of some factors and models: list of dicts."""
    keys = scores.analysis + "." + scores.metric
    chosen = scores[(keys == key) & scores.factor.isin(factors) & scores.model.isin(models)]
    return chosen.to_dict("records")


def threshold_cell(row, width):
    """How a threshold is shown: {row, mark, sign, none}. row: of a ladder's scores.csv, in JND.

    sign: "<" if the threshold lies below the smallest step; none: words in place of a value.
    """
    values = [as_number(row[key]) for key in ("value", "low", "high")]
    octaves = [math.log2(v) if v > 0 else math.nan for v in values]
    return {
        "row": row,
        "mark": mark(octaves, OCTAVES, width),
        "sign": "<" if row["state"] == "below" else "",
        "none": "threshold not reached" if row["state"] == "not reached" else row["note"],
    }


def tips(table):
    """What a cell's number rests on, in words: {model: {factor: text}}.

    table: as overview returns it.
    """
    return {
        model: {factor: tip(f"{model}, {factor}", cell, table["measures"]) for factor, cell in cells.items()}
        for model, cells in table["rows"].items()
    }


def tip(name, cell, measures):
    """The words of one cell: each measure rescaled and as it is, then the threshold."""
    lines = [name]
    for key, measure in measures.items():
        score = cell["scores"].get(key)
        if not score:
            continue
        row, (value, low, high) = score["row"], score["place"]
        if math.isnan(value):
            why = row["note"] or "chance and reference are too close to rescale it"
            lines.append(f"{measure['name']}: {brief(row['value']) or 'no value'}: {why}")
            continue
        interval = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
        lines.append(
            f"{measure['name']}: {value:.2f}{interval} of the way from chance to reference "
            f"({row['unit'] or measure['name']} {brief(row['value'])}, chance {brief(row['chance'])}, "
            f"reference {brief(row['reference'])})"
        )
    if cell["threshold"]:
        row = cell["threshold"]["row"]
        interval = f" [{brief(row['low'])}, {brief(row['high'])}]" if row["low"] else ""
        value = f"{cell['threshold']['sign']}{brief(row['value'])}{interval} JND" if row["value"] else "none"
        lines.append(f"threshold: {value}; {row['note']}")
    return "\n".join(lines)


def brief(text):
    """A number's text in three significant digits; empty stays empty."""
    return "" if text in ("", None) else f"{float(text):.3g}"
