"""The tidy table of scores that every analysis writes: one row per number.

Columns: model, analysis, metric, factor, other (a second factor, where a score has two), value,
low and high (95 % interval), chance (the same score with shuffled factors), reference (the score of
the true factors used as embedding; filled in when models are compared), unit, better (`high`, `low`,
or empty where it only describes), n (how many sounds it rests on), note (why a cell is empty).

Beside the table lie the replicates of each score, one row per row: what it would have been on other
sounds. The same seed draws the same sounds for every model, so that two models compare in pairs.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas

from shared.files import written_whole

COLUMNS = [
    *("model", "analysis", "metric", "factor", "other", "value", "low", "high"),
    *("chance", "reference", "unit", "better", "n", "note"),
]
KNOWN = 0.95  # share of halves in which a statistic must exist
REPLICATES = 200  # of each score, kept for the comparison of models


def score_parser(description):
    """Parser with the arguments that every analysis of the factors has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--parameters", required=True, help="CSV of the factors and nuisances")
    parser.add_argument("--factors", type=json.loads, required=True, help="{factor: entry}, JSON")
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    parser.add_argument("--shuffles", type=int, default=20, help="for the chance level")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples, at most, for the intervals")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scores", required=True, help="CSV to write, replicates beside it")
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


def half_samples(statistic, value, n, repeats, seed):
    """Replicates of a statistic that copies of a sound would distort, float (repeats, F).

    Half of the sounds, drawn without replacement, give a statistic that spreads about its own mean as
    that of all n sounds spreads about the truth (the delete-half jackknife of Shao & Wu, 1989); the
    replicates are moved so that their mean is `value`, float (F,), the statistic of all sounds. NaN if it
    does not exist (NaN) in more than one of 20 halves.

    statistic: function from an int (n // 2,) array of sounds, rising, to float (F,).
    """
    rng = np.random.default_rng(seed)
    drawn = np.array([statistic(np.sort(rng.permutation(n)[: n // 2])) for _ in range(repeats)], dtype=float)
    known = np.isfinite(drawn)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, drawn, 0).sum(axis=0) / known.sum(axis=0)
        mean = np.where(known.mean(axis=0) < KNOWN, np.nan, mean)
        return np.asarray(value) + np.where(known, drawn, mean) - mean


def interval(replicates, level=0.95):
    """Percentile interval of replicates, (repeats,) or (repeats, F): (low, high), NaN if any is NaN."""
    tail = 100 * (1 - level) / 2
    return np.percentile(replicates, [tail, 100 - tail], axis=0)


def write_scores(path, rows):
    """Write rows (dicts with some of COLUMNS) as CSV, and their replicates beside it as .npy.

    A row may hold `replicates`, float (repeats,): low and high are taken from them, and the first
    REPLICATES are kept, float32 (rows, REPLICATES); NaN for a row without. Raises ValueError on an
    unknown column.
    """
    strange = {key for row in rows for key in row} - {*COLUMNS, "replicates"}
    if strange:
        raise ValueError(f"unknown score columns: {sorted(strange)}")
    kept = np.full((len(rows), REPLICATES), np.nan, dtype=np.float32)
    told = []
    for row, place in zip(rows, kept, strict=True):
        row = dict(row)
        replicates = np.asarray(row.pop("replicates", []), dtype=float)
        if len(replicates):
            row["low"], row["high"] = interval(replicates)
            place[: len(replicates)] = replicates[:REPLICATES]
        told.append(row)
    table = pandas.DataFrame(told, columns=COLUMNS)
    with written_whole(path) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    with written_whole(Path(path).with_suffix(".npy")) as draft:
        np.save(draft, kept)
