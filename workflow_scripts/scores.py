"""The tidy table of scores that every analysis writes: one row per number.

Columns: model, analysis, metric, factor, other (a second factor, where a score has two), value,
low and high (95 % interval), chance (the same score with shuffled factors), reference (the score of
the true factors used as embedding), unit, better (`high`, `low`, or empty where it only describes),
n (how many sounds it rests on), note (why a cell is empty).
"""

import numpy as np
import pandas
from files import beside

COLUMNS = [
    *("model", "analysis", "metric", "factor", "other", "value", "low", "high"),
    *("chance", "reference", "unit", "better", "n", "note"),
]


def write_scores(path, rows):
    """Write rows (dicts with some of COLUMNS) as CSV. Raises ValueError on an unknown column."""
    strange = {key for row in rows for key in row} - set(COLUMNS)
    if strange:
        raise ValueError(f"unknown score columns: {sorted(strange)}")
    table = pandas.DataFrame(rows, columns=COLUMNS)
    with beside(path) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")


def bootstrap_interval(statistic, n, repeats, seed, level=0.95):
    """Percentile interval of a statistic over resampled sounds.

    statistic: function from an int (n,) array of sounds, drawn with replacement, to float (F,).
    Returns (low, high), each float (F,).
    """
    rng = np.random.default_rng(seed)
    values = np.array([statistic(rng.integers(n, size=n)) for _ in range(repeats)])
    tail = 100 * (1 - level) / 2
    return np.percentile(values, [tail, 100 - tail], axis=0)
