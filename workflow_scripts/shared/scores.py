"""The tidy table of scores that every analysis writes: one row per number.

Columns: model, analysis, metric, factor, other (a second factor, where a score has two), value, low and
high (95 % interval), chance (the same score with shuffled factors), reference (the score of the true
factors used as embedding; filled in when models are compared), unit, better (`high`, `low`, or empty where
it only describes), distance (one of names.METRICS; empty if the score rests on no distance), reduce (such as
`pca 64`; empty for all dimensions), n (how many sounds it rests on), state (one of STATES), note (the reason
in words).

Beside the table lie the replicates of each score, one row per row: what it would have been on other
sounds. The same seed draws the same sounds for every model, so that two models compare in pairs.
"""

from pathlib import Path

import numpy as np
import pandas

from shared.arguments import flag, parser_of
from shared.files import written_whole

COLUMNS = [
    *("model", "analysis", "metric", "factor", "other", "value", "low", "high"),
    *("chance", "reference", "unit", "better", "distance", "reduce", "n", "state", "note"),
]
STATES = {  # what a row's `state` says of its value
    "": "the value stands",
    "below": "the threshold lies below the smallest step of the ladder, which is the value",
    "not reached": "no value: the largest step of the ladder does not reach the threshold",
    "ceiling": "the score is at its ceiling, which is the value",
    "partial": "the value rests on a part of the sounds, or on few values of a factor",
    "undefined": "no value: the score does not exist here, and the note says why",
    "failed": "no value: the model failed at the stage that stands as its analysis",
}
KNOWN = 0.95  # share of halves in which a statistic must exist
REPLICATES = 200  # of each score, at most, kept for the comparison of models
HALVES = 100  # of the sounds, where a score of each takes long


def analysis_parser(description, table, file):
    """The argument parser of an analysis: what its table ANALYSIS reads, takes and writes.

    description: the script's docstring; file: the script's own path, whose stem is the analysis' name. The
    parsed arguments go to write_scores(), which takes the table and the name from them.
    """
    parser = parser_of(description, table)
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    for name in table.get("writes", ()):
        parser.add_argument(flag(name), required=True, help="file to write")
    parser.add_argument("--scores", required=True, help="CSV to write, replicates beside it")
    parser.set_defaults(analysis=Path(file).stem, metrics=table["metrics"])
    return parser


def sample(N, seed, most):
    """The sounds to analyse: all, or `most` of them drawn without replacement, in rising order."""
    return np.sort(np.random.default_rng(seed).permutation(N)[:most])


def bootstrap(statistic, n, repeats, seed):
    """Replicates of a statistic over sounds resampled with replacement, float (repeats, F).

    statistic: function from an int (n,) array of sounds to float (F,).
    """
    rng = np.random.default_rng(seed)
    return np.array([statistic(rng.integers(n, size=n)) for _ in range(repeats)])


