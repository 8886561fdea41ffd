"""Factors of a data set on the scales on which they are sampled, and how well an embedding holds them."""

from typing import NamedTuple

import numpy as np
import pandas

from shared.scales import on_scale
from shared.scores import interval


class FactorScores(NamedTuple):
    """One score in C columns: of each factor, of each pair of factors, or of all factors together (C = 1).

    value: float (C,), NaN where the score does not exist; replicates: float (repeats, C), the score on other
    sounds; shuffled: float (shuffles, C), the score with shuffled factors, or None if it has no chance level.
    """

    value: np.ndarray
    replicates: np.ndarray
    shuffled: np.ndarray | None = None

    def above_chance(self):
        """Whether the interval of each column lies above the score of every shuffling, bool (C,)."""
        return interval(self.replicates)[0] > self.shuffled.max(axis=0)

    def cells(self, column, note):
        """Cells of the score row of one column: only the note, which says why, if there is no value."""
        if not np.isfinite(self.value[column]):
            return {"note": note}
        cells = {"value": self.value[column], "replicates": self.replicates[:, column]}
        return cells if self.shuffled is None else cells | {"chance": self.shuffled.mean(axis=0)[column]}


def to_scales(factors, scales):
    """Factors on their sampling scales, float (N, F)."""
    return np.stack([on_scale(c, s) for c, s in zip(factors.T, scales, strict=True)], axis=1)


def read_factors(path, factors):
    """Factors of every sound on their sampling scales, float (N, F). factors: {name: {scale, ...}}."""
    scales = [entry["scale"] for entry in factors.values()]
    return to_scales(pandas.read_csv(path)[list(factors)].to_numpy(dtype=float), scales)


def evenly_spread(factors, entries, design):
    """The columns of factors (N, F) that a design spreads evenly over the sounds, float (N, at most F).

    Those of a Sobol sequence and the steps of a grid. Values drawn sound by sound, and sounds of a table, lie
    unevenly. entries: {name: entry} of the F factors.
    """
    even = [design == "sobol" or (design == "grid" and "step" in entry) for entry in entries.values()]
    return factors[:, even]


def standardized(factors):
    """Factors with mean 0 and variance 1, float (N, F); about 0 for a factor that does not vary."""
    varies = np.ptp(factors, axis=0) > 0
    return (factors - factors.mean(axis=0)) / np.where(varies, factors.std(axis=0), 1)


def ranks(values):
    """Rank of each value in its column, from 1, equal values sharing theirs: float (n, columns).

    By pandas, because scipy.stats takes a second to import, in each of the many jobs of a run.
    """
    return pandas.DataFrame(values).rank().to_numpy()


def r2(estimates, factors):
    """Coefficient of determination per factor, float (F,); NaN for a factor that does not vary."""
    residual = ((factors - estimates) ** 2).sum(axis=0)
    total = ((factors - factors.mean(axis=0)) ** 2).sum(axis=0)
    return 1 - residual / np.where(np.ptp(factors, axis=0) > 0, total, np.nan)