def half_samples(statistic, value, n, repeats, seed, places=None):
    """Replicates of a statistic that copies of a sound would distort, float (repeats, F).

    Half of the sounds, drawn without replacement, give a statistic that spreads about its own mean as
    that of all n sounds spreads about the truth (the delete-half jackknife of Shao & Wu, 1989); the
    replicates are moved so that their mean is `value`, float (F,), the statistic of all sounds. NaN if it
    does not exist (NaN) in more than one of 20 halves.

    statistic: function from an int (n // 2,) array of sounds, rising, to float (F,); places: what the design
    spreads evenly, float (n, columns), as factors.evenly_spread() gives it. Half of such sounds must lie as
    evenly as all, or the spread would be that of sounds drawn at random: one of each two that are alike is
    drawn.
    """
    rng = np.random.default_rng(seed)
    even = places is not None and places.shape[1] > 0
    pairs = in_order_of_likeness(places, np.arange(n))[: n // 2 * 2].reshape(-1, 2) if even else None
    drawn = []
    for _ in range(repeats):
        if even:
            half = pairs[np.arange(len(pairs)), rng.integers(2, size=len(pairs))]
        else:
            half = rng.permutation(n)[: n // 2]
        drawn.append(statistic(np.sort(half)))
    drawn = np.array(drawn, dtype=float)
    known = np.isfinite(drawn)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, drawn, 0).sum(axis=0) / known.sum(axis=0)
        mean = np.where(known.mean(axis=0) < KNOWN, np.nan, mean)
        return np.asarray(value) + np.where(known, drawn, mean) - mean


def in_order_of_likeness(places, sounds, column=0):
    """Sounds in an order in which the first two, the next two, ... are alike, int (n,).

    They are halved at the median of one column after the other until two or three are left. places: float
    (N, columns); sounds: int (n,).
    """
    if len(sounds) <= 3:
        return sounds
    sounds = sounds[np.argsort(places[sounds, column], kind="stable")]
    middle = len(sounds) // 4 * 2  # even: no pair is parted
    after = (column + 1) % places.shape[1]
    parts = [in_order_of_likeness(places, part, after) for part in (sounds[:middle], sounds[middle:])]
    return np.concatenate(parts)


def interval(replicates, level=0.95):
    """Percentile interval of replicates, (repeats,) or (repeats, F): (low, high), NaN if any is NaN.

    Percentiles are median unbiased (type 8 of Hyndman & Fan 1996). NumPy's default are too near: for 40
    replicates by a tenth of the width.
    """
    tail = 100 * (1 - level) / 2
    return np.percentile(replicates, [tail, 100 - tail], axis=0, method="median_unbiased")


def write_scores(args, rows):
    """Write the score rows of one analysis of one model.

    args: of analysis_parser(). rows: dicts of `metric` and any other of COLUMNS. Added are the model, the
    name of the analysis, how distances were measured if the analysis takes `metric` and `reduce`, and the
    declared unit and better where a row does not state its own.
    A row may hold `replicates`, float (repeats,): low and high are taken from them. Raises ValueError for a
    metric that ANALYSIS does not declare.
    """
    reduce = getattr(args, "reduce", None) or {}
    same = {"model": args.model, "analysis": args.analysis, "distance": getattr(args, "metric", "")}
    same["reduce"] = "".join(f"{kind} {count}" for kind, count in reduce.items())
    complete = []
    for row in rows:
        if row["metric"] not in args.metrics:
            raise ValueError(f"{args.analysis} does not declare the metric {row['metric']!r} in ANALYSIS")
        known = args.metrics[row["metric"]]
        complete.append(same | {key: known.get(key, "") for key in ("unit", "better")} | row)
    write_table(args.scores, complete)


def write_table(path, rows):
    """Write rows (dicts with some of COLUMNS) as CSV, and their replicates beside it as .npy.

    Low and high of a value with `replicates` are taken from them, and the first REPLICATES are kept, float32
    (rows, REPLICATES); NaN for a row without. A row without a value is `undefined` unless it says another
    state. Raises ValueError for an unknown column or state.
    """
    strange = {key for row in rows for key in row} - {*COLUMNS, "replicates"}
    if strange:
        raise ValueError(f"unknown score columns: {sorted(strange)}")
    kept = np.full((len(rows), REPLICATES), np.nan, dtype=np.float32)
    written = []
    for row, place in zip(rows, kept, strict=True):
        row = dict(row)
        replicates = np.asarray(row.pop("replicates", []), dtype=float)
        known = np.isfinite(row.get("value", np.nan))
        if len(replicates):
            row |= dict(zip(("low", "high"), interval(replicates), strict=True)) if known else {}
            place[: len(replicates)] = replicates[:REPLICATES]
        row.setdefault("state", "" if known else "undefined")
        if row["state"] not in STATES:
            raise ValueError(f"unknown state {row['state']!r}; known: {', '.join(filter(None, STATES))}")
        written.append(row)
    table = pandas.DataFrame(written, columns=COLUMNS)
    with written_whole(path) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    with written_whole(Path(path).with_suffix(".npy")) as draft:
        np.save(draft, kept)
